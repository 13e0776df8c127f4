import Inference
import Tensors
import TestSupport
import Testing

@Suite("Generating", .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"))
struct GenerationTests {
    static func model() throws -> Model {
        try Model.load(path: GoldenModel("llama_plain").folder, device: .cpu, dtype: .float32)
    }

    static let prompt = [3, 100, 7, 250]

    @Test("A seed gives the same tokens again, another seed others, and steps tell what the whole tells")
    func seeds() async throws {
        let model = try Self.model()
        func options(_ seed: UInt64) -> GenerationOptions {
            GenerationOptions(maximumTokens: 24, sampling: Sampling(temperature: 1, seed: seed), stopsAtEndOfText: false)
        }
        let first = try await model.complete(tokens: Self.prompt, options: options(1))
        #expect(try await model.complete(tokens: Self.prompt, options: options(1)).tokens == first.tokens)
        #expect(try await model.complete(tokens: Self.prompt, options: options(2)).tokens != first.tokens)
        var steps: [Int] = []
        for try await step in try model.generate(tokens: Self.prompt, options: options(1)) { steps.append(step.token) }
        #expect(steps == first.tokens)
    }

    @Test("Log-probabilities of generated tokens are those that scoring gives")
    func logProbabilities() async throws {
        let model = try Self.model()
        let options = GenerationOptions(maximumTokens: 12, sampling: Sampling(temperature: 1.5, seed: 4), stopsAtEndOfText: false)
        let result = try await model.complete(tokens: Self.prompt, options: options)
        let score = try model.score(tokens: Self.prompt + result.tokens)
        for (ours, scored) in zip(result.logProbabilities, score.logProbabilities.suffix(12)) { #expect(abs(ours - scored) < 1e-4) }
        #expect(result.logProbabilities.count == 12)
    }

    @Test("A cancelled task ends between tokens, and the model goes on working")
    func cancellation() async throws {
        let model = try Self.model()
        let task = Task {
            var count = 0
            for try await _ in try model.generate(
                tokens: Self.prompt, options: GenerationOptions(maximumTokens: 200, stopsAtEndOfText: false))
            {
                count += 1
                if count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return count
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let result = try await model.complete(tokens: Self.prompt, options: GenerationOptions(maximumTokens: 2, stopsAtEndOfText: false))
        #expect(result.tokens.count == 2)
    }

    @Test("A prompt cache is taken up where two prompts part, and gives the tokens of none")
    func prefix() async throws {
        let model = try Self.model()
        let cache = PromptCache()
        func options(_ cache: PromptCache?) -> GenerationOptions {
            GenerationOptions(maximumTokens: 8, stopsAtEndOfText: false, cache: cache)
        }
        _ = try await model.complete(tokens: [1, 2, 3, 4, 5, 6], options: options(cache))
        let reused = try await model.complete(tokens: [1, 2, 3, 9, 8], options: options(cache))
        #expect(reused.cachedTokenCount == 3)
        #expect(try await model.complete(tokens: [1, 2, 3, 9, 8], options: options(nil)).tokens == reused.tokens)
        let saved = try model.saveCache(cache)
        for length in [0, 3, 11, saved.count / 2, saved.count - 1] {
            #expect(throws: ModelError.self) { try model.restoreCache(Array(saved.prefix(length))) }
        }
    }

    @Test("Guessed tokens change nothing, whatever the prompt", arguments: [UInt64(1), 2, 3])
    func speculation(seed: UInt64) async throws {
        let model = try Self.model()
        var random = SeededGenerator(seed: seed)
        // A text that repeats itself, so that there is something to guess from.
        let piece = (0..<6).map { _ in Int.random(in: 3..<512, using: &random) }
        let prompt = piece + piece + piece.prefix(2)
        func options(_ count: Int) -> GenerationOptions {
            GenerationOptions(maximumTokens: 40, stopsAtEndOfText: false, speculatedTokens: count)
        }
        let plain = try await model.complete(tokens: prompt, options: options(0))
        for count in [1, 4, 9] { #expect(try await model.complete(tokens: prompt, options: options(count)).tokens == plain.tokens) }
    }

    @Test("Requests that cannot be met are errors that say so")
    func badRequests() async throws {
        let model = try Self.model()
        await #expect(throws: ModelError.self) { try await model.complete(tokens: [], options: GenerationOptions()) }
        await #expect(throws: ModelError.self) { try await model.complete(tokens: [512], options: GenerationOptions()) }
        await #expect(throws: ModelError.self) { try await model.complete(tokens: [-1], options: GenerationOptions()) }
        await #expect(throws: ModelError.self) { try await model.complete(tokens: [1], options: GenerationOptions(maximumTokens: 0)) }
        await #expect(throws: ModelError.self) {
            try await model.complete(tokens: [Int](repeating: 1, count: 256), options: GenerationOptions())
        }
    }
}
