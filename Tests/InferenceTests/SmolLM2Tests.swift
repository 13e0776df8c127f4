import Inference
import JSON
import Tensors
import TestSupport
import Testing
import Tokenizers

/// Reads a file of the reference data.
func goldenJSON(_ path: String) throws -> JSONValue {
    let file = try #require(ReferenceData.golden(path))
    return try JSONValue(parsing: MappedFile(path: file).contents.copy)
}

extension JSONValue {
    var integers: [Int] { arrayValue?.compactMap(\.integerValue) ?? [] }
    var doubles: [Double] { arrayValue?.compactMap(\.doubleValue) ?? [] }
}

@Suite(
    "SmolLM2 as llama.cpp and transformers run it",
    .enabled(
        if: ReferenceData.golden("smollm2/chats.json") != nil && ReferenceData.smolLM2 != nil,
        "the reference data or the model is not here"), .serialized)
struct SmolLM2Tests {
    /// In float32, once for all tests.
    static let model = Result {
        try Model.load(path: ReferenceData.smolLM2 ?? "", device: .cpu, dtype: .float32)
    }

    @Test("Prompts are rendered and tokenised, and answers equal, id for id")
    func chats() async throws {
        let model = try Self.model.get()
        let cases = try goldenJSON("smollm2/chats.json")["cases"]?.arrayValue ?? []
        #expect(cases.count > 0)
        for item in cases {
            let name = item["id"]?.stringValue ?? ""
            let messages =
                item["messages"]?.arrayValue?.map {
                    ChatMessage(role: $0["role"]?.stringValue ?? "", content: $0["content"]?.stringValue ?? "")
                } ?? []
            #expect(try model.prompt(for: messages) == item["prompt"]?.stringValue, "\(name)")
            #expect(try model.tokenize(messages: messages) == item["prompt_ids"]?.integers, "\(name)")
            let result = try await model.chat(messages, options: GenerationOptions(maximumTokens: 64, alternatives: 0))
            #expect(result.tokens == item["generated_ids"]?.integers, "\(name)")
            #expect((result.finishReason == .endOfText) == (item["stop"]?.stringValue == "eos"), "\(name)")
            if !(item["generated_text"]?.stringValue?.contains("\u{FFFD}") ?? true) {
                #expect(result.text == item["generated_text"]?.stringValue, "\(name)")
            }
            for (ours, step) in zip(result.logProbabilities, item["steps"]?.arrayValue ?? []) {
                #expect(abs(Double(ours) - (step["logprob"]?.doubleValue ?? .nan)) < 1e-3, "\(name)")
            }
        }
    }

    @Test("The likeliest first tokens have the same log-probabilities")
    func firstTokens() async throws {
        let model = try Self.model.get()
        for item in try goldenJSON("smollm2/chats.json")["cases"]?.arrayValue?.prefix(4) ?? [] {
            let prompt = item["prompt_ids"]?.integers ?? []
            let options = GenerationOptions(maximumTokens: 1, alternatives: 5)
            for try await step in try model.generate(tokens: prompt, options: options) {
                let expected = item["first_token_top5"]?.arrayValue ?? []
                #expect(step.alternatives.map { Int($0.id) } == expected.compactMap { $0["id"]?.integerValue })
                for (ours, theirs) in zip(step.alternatives, expected) {
                    #expect(abs(Double(ours.logProbability) - (theirs["logprob"]?.doubleValue ?? .nan)) < 1e-3)
                }
            }
        }
    }

    @Test("Scores of texts agree token for token")
    func scores() throws {
        let model = try Self.model.get()
        for item in try goldenJSON("smollm2/scores.json")["cases"]?.arrayValue ?? [] {
            let score = try model.score(tokens: item["ids"]?.integers ?? [])
            let expected = item["logprobs"]?.doubles ?? []
            #expect(score.logProbabilities.count == expected.count)
            for (ours, theirs) in zip(score.logProbabilities, expected) { #expect(abs(Double(ours) - theirs) < 1e-3) }
            #expect(abs(score.meanNegativeLogLikelihood - (item["mean_nll"]?.doubleValue ?? .nan)) < 1e-4)
        }
    }

    @Test("As stored, with activations in 8 bits, texts score as near to float32 as in llama.cpp")
    func storedScores() throws {
        let model = try Model.load(path: ReferenceData.smolLM2 ?? "", device: .cpu)
        for item in try goldenJSON("smollm2/scores.json")["cases"]?.arrayValue ?? [] {
            let score = try model.score(tokens: item["ids"]?.integers ?? [])
            let expected = try #require(item["mean_nll"]?.doubleValue)
            // llama.cpp's own shift is 0.016 at most (the data's README).
            #expect(abs(score.meanNegativeLogLikelihood - expected) <= 0.016, "\(item["id"]?.stringValue ?? "")")
            #expect(try abs(model.perplexity(of: model.detokenize(score.tokens)) - score.perplexity) <= 1e-3 * score.perplexity)
        }
    }

    @Test("The residual stream and the logit lens agree after every layer")
    func layers() throws {
        let model = try Self.model.get()
        let golden = try goldenJSON("smollm2/layers.json")
        let stream = try model.residualStream(tokens: golden["prompt_ids"]?.integers ?? [])
        let lens = try model.logitLens(stream, count: 3)
        let layers = golden["layers"]?.arrayValue ?? []
        #expect(layers.count == stream.layerCount + 1)
        for (index, layer) in layers.enumerated() {
            let state = stream.state(layer: index, position: stream.tokens.count - 1)
            let norm = state.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            let expected = layer["l2"]?.doubleValue ?? .nan
            #expect(abs(norm - expected) < 1e-3 * max(1, expected), "layer \(index)")
            for (ours, theirs) in zip(state, layer["first8"]?.doubles ?? []) {
                #expect(abs(Double(ours) - theirs) < 1e-3 * max(1, abs(theirs)), "layer \(index)")
            }
            let top = layer["lens_top3"]?.arrayValue ?? []
            #expect(lens[index].map(\.token) == top.compactMap { $0[0]?.integerValue }, "layer \(index)")
            for (ours, theirs) in zip(lens[index], top) {
                #expect(abs(Double(ours.logProbability) - (theirs[1]?.doubleValue ?? .nan)) < 2e-3, "layer \(index)")
            }
        }
    }

    @Test("Guessing tokens from earlier text changes none of them")
    func speculation() async throws {
        let model = try Self.model.get()
        let prompt = try model.tokenize("one two three four five six. one two three four five six. one two")
        let plain = try await model.complete(tokens: prompt, options: GenerationOptions(maximumTokens: 32))
        let guessed = try await model.complete(tokens: prompt, options: GenerationOptions(maximumTokens: 32, speculatedTokens: 6))
        #expect(guessed.tokens == plain.tokens)
        #expect(guessed.text == plain.text)
        #expect(guessed.finishReason == plain.finishReason)
    }

    @Test("A stop string ends the answer and is no part of it, in the whole and in the steps")
    func stopString() async throws {
        let model = try Self.model.get()
        let whole = try await model.complete("One, two, three,", options: GenerationOptions(maximumTokens: 24)).text
        let place = try #require(whole.firstRange(of: "five"))
        let options = GenerationOptions(maximumTokens: 24, stopStrings: ["five"])
        let result = try await model.complete("One, two, three,", options: options)
        #expect(result.text == whole[..<place.lowerBound])
        #expect(result.finishReason == .stopString)
        var steps = ""
        var duration = Duration.zero
        for try await step in try model.generate("One, two, three,", options: options) {
            steps += step.text
            duration += step.duration
            #expect(step.duration > .zero)
        }
        #expect(steps == result.text)
        #expect(result.promptDuration > .zero && result.decodeDuration > .zero && duration > .zero)
    }

    @Test("An answer that comes token by token is the one that comes whole, and part of the conversation once it is complete")
    func stream() async throws {
        let model = try Self.model.get()
        let options = GenerationOptions(maximumTokens: 12)
        let (whole, streamed) = (model.conversation(), model.conversation())
        for question in ["Name a colour.", "And another?"] {
            let answer = try await whole.say(question, options: options)
            var text = ""
            for try await step in streamed.stream(question, options: options) { text += step.text }
            #expect(text == answer)
        }
        #expect(await streamed.messages == whole.messages)
        for try await _ in streamed.stream("A third?", options: options) { break }
        // What was cancelled ends between two tokens.
        for _ in 0..<200 {
            if (try? await streamed.say("And a last one?", options: options)) != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(await streamed.messages.filter { $0.role == "user" }.map(\.content) == ["Name a colour.", "And another?", "And a last one?"])
    }

    @Test("A conversation reads only what is new")
    func conversation() async throws {
        let model = try Self.model.get()
        let cache = PromptCache()
        let options = GenerationOptions(maximumTokens: 12, cache: cache)
        let first = try await model.chat([.user("Name a colour.")], options: options)
        let messages: [ChatMessage] = [.user("Name a colour."), .assistant(first.text), .user("And another?")]
        let second = try await model.chat(messages, options: options)
        #expect(first.cachedTokenCount == 0)
        #expect(second.cachedTokenCount > first.promptTokenCount / 2)
        let fresh = try await model.chat(messages, options: GenerationOptions(maximumTokens: 12))
        #expect(second.tokens == fresh.tokens)

        let restored = try model.restoreCache(model.saveCache(cache))
        #expect(restored.tokenCount == cache.tokenCount)
        let third = try await model.chat(messages, options: GenerationOptions(maximumTokens: 12, cache: restored))
        #expect(third.tokens == fresh.tokens)
        #expect(third.cachedTokenCount == second.promptTokenCount - 1)
    }
}
