import JSON
import TestSupport
import Testing
import Tokenizers

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A file as JSON; `nil` where it cannot be read.
func readJSON(_ path: String) -> JSONValue? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return try? JSONValue(parsing: bytes)
}

/// The two real vocabularies, made once.
enum RealTokenizers {
    static let smolLM2 = ReferenceData.smolLM2.flatMap(GGUFMetadata.init(path:)).flatMap { try? Tokenizer($0.vocabulary) }
    static let gemma3 = ReferenceData.gemma3.flatMap(GGUFMetadata.init(path:)).flatMap { try? Tokenizer($0.vocabulary) }
}

@Suite("Token ids of llama.cpp and Hugging Face tokenizers")
struct GoldenTokenizerTests {
    @Test(
        "SmolLM2's cases, byte for byte",
        .enabled(if: ReferenceData.golden("smollm2/tokenizer.json") != nil && ReferenceData.smolLM2 != nil, "needs golden data and the model"))
    func smolLM2() throws {
        let tokenizer = try #require(RealTokenizers.smolLM2)
        try check(tokenizer, "smollm2/tokenizer.json")
    }

    @Test(
        "Gemma 3's cases, byte for byte",
        .enabled(if: ReferenceData.golden("gemma3/tokenizer.json") != nil && ReferenceData.gemma3 != nil, "needs golden data and the model"))
    func gemma3() throws {
        let tokenizer = try #require(RealTokenizers.gemma3)
        try check(tokenizer, "gemma3/tokenizer.json")
    }

    @Test(
        "Prompts of whole chats",
        .enabled(if: ReferenceData.golden("smollm2/chats.json") != nil && ReferenceData.smolLM2 != nil, "needs golden data and the model"))
    func chats() throws {
        let tokenizer = try #require(RealTokenizers.smolLM2)
        let path = try #require(ReferenceData.golden("smollm2/chats.json"))
        let cases = try #require(readJSON(path)?["cases"]?.arrayValue)
        #expect(!cases.isEmpty)
        for item in cases {
            let prompt = try #require(item["prompt"]?.stringValue)
            #expect(tokenizer.encode(prompt, addSpecialTokens: false, parseSpecial: true) == item["prompt_ids"]?.ids)
            let generated = try #require(item["generated_ids"]?.ids)
            let text = tokenizer.decode(generated, skipSpecialTokens: true)
            #expect(text == item["generated_text"]?.stringValue)
        }
    }

    private func check(_ tokenizer: Tokenizer, _ name: String) throws {
        let path = try #require(ReferenceData.golden(name))
        let cases = try #require(readJSON(path)?["cases"]?.arrayValue)
        #expect(cases.count > 100)
        for item in cases {
            let id = item["id"]?.stringValue ?? ""
            let text = try #require(item["text"]?.stringValue)
            let parsed = try #require(item["ids_parse_special"]?.ids)
            let plain = try #require(item["ids_no_parse"]?.ids)
            #expect(tokenizer.encode(text, addSpecialTokens: false, parseSpecial: true) == parsed, "\(id) \(text.debugDescription)")
            #expect(tokenizer.encode(text, addSpecialTokens: false, parseSpecial: false) == plain, "\(id) \(text.debugDescription)")
            // Compared as bytes: Swift's strings are equal under canonical equivalence.
            #expect(Array(tokenizer.decode(parsed).utf8) == item["decode_parse_special"]?.stringValue.map { Array($0.utf8) }, "\(id)")
            #expect(Array(tokenizer.decode(plain).utf8) == item["decode_no_parse"]?.stringValue.map { Array($0.utf8) }, "\(id)")
            var stream = tokenizer.streamingDecoder()
            #expect(plain.map { stream.append($0) }.joined() + stream.finish() == tokenizer.decode(plain), "\(id)")
        }
    }
}

extension JSONValue {
    /// A list of token ids.
    var ids: [Int]? { arrayValue?.compactMap(\.integerValue) }
}
