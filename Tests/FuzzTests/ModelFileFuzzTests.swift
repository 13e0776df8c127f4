import Tensors
import TestSupport
import Testing

/// Parsers of model files: whatever the bytes, an answer or a typed error, and never a look past the last byte, which
/// would end the process at the page that guards it.
@Suite(.serialized) struct ModelFileFuzzTests {
    @Test("GGUF files")
    func gguf() {
        let fuzzer = Fuzzer(
            name: "gguf", corpus: [GGUFBuilder.sample.bytes, GGUFBuilder().bytes],
            dictionary: [Array("GGUF".utf8), GGUFBuilder.text("general.alignment"), GGUFBuilder.uint32(0), GGUFBuilder.text("")],
            structured: { Self.ggufFile(&$0) })
        let outcome = fuzzer.run { bytes in
            do throws(FileFormatError) {
                let file = try GGUFFile(MappedFile(path: "fuzz.gguf", holding: bytes))
                try use(file, size: bytes.count)
                return true
            } catch {
                return false
            }
        }
        expectBoth(outcome)
    }

    @Test("safetensors files")
    func safetensors() {
        let fuzzer = Fuzzer(
            name: "safetensors", corpus: [SafetensorsBuilder.sample, SafetensorsBuilder.file("{}")],
            dictionary: [
                #""dtype""#, #""shape""#, #""data_offsets""#, #""F32""#, #""BF16""#, "[0,0]", "{}", "[]", ",", ":", "-1", "1e9",
                "18446744073709551616",
                #""__metadata__":{}"#, #"\u0000"#, #"\ud800"#,
            ].map { Array($0.utf8) },
            structured: { Self.safetensorsFile(&$0) })
        let outcome = fuzzer.run { bytes in
            do throws(FileFormatError) {
                let file = try SafetensorsFile(MappedFile(path: "fuzz.safetensors", holding: bytes))
                try use(file, size: bytes.count)
                guard file.tensors.reduce(0, { $0 + $1.data.byteCount }) <= bytes.count else { throw Self.broken("tensors share bytes") }
                return true
            } catch {
                if error.path == Self.brokenPath { Issue.record("\(error)") }
                return false
            }
        }
        expectBoth(outcome)
    }

    @Test("tensors that bitsandbytes quantised")
    func bitsAndBytes() throws {
        let fuzzer = Fuzzer(
            name: "bitsandbytes", corpus: [Self.quantisedFile(state: Self.state)],
            dictionary: [#""nested_offset":1"#, #""blocksize":64"#, #""shape":[64]"#, "null", "[]", "{}", "-1", "1e400"].map { Array($0.utf8) },
            structured: { generator in
                var state = Array(Self.state.utf8)
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    let place = Int.random(in: 0..<state.count, using: &generator)
                    state[place] = Array("0123456789[]{},:\"-e.".utf8).randomElement(using: &generator) ?? 0
                }
                return Self.quantisedFile(state: String(decoding: state, as: UTF8.self))
            })
        let outcome = fuzzer.run { bytes in
            do throws(FileFormatError) {
                let file = try SafetensorsFile(MappedFile(path: "fuzz.safetensors", holding: bytes))
                return try FourBitWeights(named: "w", in: file).dequantized().count <= 2 * bytes.count
            } catch {
                return false
            }
        }
        expectBoth(outcome)
    }

    // MARK: What a reader must hold to

    private static let brokenPath = "(broken promise)"

    private static func broken(_ message: String) -> FileFormatError { FileFormatError(path: brokenPath, message: message) }

    /// Looks at all that an accepted file promises.
    private func use(_ file: some TensorFile, size: Int) throws(FileFormatError) {
        for tensor in file.tensors {
            guard tensor.data.byteOffset + tensor.data.byteCount <= size, tensor.encoding.byteCount(of: tensor.shape) == tensor.data.byteCount
            else { throw Self.broken("\"\(tensor.name)\" is not inside the file") }
            var sum: UInt8 = 0
            for byte in tensor.data.copy { sum ^= byte }
            withExtendedLifetime(sum) {}
            _ = try? tensor.floats(in: 0..<min(tensor.shape.elementCount, 512))
        }
    }

    private func expectBoth(_ outcome: Fuzzer.Outcome) {
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(10))")
        #expect(outcome.accepted > 0)
        #expect(outcome.rejected > 0)
    }

    // MARK: Files by the rules, some of them broken

    private static func pick<Value>(_ values: [Value], _ generator: inout SeededGenerator) -> Value {
        values[Int.random(in: 0..<values.count, using: &generator)]
    }

    private static func ggufFile(_ generator: inout SeededGenerator) -> [UInt8] {
        var builder = GGUFBuilder()
        for number in 0..<Int.random(in: 0...4, using: &generator) {
            let key = pick(["general.alignment", "k\(number)", "é", ""], &generator)
            let type = UInt32.random(in: 0...13, using: &generator)
            let count = pick([0, 1, 2, 5, 1 << 20, .max], &generator) as UInt64
            let payload = (0..<Int.random(in: 0...40, using: &generator)).map { _ in pick([0, 1, 4, 8, 9, 255], &generator) as UInt8 }
            builder.add(
                key,
                pick(
                    [
                        GGUFBuilder.uint32(pick([0, 1, 16, 32, 64, 1 << 31], &generator)), GGUFBuilder.string(key), GGUFBuilder.bool(1),
                        GGUFBuilder.array(type: type, count: count, payload), GGUFBuilder.integer(type) + payload,
                    ], &generator))
        }
        var offset: UInt64 = 0
        for number in 0..<Int.random(in: 0...4, using: &generator) {
            let dimensions = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                pick([0, 1, 2, 32, 256, 1 << 31, 1 << 62], &generator) as UInt64
            }
            builder.tensors.append(
                GGUFBuilder.Tensor(
                    "t\(number % 3)", dimensions, type: pick([0, 1, 2, 3, 6, 7, 8, 10, 12, 14, 20, 23, 30, 99], &generator), offset: offset))
            offset &+= pick([0, 32, 64, 160, 1 << 40, 1 << 63], &generator)
        }
        builder.data = [UInt8](repeating: 0x5A, count: Int.random(in: 0...1024, using: &generator))
        if Bool.random(using: &generator) { builder.alignment = 32 }
        if Int.random(in: 0..<8, using: &generator) == 0 { builder.tensorCount = pick([0, 1, 5, .max], &generator) }
        if Int.random(in: 0..<8, using: &generator) == 0 { builder.memberCount = pick([0, 1, 5, .max], &generator) }
        return builder.bytes
    }

    private static func safetensorsFile(_ generator: inout SeededGenerator) -> [UInt8] {
        let sizes = ["F32": 4, "F16": 2, "BF16": 2, "U8": 1, "I64": 8, "F8_E4M3": 1, "X9": 3]
        var entries: [String] = []
        var end = 0
        for number in 0..<Int.random(in: 0...4, using: &generator) {
            let type = pick(sizes.keys.sorted(), &generator)
            let shape = (0..<Int.random(in: 0...3, using: &generator)).map { _ in pick([0, 1, 2, 3, 7, 1 << 40], &generator) }
            let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
            let start = Int.random(in: 0..<12, using: &generator) == 0 ? pick([0, 1, .max], &generator) : end
            let stop = start.addingReportingOverflow(count.multipliedReportingOverflow(by: sizes[type] ?? 1).partialValue).partialValue
            entries.append(SafetensorsBuilder.entry("t\(number % 4)", type, shape: shape, start, stop))
            end = stop
        }
        if Bool.random(using: &generator) { entries.append(#""__metadata__":{"format":"pt"}"#) }
        entries.shuffle(using: &generator)
        let data = [UInt8](repeating: 1, count: (0...4096).contains(end) ? end : 16)
        return SafetensorsBuilder.file("{" + entries.joined(separator: ",") + "}", data: data)
    }

    private static let state =
        #"{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [8, 16], "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.5}"#

    /// Two blocks of codes with their scales, tables and this state.
    private static func quantisedFile(state: String) -> [UInt8] {
        let floats: ([Float]) -> [UInt8] = { $0.flatMap { GGUFBuilder.integer($0.bitPattern) } }
        let parts: [(String, String, [UInt8])] = [
            ("w", "U8", [UInt8](repeating: 0x3C, count: 64)), ("w.absmax", "U8", [1, 2]), ("w.quant_map", "F32", floats(FourBitType.nf4.table)),
            ("w.nested_absmax", "F32", floats([0.25])), ("w.nested_quant_map", "F32", floats(DynamicMap.table)),
            ("w.quant_state.bitsandbytes__nf4", "U8", Array(state.utf8)),
        ]
        var entries: [String] = []
        var data: [UInt8] = []
        for (name, type, bytes) in parts {
            let start = data.count
            data += bytes
            entries.append(SafetensorsBuilder.entry(name, type, shape: [bytes.count / (type == "F32" ? 4 : 1)], start, data.count))
        }
        return SafetensorsBuilder.file("{" + entries.joined(separator: ",") + "}", data: data)
    }
}
