import Tensors
public import Tokenizers

/// The tokens of an answer, one after the other, as they are generated.
///
///     for try await step in try model.generate("Once upon a time") { print(step.text, terminator: "") }
///
/// Leaving the loop, or cancelling its task, ends the work.
public struct Generation: AsyncSequence, Sendable {
    public typealias Element = GenerationStep

    let run: GenerationRun

    public func makeAsyncIterator() -> Iterator { Iterator(run: run) }

    public struct Iterator: AsyncIteratorProtocol {
        let run: GenerationRun

        /// - Throws: ``ModelError``, or `CancellationError`.
        public mutating func next() async throws -> GenerationStep? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> GenerationStep? {
            try Task.checkCancellation()
            let step = try run.next()
            // Others on the same executor get their turn between tokens.
            await Task.yield()
            return step
        }
    }
}

extension Model {
    /// The text as token ids; what the model puts before every text, such as a beginning-of-text token, included.
    public func tokenize(_ text: String, parsesSpecialTokens: Bool = false) throws(ModelError) -> [Int] {
        try self.text.tokenizer().encode(text, addSpecialTokens: true, parseSpecial: parsesSpecialTokens)
    }

    /// Token ids as text.
    public func detokenize(_ tokens: [Int], skipsSpecialTokens: Bool = false) throws(ModelError) -> String {
        try text.tokenizer().decode(tokens, skipSpecialTokens: skipsSpecialTokens)
    }

    /// How the model's tokens are made from text.
    public var tokenizer: Tokenizer { get throws(ModelError) { try text.tokenizer() } }

    /// Continues a text.
    public func generate(_ prompt: String, options: GenerationOptions = GenerationOptions()) throws(ModelError) -> Generation {
        try generate(tokens: tokenize(prompt), options: options)
    }

    /// Continues a text of token ids.
    public func generate(tokens: [Int], options: GenerationOptions = GenerationOptions()) throws(ModelError) -> Generation {
        Generation(run: try makeRun(tokens, options))
    }

    /// Continues a text, and waits for all of the answer.
    public func complete(
        _ prompt: String, options: GenerationOptions = GenerationOptions()
    ) async throws(ModelError) -> GenerationResult {
        try await complete(tokens: tokenize(prompt), options: options)
    }

    /// Continues a text of token ids, and waits for all of the answer. A cancelled task gets what there is by then.
    public func complete(
        tokens: [Int], options: GenerationOptions = GenerationOptions()
    ) async throws(ModelError) -> GenerationResult {
        try await complete(tokens: tokens, options: options) { _ in }
    }

    /// As ``complete(tokens:options:)``, and reports each token as it comes.
    func complete(
        tokens: [Int], options: GenerationOptions, report: @Sendable (GenerationStep) -> Void
    ) async throws(ModelError) -> GenerationResult {
        let run = try makeRun(tokens, options)
        while !Task.isCancelled, let step = try run.next() {
            report(step)
            await Task.yield()
        }
        return run.result
    }

    private func makeRun(_ tokens: [Int], _ options: GenerationOptions) throws(ModelError) -> GenerationRun {
        let state = try loadedState()
        let prompt = try checked(tokens, state)
        try options.check()
        let room = state.plan.shape.contextLength - prompt.count
        guard room > 0 else { throw .contextExceeded(tokens: prompt.count + 1, limit: state.plan.shape.contextLength) }
        var options = options
        options.maximumTokens = min(options.maximumTokens, room)
        let cache = options.cache
        let context = if let cache { try cache.take(for: self, state) } else { try DecodingContext(state, capacity: 1) }
        return GenerationRun(
            context: context, prompt: prompt, options: options, endTokens: text.endTokens(), tokenizer: try? text.tokenizer(),
            onFinish: { cache?.giveBack() })
    }

    /// Ids as the backends take them.
    func checked(_ tokens: [Int], _ state: Loaded) throws(ModelError) -> [Int32] {
        guard !tokens.isEmpty else {
            throw .invalidRequest(message: "the prompt has no tokens", help: "give a text, or a beginning-of-text token")
        }
        let limit = state.plan.shape.vocabularySize
        if let bad = tokens.first(where: { !(0..<limit).contains($0) }) {
            throw .backend(.tokenOutOfRange(Int32(clamping: bad), vocabularySize: limit))
        }
        return tokens.map { Int32($0) }
    }
}
