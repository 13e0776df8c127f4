// Conversions between binary32 and the two 16-bit formats, by their bits. These are the reference: backends have
// faster ones that equal them.

extension Float {
    /// The value of a bfloat16, which is the upper half of a binary32.
    public init(bfloat16Bits bits: UInt16) {
        self.init(bitPattern: UInt32(bits) << 16)
    }

    /// The nearest bfloat16, ties to the even one; a NaN becomes 0x7FC0, as in PyTorch.
    public var bfloat16Bits: UInt16 {
        if isNaN { return 0x7FC0 }
        // Adding half of the last kept bit, less one where that bit is even, carries exactly when rounding up is due.
        let rounding = 0x7FFF + (bitPattern >> 16 & 1)
        return UInt16(truncatingIfNeeded: (bitPattern &+ rounding) >> 16)
    }

    /// The value of an IEEE 754 binary16.
    public init(float16Bits bits: UInt16) {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Zero, or a subnormal: fraction × 2^-24, which binary32 holds exactly.
            let magnitude = Float(fraction) * 0x1p-24
            self = sign == 0 ? magnitude : -magnitude
        case 0x1F: self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: self.init(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The nearest IEEE 754 binary16, ties to the even one. Values that round past 65504 become infinite; a NaN
    /// stays one.
    public var float16Bits: UInt16 {
        let sign = UInt16(truncatingIfNeeded: bitPattern >> 16 & 0x8000)
        if isNaN { return sign | 0x7E00 }
        let magnitude = self.magnitude
        // Halfway between 65504 and 65536, the first power of two out of range.
        if magnitude >= 65520 { return sign | 0x7C00 }
        if magnitude < 0x1p-14 {
            // A subnormal counts units of 2^-24; scaling by a power of two is exact here, so this rounds once.
            return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
        }
        let bits = magnitude.bitPattern
        let rounding = 0xFFF + (bits >> 13 & 1)
        // Rebias the exponent from 127 to 15.
        return sign | UInt16(truncatingIfNeeded: (bits &+ rounding - 112 << 23) >> 13)
    }
}
