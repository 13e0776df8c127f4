import Tokenizers

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The keys of a GGUF file that its tokenizer is made from: as little of the format as that takes.
struct GGUFMetadata {
    var strings: [String: String] = [:]
    var integers: [String: Int] = [:]
    var texts: [String: PackedTexts] = [:]
    var floats: [String: [Float]] = [:]
    var ints: [String: [Int32]] = [:]

    init?(path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > 24, let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else { return nil }
        defer { munmap(base, size) }
        let memory = UnsafeRawBufferPointer(start: base, count: size)
        var offset = 16
        func read<T: FixedWidthInteger>(_ type: T.Type) -> T {
            defer { offset += MemoryLayout<T>.size }
            return memory.loadUnaligned(fromByteOffset: offset, as: T.self)
        }
        func text() -> String {
            let length = Int(read(UInt64.self))
            defer { offset += length }
            return String(decoding: memory[offset..<offset + length], as: UTF8.self)
        }
        let widths: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
        for _ in 0..<read(UInt64.self) {
            let key = text()
            let type = read(UInt32.self)
            switch type {
            case 8: strings[key] = text()
            case 9:
                let element = read(UInt32.self)
                let count = Int(read(UInt64.self))
                if element == 8 {
                    let start = offset
                    for _ in 0..<count { offset += Int(read(UInt64.self)) }
                    texts[key] = PackedTexts(lengthPrefixed: UnsafeRawBufferPointer(rebasing: memory[start..<offset]), count: count)
                } else {
                    guard let width = widths[element] else { return nil }
                    if element == 6 { floats[key] = (0..<count).map { memory.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Float.self) } }
                    if element == 5 { ints[key] = (0..<count).map { memory.loadUnaligned(fromByteOffset: offset + 4 * $0, as: Int32.self) } }
                    offset += width * count
                }
            default:
                guard let width = widths[type] else { return nil }
                var value = 0
                for i in 0..<width { value |= Int(memory[offset + i]) << (8 * i) }
                integers[key] = value
                offset += width
            }
        }
    }

    /// The tokenizer's keys.
    var vocabulary: GGUFVocabulary {
        func id(_ name: String) -> Int? { integers["tokenizer.ggml.\(name)_token_id"] }
        func flag(_ name: String) -> Bool? { integers["tokenizer.ggml.\(name)"].map { $0 != 0 } }
        return GGUFVocabulary(
            model: strings["tokenizer.ggml.model"] ?? "", pre: strings["tokenizer.ggml.pre"],
            tokens: texts["tokenizer.ggml.tokens"] ?? PackedTexts(), scores: floats["tokenizer.ggml.scores"] ?? [],
            types: ints["tokenizer.ggml.token_type"] ?? [], merges: texts["tokenizer.ggml.merges"] ?? PackedTexts(),
            bos: id("bos"), eos: id("eos"), endOfTurn: id("eot"), endOfMessage: id("eom"), unknown: id("unknown"),
            padding: id("padding"), addBOS: flag("add_bos_token"), addEOS: flag("add_eos_token"),
            addSpacePrefix: flag("add_space_prefix"))
    }
}
