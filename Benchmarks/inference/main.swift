// Measures the inference library as an author's cell would use it: through `Model`, with sampling and text.
// bench.py runs it beside its peers; by itself:
//
//   inference-bench speed MODEL [key=value…]    one line of JSON: tokens/s of prompts and of decoding, each run
//   inference-bench first MODEL [key=value…]    an answer's first token, then ends: for timing the whole process
//   inference-bench check MODEL CHATS           greedy answers against chats.json of the reference data
//   inference-bench sizes FOLDER                TinyLlama's weights in memory, by a file of its shape made in a new folder
//
// Keys: dtype (as-stored, float32, bfloat16, int8, nf4, fp4), threads, prompt, tokens, runs, text.

import CPUBackend
import Inference
import TensorMemory
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct Arguments {
    let command: String
    let model: String
    let rest: [String]
    private var values: [String: String] = [:]

    init?(_ words: [String]) {
        guard words.count >= 2 else { return nil }
        (command, model) = (words[0], words[1])
        var rest: [String] = []
        for word in words.dropFirst(2) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { values[parts[0]] = parts[1] } else { rest.append(word) }
        }
        self.rest = rest
    }

    func number(_ key: String, _ otherwise: Int) -> Int { values[key].flatMap { Int($0) } ?? otherwise }
    func text(_ key: String) -> String? { values[key] }

    func load() throws -> Model {
        let backend = values["threads"].flatMap { Int($0) }.map { HostBackend(threads: $0) } ?? HostBackend.shared
        let (dtype, quantization): (LoadingType, Quantization?) =
            switch values["dtype"] {
            case nil, "as-stored": (.asStored, nil)
            case "float32": (.float32, nil)
            case "bfloat16": (.bfloat16, nil)
            case "int8": (.int8, nil)
            case "nf4": (.bfloat16, .fourBit(type: .nf4))
            case "fp4": (.bfloat16, .fourBit(type: .fp4))
            case let other?: throw Complaint(text: "unknown dtype \(other)")
            }
        return try Model.load(path: model, name: nil, backend: backend, dtype: dtype, quantization: quantization)
    }
}

struct Complaint: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

/// Ids that follow no pattern, so that nothing can be guessed or found in a cache.
func tokens(_ count: Int, seed: UInt64, limit: Int) -> [Int] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(truncatingIfNeeded: state >> 33) % limit
    }
}

/// Prompts and decoding take turns, after one of each that is not counted.
func speed(_ arguments: Arguments) async throws {
    let model = try arguments.load()
    let vocabulary = model.config.vocabularySize
    let promptLength = arguments.number("prompt", 512), count = arguments.number("tokens", 128)
    var prompts: [Double] = [], decodes: [Double] = []
    for run in 0...arguments.number("runs", 3) {
        if promptLength > 0 {
            let prompt = tokens(promptLength, seed: UInt64(run + 1), limit: vocabulary)
            let result = try await model.complete(tokens: prompt, options: GenerationOptions(maximumTokens: 1, stopsAtEndOfText: false))
            if run > 0 { prompts.append(Double(promptLength) / seconds(result.promptDuration)) }
        }
        if count > 0 {
            let start = tokens(1, seed: UInt64(run + 1), limit: vocabulary)
            let options = GenerationOptions(maximumTokens: count + 1, stopsAtEndOfText: false)
            let result = try await model.complete(tokens: start, options: options)
            if run > 0, let rate = result.tokensPerSecond { decodes.append(rate) }
        }
    }
    print(#"{"prefill": \#(prompts), "decode": \#(decodes), "weights": \#(model.memoryFootprint)}"#)
}

func first(_ arguments: Arguments) async throws {
    let model = try arguments.load()
    let options = GenerationOptions(maximumTokens: arguments.number("tokens", 1))
    if let text = arguments.text("text") {
        print(try await model.complete(text, options: options).text)
    } else {
        print(try await model.chat([.user("How many bytes are in one gigabyte?")], options: options).text)
    }
}

do {
    guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
        throw Complaint(text: "usage: inference-bench speed|first|check|sizes MODEL [key=value…]")
    }
    switch arguments.command {
    case "speed": try await speed(arguments)
    case "first": try await first(arguments)
    case "check": try await check(arguments)
    case "sizes": try sizes(arguments.model)
    default: throw Complaint(text: "unknown command \(arguments.command)")
    }
} catch {
    let text = Array("\(error)\n".utf8)
    _ = write(2, text, text.count)
    exit(1)
}
