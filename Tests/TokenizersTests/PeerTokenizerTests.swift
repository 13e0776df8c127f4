import JSON
import Testing
import Tokenizers

/// The tokenizers that `Fixtures/make_peer_cases.py` trained and ran with Hugging Face `tokenizers`.
enum PeerTokenizers {
    static let data: JSONValue? = {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return readJSON(folder + "/Fixtures/peer-tokenizers.json")
    }()
}

@Suite("tokenizer.json, against Hugging Face tokenizers")
struct PeerTokenizerTests {
    @Test(
        "Ids and decoded text are equal",
        arguments: ["gpt2", "gpt2-prefix-space", "smollm", "llama3", "qwen2", "llama2", "metaspace-first", "gemma"])
    func equality(name: String) throws {
        let data = try #require(PeerTokenizers.data)
        let texts = try #require(data["texts"]?.arrayValue).compactMap(\.stringValue)
        let item = try #require(data["cases"]?[name])
        let tokenizer = try Tokenizer(tokenizerJSON: item["tokenizer"] ?? .null)
        #expect(texts.count > 100)
        for (index, text) in texts.enumerated() {
            let plain = try #require(item["plain"]?[index]?.ids)
            #expect(
                tokenizer.encode(text, addSpecialTokens: true, parseSpecial: true) == item["ids"]?[index]?.ids, "\(index) \(text.debugDescription)")
            #expect(tokenizer.encode(text, addSpecialTokens: false, parseSpecial: true) == plain, "\(index) \(text.debugDescription)")
            let decoded = tokenizer.decode(plain, skipSpecialTokens: true)
            #expect(
                Array(decoded.unicodeScalars) == item["decoded"]?[index]?.stringValue.map { Array($0.unicodeScalars) },
                "\(index) \(text.debugDescription)")
        }
    }

    @Test("Files with wrong types or unknown parts are errors that name them")
    func errors() throws {
        let model: JSONValue = ["type": "BPE", "vocab": ["a": 0, "b": 1, "ab": 2], "merges": ["a b"]]
        let cases: [(JSONValue, String)] = [
            ([:], "tokenizer.json has no 'model'"),
            (["model": ["type": "WordPiece"]], "a tokenizer of type 'WordPiece' (model.type) is not implemented; implemented is BPE"),
            (["model": ["type": "BPE", "vocab": [1, 2]]], "model.vocab is not an object"),
            (["model": ["type": "BPE", "vocab": ["a": "x"]]], "the id of the token 'a' in model.vocab is not an integer from 0 to 65537"),
            (["model": ["type": "BPE", "vocab": ["a": 4_000_000_000]]], "the id of the token 'a' in model.vocab is not an integer from 0 to 65537"),
            (["model": ["type": "BPE", "vocab": ["a": 0, "b": 0]]], "the tokens 'a' and 'b' have the same id 0"),
            (
                ["model": ["type": "BPE", "vocab": ["a": 0], "merges": ["a b"]]],
                "model.merges[0] ('a b') names a token that model.vocab does not have"
            ),
            (["model": ["type": "BPE", "vocab": ["a": 0], "merges": [3]]], "model.merges[0] is neither a text nor a pair of texts"),
            (["model": model, "added_tokens": [["id": "x"]]], "added_tokens[0] has no integer 'id' or no text 'content'"),
            (["model": model, "added_tokens": [["id": -1, "content": "x"]]], "the id -1 in added_tokens lies outside 0 to 65543"),
            (
                ["model": model, "normalizer": ["type": "Precompiled"]],
                "the normalizer 'Precompiled' is not implemented; implemented are Sequence, NFC, Prepend and Replace"
            ),
        ]
        for (file, message) in cases {
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerJSON: file) }
            #expect(error?.description == message)
        }
        let odd: JSONValue = ["type": "Split", "pattern": ["Regex": "[a-z]+"], "behavior": "Isolated"]
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerJSON: ["model": model, "pre_tokenizer": odd]) }
        #expect(error?.message == "the text splitting pattern [a-z]+ is not implemented")
    }
}
