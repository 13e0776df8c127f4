/// Splits text into the words that merges never cross: one rule after another, each on the pieces of the one before.
struct PreTokenizer: Sendable, Hashable {
    enum Rule: Sendable, Hashable {
        /// GPT-2's pattern: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
        case gpt2
        /// Llama 3's and Qwen 2's pattern: contractions in any case, one leading character before letters, digits in
        /// groups of `digits` at most, line ends with the punctuation before them.
        case llama3(digits: Int)
        /// Each character of `\p{N}` by itself.
        case singleDigits
        /// Runs of `\p{N}`.
        case digitRuns
        /// Groups of three ASCII digits.
        case digitTriples
        /// Runs of punctuation and of `$+<=>^~|`, with a backtick where the flag says so.
        case punctuationRuns(backtick: Bool)
        /// Each run without white space (`\w+|[^\w\s]+` is not among the rules that models here use).
        case whitespaceRuns
        /// Ends a piece after each space (Metaspace splits before each `▁`).
        case beforeMetaspace
    }

    var rules: [Rule]

    /// The ends of the pieces of `text[range]`, the last one being `range.upperBound`.
    func ends(in text: [UInt8], _ range: Range<Int>) -> [Int] {
        var ends = range.isEmpty ? [] : [range.upperBound]
        for rule in rules {
            var next: [Int] = []
            next.reserveCapacity(ends.count + range.count / 4)
            var start = range.lowerBound
            for end in ends {
                rule.split(text, start..<end, into: &next)
                start = end
            }
            ends = next
        }
        return ends
    }
}

extension PreTokenizer {
    /// The rules behind a name in `tokenizer.ggml.pre`, with what else the name implies. Patterns as in llama.cpp's
    /// `llm_tokenizer_bpe`.
    static func named(_ name: String) -> (rules: PreTokenizer, wholeWordsFirst: Bool, addsBOS: Bool)? {
        switch name {
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
            (PreTokenizer(rules: [.llama3(digits: 3)]), true, true)
        case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4":
            (PreTokenizer(rules: [.llama3(digits: 3)]), false, false)
        case "qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "megrez":
            (PreTokenizer(rules: [.llama3(digits: 1)]), false, false)
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
            (PreTokenizer(rules: [.singleDigits, .gpt2]), false, false)
        case "gpt-2", "phi-2", "mpt", "olmo", "jais", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de",
            "roberta-bpe", "modern-bert", "a.x-4.0", "mellum", "trillion":
            (PreTokenizer(rules: [.gpt2]), false, false)
        case "falcon":
            (PreTokenizer(rules: [.punctuationRuns(backtick: true), .gpt2, .digitTriples]), false, false)
        case "default":
            (PreTokenizer(rules: [.punctuationRuns(backtick: false), .gpt2, .digitRuns, .digitTriples]), false, false)
        default: nil
        }
    }

    static let supportedNames = [
        "default", "falcon", "falcon3", "gpt-2", "llama-bpe", "llama3", "olmo", "qwen2", "smollm", "starcoder", "stablelm2",
    ]

    /// The rule of a regular expression as `tokenizer.json` files write it.
    static func rule(ofPattern pattern: String) -> Rule? {
        switch pattern {
        case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
            #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#:
            .gpt2
        case #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            #"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
            .llama3(digits: 3)
        case #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            #"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
            .llama3(digits: 1)
        case #"\p{N}"#, #"\d"#: .singleDigits
        case #"\p{N}+"#: .digitRuns
        case "[0-9][0-9][0-9]": .digitTriples
        default: nil
        }
    }
}
