import JSON
import Testing
import Tokenizers

/// Parts of tokenizer.json, and what `tokenizers` 0.22 makes of them.
private enum PeerParts {
    static let replacing: JSONValue = ["type": "Replace", "pattern": ["String": "▁"], "content": " "]
    static let fallback: JSONValue = ["type": "ByteFallback"]
    static let fuse: JSONValue = ["type": "Fuse"]
    static let strip: JSONValue = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
    static let byteLevel: JSONValue = ["type": "ByteLevel", "add_prefix_space": false]

    static let decoderTexts: [(decoder: JSONValue, texts: [String])] = [
        (.null, ["▁a ▁▁b ▁ <0xC3> <0xA9> a", "▁▁b ▁a", "▁"]),
        (fuse, ["▁a▁▁b▁<0xC3><0xA9>a", "▁▁b▁a", "▁"]),
        (fallback, ["▁a▁▁b▁éa", "▁▁b▁a", "▁"]),
        (["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"], ["a  b <0xC3><0xA9>a", "b a", ""]),
        (["type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"], [" a  b <0xC3><0xA9>a", "  b a", " "]),
        (sequence(replacing, fallback, fuse, strip), ["a  b éa", " b a", ""]),
        (sequence(replacing, fallback, fuse), [" a  b éa", "  b a", " "]),
    ]

    static func sequence(_ parts: JSONValue...) -> JSONValue {
        .object(["type": "Sequence", "decoders": .array(parts), "pretokenizers": .array(parts)])
    }

    static let refusedDecoders: [(decoder: JSONValue, name: String)] = {
        let right: JSONValue = ["type": "Strip", "content": " ", "start": 0, "stop": 1]
        let metaspace: JSONValue = ["type": "Metaspace", "replacement": "▁"]
        return [
            (["type": "CTC"], "CTC"), (sequence(replacing, strip), "Strip"), (sequence(fuse, right), "Strip"),
            (sequence(fuse, replacing), "Fuse, Replace"), (sequence(fallback, fuse, metaspace), "Metaspace"),
            (["type": "Replace", "pattern": ["Regex": "a"], "content": "b"], "Replace"),
            (["type": "Replace", "pattern": ["String": "_"], "content": " "], "Replace"),
            (["type": "Metaspace", "replacement": "▁", "prepend_scheme": "sometimes"], "sometimes"), (byteLevel, "ByteLevel"),
        ]
    }()

    static let mismatches: [(splitting: JSONValue, decoder: JSONValue)] = {
        let metaspace: JSONValue = ["type": "Metaspace", "replacement": "▁"]
        let digits: JSONValue = ["type": "Digits"]
        let prefixed: JSONValue = ["type": "ByteLevel", "add_prefix_space": true]
        return [
            (byteLevel, .null), (byteLevel, strip), (metaspace, byteLevel), (.null, byteLevel), (sequence(byteLevel, digits), byteLevel),
            (sequence(digits, prefixed), byteLevel), (sequence(digits, metaspace), fuse),
            (["type": "Metaspace", "replacement": "▁", "prepend_scheme": "sometimes"], fuse),
        ]
    }()
}

/// Small tokenizers whose ids and texts `tokenizers` 0.22 gave.
@Suite("Parts of tokenizer.json: done as Hugging Face's tokenizers do, or refused by name")
struct TokenizerPartsTests {
    private func tokenizer(
        _ tokens: [String], merges: [JSONValue] = [], model members: JSONObject = [:], _ file: JSONObject = [:]
    ) throws -> Tokenizer {
        var model: JSONObject = ["type": "BPE", "merges": .array(merges)]
        var vocabulary: JSONObject = [:]
        for (id, token) in tokens.enumerated() { vocabulary[token] = .integer(Int64(id)) }
        model["vocab"] = .object(vocabulary)
        for (key, value) in members { model[key] = value }
        var whole = file
        whole["model"] = .object(model)
        return try Tokenizer(tokenizerJSON: .object(whole))
    }

    @Test("A decoder's parts make the text", arguments: PeerParts.decoderTexts)
    func decoders(decoder: JSONValue, texts: [String]) throws {
        let tokenizer = try tokenizer(["a", "▁a", "▁", "<0xC3>", "<0xA9>", "▁▁b"], ["decoder": decoder])
        for (ids, text) in zip([[1, 5, 2, 3, 4, 0], [5, 1], [2]], texts) {
            #expect(tokenizer.decode(ids) == text)
            var stream = tokenizer.streamingDecoder()
            #expect(ids.map { stream.append($0) }.joined() + stream.finish() == text)
        }
    }

    @Test("Decoders that are not implemented are refused by name", arguments: PeerParts.refusedDecoders)
    func refused(decoder: JSONValue, name: String) {
        let error = #expect(throws: TokenizerError.self) { try tokenizer(["a"], ["decoder": decoder]) }
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
    }

    @Test("Steps that split text and the decoder go together, and no step comes after the bytes", arguments: PeerParts.mismatches)
    func mismatched(splitting: JSONValue, decoder: JSONValue) {
        #expect(throws: TokenizerError.self) { try tokenizer(["a", "Ġ"], ["pre_tokenizer": splitting, "decoder": decoder]) }
    }

    @Test("Of a merge that comes twice the last rank counts")
    func mergesTwice() throws {
        let tokens = ["a", "b", "c", "ab", "bc"]
        #expect(try tokenizer(tokens, merges: ["a b", "b c"]).encode("abc") == [3, 2])
        #expect(try tokenizer(tokens, merges: ["a b", "b c", "a b"]).encode("abc") == [0, 4])
    }

    @Test("The unknown token is put where the next token of the vocabulary comes")
    func unknown() throws {
        let tokens = ["<unk>", "a", "<0xE2>", "<0x82>", "<0xAC>"]
        let plain = try tokenizer(tokens, model: ["unk_token": "<unk>", "byte_fallback": true])
        #expect(plain.encode("é€a") == [2, 3, 4, 0, 1])
        #expect(plain.encode("éa€") == [0, 1, 2, 3, 4])
        #expect(plain.encode("éé€") == [0, 2, 3, 4, 0])
        let fused = try tokenizer(tokens, model: ["unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true])
        #expect(fused.encode("éé€a") == [2, 3, 4, 0, 1])
        // The model's own counts, not the configuration's.
        #expect(try tokenizer(["a", "b"]).encode("aéb") == [0, 1])
        let error = #expect(throws: TokenizerError.self) { try tokenizer(["a"], model: ["unk_token": "<unk>"]) }
        #expect(error?.message.contains("<unk>") == true)
    }

    @Test("Added tokens are decoded like others, and are no characters of the model's")
    func added() throws {
        func token(_ id: Int, _ text: String, wholeWord: Bool = false) -> JSONValue {
            ["id": .integer(Int64(id)), "content": .string(text), "single_word": .bool(wholeWord)]
        }
        let bytes = try tokenizer(
            ["a", "Ã", "©"],
            [
                "pre_tokenizer": PeerParts.byteLevel, "decoder": PeerParts.byteLevel,
                "added_tokens": .array([token(3, "é"), token(4, "<é▁>"), token(5, "Ġx")]),
            ])
        #expect(bytes.decode([3]) == "\u{FFFD}" && bytes.decode([4]) == "<é▁>" && bytes.decode([0, 5]) == "a x" && bytes.decode([1, 2]) == "é")
        #expect(bytes.encode("aé") == [0, 3])
        let characters = try tokenizer(
            ["<unk>", "a"], model: ["unk_token": "<unk>"], ["decoder": PeerParts.fuse, "added_tokens": .array([token(2, "é", wholeWord: true)])])
        #expect(characters.encode("aéa é") == [1, 0, 1, 0, 2])
    }

    @Test("Added tokens with ids that the peer would not give are refused", arguments: [("b", 1), ("b", 9), ("a", 2)])
    func addedIDs(text: String, id: Int) throws {
        let added: JSONValue = [["id": 2, "content": "x"], ["id": .integer(Int64(id)), "content": .string(text)]]
        let error = #expect(throws: TokenizerError.self) { try tokenizer(["a", "c"], ["added_tokens": added]) }
        #expect(error?.message.contains("added_tokens[1]") == true)
        let right: JSONValue = [["id": 2, "content": "x"], ["id": 3, "content": "b"], ["id": 0, "content": "a"]]
        #expect(throws: Never.self) { try tokenizer(["a", "c"], ["added_tokens": right]) }
    }

    @Test("Two post_processors that add tokens are refused")
    func processors() {
        let one: JSONValue = ["type": "BertProcessing", "cls": ["a", 0], "sep": ["a", 0]]
        let bytes: JSONValue = ["type": "ByteLevel"]
        #expect(throws: Never.self) { try tokenizer(["a"], ["post_processor": ["type": "Sequence", "processors": .array([bytes, one])]]) }
        #expect(throws: TokenizerError.self) { try tokenizer(["a"], ["post_processor": ["type": "Sequence", "processors": .array([one, one])]]) }
    }
}
