import JSON
import TemplateEngine
import TestSupport
import Testing
import Tokenizers

/// Tokenizers and chat templates that come with a model: whatever they say, an answer or a typed error.
@Suite(.serialized) struct TextFuzzTests {
    private static let byteLevel = """
        {"version":"1.0","added_tokens":[{"id":7,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true}],
        "normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
        {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
        "post_processor":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},"decoder":{"type":"ByteLevel"},
        "model":{"type":"BPE","unk_token":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
        "vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4,"\u{0120}":5,"\u{0120}a":6},"merges":["a b",["ab","c"],"\u{0120} a"]}}
        """

    private static let sentencePiece = """
        {"added_tokens":[{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u{2581}"},{"type":"Replace","pattern":{"String":" "},"content":"\u{2581}"}]},
        "pre_tokenizer":null,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
        "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u{2581}"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
        {"type":"Strip","content":" ","start":1,"stop":0}]},
        "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
        "vocab":{"<unk>":0,"<s>":1,"<0x61>":2,"<0xC3>":3,"\u{2581}":4,"a":5,"b":6,"\u{2581}a":7},"merges":["\u{2581} a"]}}
        """

    private static let texts = ["", " a abc", "ab<s> c\n", "héé 12\u{0}", "\u{1F600}\u{200D}<unk><0x61>"]

    @Test("tokenizer.json")
    func tokenizerJSON() {
        let corpus = [Self.byteLevel, Self.sentencePiece]
        let fuzzer = Fuzzer(
            name: "tokenizer.json", corpus: corpus.map { Array($0.utf8) },
            dictionary: [
                #""type""#, #""BPE""#, #""ByteLevel""#, #""Split""#, #""Regex""#, #""NFKC""#, #""Metaspace""#, "null", "[]", "{}", "-1", "1e99",
                "true", #""""#,
            ].map { Array($0.utf8) },
            structured: { generator in
                guard let text = corpus.randomElement(using: &generator), var value = try? JSONValue(parsing: text) else { return [] }
                for _ in 0..<Int.random(in: 1...3, using: &generator) { value = Self.changed(value, &generator) }
                return Array(value.text().utf8)
            })
        let outcome = fuzzer.run { bytes in
            guard let value = try? JSONValue(parsing: bytes) else { return false }
            do throws(TokenizerError) {
                use(try Tokenizer(tokenizerJSON: value))
                return true
            } catch {
                return false
            }
        }
        expectBoth(outcome)
    }

    @Test("vocabularies of GGUF files")
    func ggufVocabulary() {
        let fuzzer = Fuzzer(name: "gguf vocabulary", corpus: [(0...255).map { UInt8($0) }])
        let outcome = fuzzer.run { bytes in
            do throws(TokenizerError) {
                use(try Tokenizer(Self.vocabulary(bytes)))
                return true
            } catch {
                return false
            }
        }
        expectBoth(outcome)
    }

    private static let templates = [
        "{% for m in messages %}{{ '<|' + m['role'] + '|>' ~ m.content | trim }}{% if not loop.last %}\n{% endif %}{% endfor %}",
        "{%- set ns = namespace(n=0) -%}{% macro f(x, y=2) %}{{ x * y }}{% endmacro %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{{ f(i) }}{% endfor %}{{ ns.n }}",
        "{% if messages[0]['role'] == 'system' and messages | length > 1 %}{{ messages[1:] | map(attribute='content') | join(', ') | upper }}{% else %}{{ raise_exception('no') }}{% endif %}",
        "{{ {'a': [1, 2.5, none]} | tojson }}{{ '%s-%d' % ('x', 3) }}{{ 'abc'[::-1].replace('b', 'd').split('d') }}{# note #}{% raw %}{{ }}{% endraw %}",
        "{% filter replace('a', 'b') %}{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{% endfilter %}{{ 7 // 2 ** 2 % 5 }}{{ 1 if x is defined else 'no' }}",
    ]

    @Test("chat templates")
    func templates() {
        let fuzzer = Fuzzer(
            name: "templates", corpus: Self.templates.map { Array($0.utf8) },
            dictionary: [
                "{%", "%}", "{{", "}}", "{#", "-%}", "{% for x in ", "{% endfor %}", "{% if ", "{% endif %}", "{% set x = ", "{% macro f() %}",
                "{% endmacro %}", "f()",
                "{% call f() %}", "{% endcall %}", " | ", "range(10**9)", "range(-1, 9, 0)", "loop.index", "'", "\"", "(", ")", "[", "]", "**", "//",
                "~", "%", "999999999999999999999",
                "9223372036854775807", "-", "1e308", "is defined", "|join", "|sort", "|batch(0)", "|format", "'%*d'", "'x' * 1000000000", ".format(",
                "{0:>999999999}", "|round(400)",
                "|indent(-1)", "[::0]", "[-9223372036854775808:]", "namespace(", "caller()", "self.", "super()", "{% include 'x' %}", "{% block b %}",
                "{% extends 'x' %}",
            ].map { Array($0.utf8) })
        // Short of a chat template's own limits, so that those that never end are quick to.
        let limits = TemplateLimits(steps: 20_000, outputBytes: 1 << 20, depth: 100)
        let environment = TemplateEnvironment(syntax: TemplateSyntaxOptions(trimBlocks: true, lstripBlocks: true), limits: limits, jsonStyle: .plain)
        let messages: TemplateValue = .list([
            TemplateValue(["role": "system", "content": "be  "] as JSONValue), TemplateValue(["role": "user", "content": "a<b"] as JSONValue),
        ])
        let outcome = fuzzer.run { bytes in
            do throws(TemplateError) {
                let template = try Template(String(decoding: bytes, as: UTF8.self), environment: environment)
                return try template.renderBytes(["messages": messages]).count <= limits.outputBytes
            } catch {
                return false
            }
        }
        expectBoth(outcome)
    }

    // MARK: Using what was accepted

    private func use(_ tokenizer: Tokenizer) {
        for text in Self.texts {
            for parseSpecial in [false, true] { _ = tokenizer.decode(tokenizer.encode(text, parseSpecial: parseSpecial)) }
        }
        var decoder = tokenizer.streamingDecoder()
        for id in [-1, 0, 3, 2, 1 << 40, 5] { _ = decoder.append(id) }
        _ = tokenizer.decode([-1, .max, 0, 1, 2, 3])
    }

    private func expectBoth(_ outcome: Fuzzer.Outcome) {
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(10))")
        #expect(outcome.accepted > 0)
        #expect(outcome.rejected > 0)
    }

    // MARK: Making inputs

    /// The value with one of its parts replaced, doubled or gone.
    private static func changed(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        let stays = Int.random(in: 0..<4, using: &generator) > 0
        switch value {
        case .object(var members) where stays && !members.isEmpty:
            guard let key = members.keys.randomElement(using: &generator), let member = members[key] else { return value }
            members[key] = Int.random(in: 0..<12, using: &generator) == 0 ? nil : changed(member, &generator)
            return .object(members)
        case .array(var elements) where stays && !elements.isEmpty:
            let index = Int.random(in: 0..<elements.count, using: &generator)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = changed(elements[index], &generator)
            }
            return .array(elements)
        default:
            let choices: [JSONValue] = [
                nil, true, 0, 1, -1, 7, .integer(.max), .integer(.min), .number(1e300), .number(0.5), "", "a", "ab", "<s>", "BPE", "Split", "[",
                "(a|b)*c", [], [:],
                ["a", "b"], ["type": "Split", "pattern": ["Regex": "\\p{L}+"], "behavior": "Isolated", "invert": false], ["type": "Metaspace"],
            ]
            return choices.randomElement(using: &generator) ?? nil
        }
    }

    /// Reads numbers and pieces of text from the bytes, as they come.
    private static func vocabulary(_ bytes: [UInt8]) -> GGUFVocabulary {
        var rest = bytes[...]
        func next() -> Int { Int(rest.popFirst() ?? 0) }
        let pieces = ["a", "b", "ab", "\u{2581}", "\u{2581}a", "\u{0120}", "\u{0120}a", "<0x61>", "<0xGG>", "", "<s>", "é", " ", "a b"]
        let count = next() % 20
        let tokens = (0..<count).map { _ in pieces[next() % pieces.count] }
        let merges = (0..<(next() % 6)).map { _ in pieces[next() % pieces.count] + [" ", "", "  "][next() % 3] + pieces[next() % pieces.count] }
        func id() -> Int? { [nil, 0, 1, count - 1, count, -1, .max][next() % 7] }
        return GGUFVocabulary(
            model: ["gpt2", "llama", "bert", ""][next() % 4], pre: [nil, "smollm", "llama-bpe", "qwen2", "default", "?"][next() % 6],
            tokens: PackedTexts(tokens), scores: (0..<(next() % 2 * count)).map { _ in [0, -1, .nan, .infinity, 1e30][next() % 5] },
            types: (0..<(next() % 2 * count)).map { _ in Int32(next() % 9) - 1 }, merges: PackedTexts(merges), bos: id(), eos: id(), endOfTurn: id(),
            unknown: id(), padding: id(), addBOS: next() % 2 == 0, addEOS: next() % 2 == 0, addSpacePrefix: next() % 3 == 0)
    }
}
