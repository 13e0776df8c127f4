import JSON
import Testing
import Tokenizers

@Suite("Composed and decomposed spellings are two tokens")
struct SpellingTests {
    /// What `Fixtures/make_canonical_cases.py` made with Hugging Face `tokenizers`.
    private static let data: JSONValue? = {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return readJSON(folder + "/Fixtures/canonical-spellings.json")
    }()

    @Test(
        "Ids are those of Hugging Face tokenizers",
        arguments: ["merges", "no merges", "bytes", "bytes unused", "composing", "added", "byte level", "template"])
    func ids(name: String) throws {
        let data = try #require(Self.data)
        let texts = try #require(data["texts"]?.arrayValue).compactMap(\.stringValue)
        let item = try #require(data["cases"]?[name])
        let tokenizer = try Tokenizer(tokenizerJSON: item["tokenizer"] ?? .null)
        for (index, text) in texts.enumerated() {
            let ids = try #require(item["ids"]?[index]?.ids)
            #expect(tokenizer.encode(text, parseSpecial: true) == ids, "\(index) \(text.debugDescription)")
            guard name == "merges" || name == "no merges" else { continue }
            // The file may be GGUF as well; there the spellings come as bytes.
            let pieces = ids.map { tokenizer.decode([$0]) }
            #expect(
                pieces.joined().replacing("▁", with: " ").unicodeScalars.elementsEqual(text.unicodeScalars) || ids.contains(0),
                "\(index) \(text.debugDescription)")
            #expect(tokenizer.decode(ids).unicodeScalars.elementsEqual(pieces.joined().unicodeScalars))
        }
    }

    @Test("Of a GGUF file's tokens, too")
    func gguf() throws {
        let tokens = ["<unk>", "e", "\u{301}", "\u{E9}", "e\u{301}", "a", "\u{212B}", "\u{C5}"]
        let tokenizer = try Tokenizer(
            GGUFVocabulary(
                model: "llama", tokens: PackedTexts(tokens), scores: tokens.indices.map { -Float($0) }, types: tokens.map { $0 == "<unk>" ? 2 : 1 },
                unknown: 0, addBOS: false, addSpacePrefix: false))
        #expect(tokenizer.encode("\u{E9}") == [3])
        #expect(tokenizer.encode("e\u{301}") == [4])
        #expect(tokenizer.encode("ae\u{301}\u{E9}\u{212B}\u{C5}") == [5, 4, 3, 6, 7])
        #expect(tokenizer.id(of: "\u{E9}") == 3 && tokenizer.id(of: "e\u{301}") == 4)
    }
}
