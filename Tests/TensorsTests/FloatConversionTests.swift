import Tensors
import TestSupport
import Testing

@Suite struct FloatConversionTests {
    @Test("every binary16 survives the way through binary32")
    func float16RoundTrip() {
        for bits in 0...UInt16.max {
            let value = Float(float16Bits: bits)
            if value.isNaN {
                #expect(bits & 0x7C00 == 0x7C00 && bits & 0x3FF != 0)
            } else if value.float16Bits != bits {
                Issue.record("\(bits) became \(value.float16Bits)")
            }
        }
    }

    /// A value and the bits it rounds to.
    struct Rounding: Sendable {
        let value: Float
        let bits: UInt16

        init(_ value: Float, _ bits: UInt16) {
            self.value = value
            self.bits = bits
        }
    }

    static let float16Roundings: [Rounding] = [
        Rounding(0, 0), Rounding(-0.0, 0x8000), Rounding(1, 0x3C00), Rounding(-2, 0xC000),
        // The largest finite value, and halfway to the first that is not.
        Rounding(65504, 0x7BFF), Rounding(65519.996, 0x7BFF), Rounding(65520, 0x7C00), Rounding(-1e30, 0xFC00), Rounding(.infinity, 0x7C00),
        // Subnormals.
        Rounding(0x1p-24, 1), Rounding(0x1p-25, 0), Rounding(0x1.000002p-25, 1), Rounding(0x1.8p-24, 2), Rounding(0x1p-14, 0x0400),
        Rounding(0x1.ff8p-15, 0x03FF), Rounding(0x1.ffcp-15, 0x0400), Rounding(0x1p-149, 0),
        // Ties between normal numbers, and just past one.
        Rounding(0x1.002p0, 0x3C00), Rounding(0x1.006p0, 0x3C02), Rounding(0x1.0022p0, 0x3C01),
    ]

    @Test("binary16 rounds to nearest, ties to even", arguments: float16Roundings)
    func float16Rounding(rounding: Rounding) {
        #expect(rounding.value.float16Bits == rounding.bits)
    }

    #if !(os(macOS) && arch(x86_64))
        @Test("binary16 equals the hardware's conversion")
        func float16Hardware() {
            var generator = SeededGenerator(seed: 1)
            for _ in 0..<200_000 {
                let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
                if value.isNaN { continue }
                if value.float16Bits != Float16(value).bitPattern { Issue.record("\(value) became \(value.float16Bits)") }
            }
            for bits in 0...UInt16.max where !Float16(bitPattern: bits).isNaN {
                if Float(float16Bits: bits) != Float(Float16(bitPattern: bits)) { Issue.record("\(bits)") }
            }
        }
    #endif

    static let bfloat16Roundings: [Rounding] = [
        Rounding(0, 0), Rounding(-0.0, 0x8000), Rounding(1, 0x3F80), Rounding(0x1.01p0, 0x3F80), Rounding(0x1.03p0, 0x3F82),
        Rounding(0x1.0102p0, 0x3F81), Rounding(.greatestFiniteMagnitude, 0x7F80), Rounding(-.infinity, 0xFF80), Rounding(.nan, 0x7FC0),
        Rounding(0x1p-149, 0), Rounding(0x1p-133, 1),
    ]

    @Test("bfloat16 rounds to nearest, ties to even", arguments: bfloat16Roundings)
    func bfloat16Rounding(rounding: Rounding) {
        #expect(rounding.value.bfloat16Bits == rounding.bits)
    }

    @Test("every bfloat16 survives the way through binary32")
    func bfloat16RoundTrip() {
        for bits in 0...UInt16.max where !Float(bfloat16Bits: bits).isNaN {
            if Float(bfloat16Bits: bits).bfloat16Bits != bits { Issue.record("\(bits)") }
        }
    }
}
