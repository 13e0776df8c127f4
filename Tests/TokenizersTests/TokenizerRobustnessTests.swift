import JSON
import TestSupport
import Testing
import Tokenizers

/// A generator with a fixed seed (SplitMix64; Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Tokenizers under odd input")
struct TokenizerRobustnessTests {
    static var tokenizers: [(name: String, tokenizer: Tokenizer)] {
        var all: [(String, Tokenizer)] = []
        for (name, item) in PeerTokenizers.data?["cases"]?.objectValue ?? [:] {
            if let tokenizer = try? Tokenizer(tokenizerJSON: item["tokenizer"] ?? .null) { all.append((name, tokenizer)) }
        }
        return all
    }

    @Test("Any ids decode, and a stream of them gives the text of the whole")
    func randomIDs() throws {
        var generator = SeededGenerator(state: 1)
        let tokenizers = Self.tokenizers
        #expect(tokenizers.count == 8)
        for (name, tokenizer) in tokenizers {
            for round in 0..<200 {
                let ids = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                    Int.random(in: -3..<tokenizer.vocabularySize + 3, using: &generator)
                }
                for skips in [false, true] {
                    let whole = tokenizer.decode(ids, skipSpecialTokens: skips)
                    var decoder = tokenizer.streamingDecoder(skipSpecialTokens: skips)
                    var streamed = ids.map { decoder.append($0) }.joined()
                    streamed += decoder.finish()
                    #expect(Array(streamed.utf8) == Array(whole.utf8), "\(name), round \(round), \(ids)")
                }
            }
            #expect(tokenizer.decode([Int.min, Int.max, -1]) == "")
            #expect(tokenizer.text(of: -1) == nil)
        }
    }

    @Test("Byte-level tokens give any text back")
    func roundTrip() throws {
        var generator = SeededGenerator(state: 2)
        for (name, tokenizer) in Self.tokenizers where ["gpt2", "smollm"].contains(name) {
            for _ in 0..<300 {
                var view = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0..<30, using: &generator) {
                    let limit: UInt32 = [0x80, 0x80, 0x800, 0x3100, 0x110000].randomElement(using: &generator) ?? 0x80
                    if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) { view.append(scalar) }
                }
                let text = String(view)
                let decoded = tokenizer.decode(tokenizer.encode(text, addSpecialTokens: false))
                #expect(Array(decoded.utf8) == Array(text.utf8), "\(name): \(text.debugDescription)")
            }
        }
    }

    @Test("A long word takes no quadratic time and merges as short ones do")
    func longWord() throws {
        for (_, tokenizer) in Self.tokenizers {
            let ids = tokenizer.encode(String(repeating: "ab", count: 50_000), addSpecialTokens: false)
            #expect(ids.count <= 100_001)
            #expect(tokenizer.decode(ids).count >= 100_000)
        }
    }

    @Test("A character is held back until it is whole")
    func streaming() throws {
        let (_, tokenizer) = try #require(Self.tokenizers.first { $0.name == "gpt2" })
        let ids = tokenizer.encode("a😀b", addSpecialTokens: false)
        var decoder = tokenizer.streamingDecoder()
        let pieces = ids.map { decoder.append($0) }
        #expect(pieces.joined() == "a😀b")
        #expect(pieces.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
        #expect(decoder.finish() == "")
        var cut = tokenizer.streamingDecoder()
        let begun = ids.dropLast(2).map { cut.append($0) }.joined()
        #expect(begun == "a")
        #expect(cut.finish() == "\u{FFFD}")
    }

    @Test("GGUF arrays that disagree are errors that name them")
    func ggufErrors() throws {
        let tokens = PackedTexts(["a", "b", "ab"])
        let cases: [(GGUFVocabulary, String)] = [
            (GGUFVocabulary(model: "gpt2", tokens: PackedTexts()), "the file has no tokens (tokenizer.ggml.tokens is empty)"),
            (GGUFVocabulary(model: "gpt2", tokens: tokens, types: [1]), "tokenizer.ggml.token_type has 1 elements for 3 tokens"),
            (GGUFVocabulary(model: "gpt2", tokens: tokens, bos: 9), "tokenizer.ggml.bos_token_id is 9, outside the 3 tokens"),
            (GGUFVocabulary(model: "gpt2", tokens: tokens, eos: -1), "tokenizer.ggml.eos_token_id is -1, outside the 3 tokens"),
            (GGUFVocabulary(model: "llama", tokens: tokens, scores: [1]), "tokenizer.ggml.scores has 1 elements for 3 tokens"),
            (GGUFVocabulary(model: "bert", tokens: tokens), "the tokenizer 'bert' (tokenizer.ggml.model) is not implemented"),
            (GGUFVocabulary(model: "gpt2", pre: "poro", tokens: tokens), "the text splitting rules 'poro' (tokenizer.ggml.pre) are not implemented"),
        ]
        for (source, message) in cases {
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(source) }
            #expect(error?.message == message)
        }
    }

    @Test("Scores decide merges, characters without a token fall back to bytes")
    func sentencePiece() throws {
        let bytes = (0..<256).map { "<0x\($0 < 16 ? "0" : "")\(String($0, radix: 16, uppercase: true))>" }
        let tokens = ["<unk>", "<s>", "</s>"] + bytes + ["▁", "a", "b", "ab", "▁a", "▁ab", "bb"]
        var scores = [Float](repeating: 0, count: tokens.count)
        let first = 259
        for (offset, score) in [0, 0, 0, -3, -1, -4, -2].enumerated() { scores[first + offset] = Float(score) }
        let types: [Int32] = [2, 3, 3] + [Int32](repeating: 6, count: 256) + [Int32](repeating: 1, count: 7)
        let tokenizer = try Tokenizer(
            GGUFVocabulary(
                model: "llama", tokens: PackedTexts(tokens), scores: scores, types: types, bos: 1, eos: 2, unknown: 0))
        // "▁a" scores best, then "bb", then nothing joins "▁a" and "bb".
        #expect(tokenizer.encode("abb") == [1, first + 4, first + 6])
        #expect(tokenizer.encode("é", addSpecialTokens: false) == [first, 3 + 0xC3, 3 + 0xA9])
        #expect(tokenizer.decode([first, 3 + 0xC3, 3 + 0xA9]) == "é")
        #expect(tokenizer.encode("a</s>", parseSpecial: true) == [1, first + 4, 2])
        #expect(tokenizer.decode([1, first + 4, 2], skipSpecialTokens: true) == "a")
    }
}
