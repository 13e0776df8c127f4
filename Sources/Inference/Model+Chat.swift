import Tensors
public import Tokenizers

extension ChatMessage {
    public static func system(_ content: String) -> ChatMessage { ChatMessage(role: "system", content: content) }
    public static func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }
    public static func assistant(_ content: String) -> ChatMessage { ChatMessage(role: "assistant", content: content) }
}

extension Model {
    /// The text that the model's chat template makes of a conversation, up to where the answer begins.
    public func prompt(for messages: [ChatMessage]) throws(ModelError) -> String { try text.prompt(messages) }

    /// The tokens of ``prompt(for:)``.
    public func tokenize(messages: [ChatMessage]) throws(ModelError) -> [Int] {
        // The template writes whatever special tokens there are to be.
        try text.tokenizer().encode(text.prompt(messages), addSpecialTokens: false, parseSpecial: true)
    }

    /// Answers a conversation, through the model's chat template.
    public func generate(
        messages: [ChatMessage], options: GenerationOptions = GenerationOptions()
    ) throws(ModelError) -> Generation {
        try generate(tokens: tokenize(messages: messages), options: options)
    }

    /// Answers a conversation, and waits for all of the answer.
    public func chat(
        _ messages: [ChatMessage], options: GenerationOptions = GenerationOptions()
    ) async throws(ModelError) -> GenerationResult {
        try await complete(tokens: tokenize(messages: messages), options: options)
    }

    /// Answers one question, through the model's chat template where it has one.
    public func answer(
        _ question: String, options: GenerationOptions = GenerationOptions()
    ) async throws(ModelError) -> String {
        guard try text.chatTemplateSource() != nil else { return try await complete(question, options: options).text }
        return try await chat([.user(question)], options: options).text
    }

    /// A conversation that remembers what was said, and reads only what is new at each turn.
    public func conversation(system: String? = nil) -> Conversation { Conversation(self, system: system) }
}

/// Questions and answers that build on each other.
///
///     let talk = model.conversation()
///     print(try await talk.say("My name is Ada."))
///     print(try await talk.say("What is my name?"))
public actor Conversation {
    public nonisolated let model: Model
    public private(set) var messages: [ChatMessage]
    private let cache = PromptCache()

    init(_ model: Model, system: String?) {
        self.model = model
        messages = system.map { [.system($0)] } ?? []
    }

    /// Says something and waits for the answer. After an error, or where the task was cancelled, the conversation is as before.
    public func say(_ text: String, options: GenerationOptions = GenerationOptions()) async throws(ModelError) -> String {
        try await turn(text, options) { _ in }
    }

    /// Says something and brings the answer token by token. It becomes part of the conversation when the sequence has come to its end; after an
    /// error, or where the loop over it ends early, the conversation is as before.
    ///
    ///     for try await step in talk.stream("Tell me a story.") { print(step.text, terminator: "") }
    public nonisolated func stream(
        _ text: String, options: GenerationOptions = GenerationOptions()
    ) -> AsyncThrowingStream<GenerationStep, any Error> {
        AsyncThrowingStream { continuation in
            let answering = Task {
                do {
                    _ = try await self.turn(text, options) { continuation.yield($0) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in answering.cancel() }
        }
    }

    private func turn(
        _ text: String, _ options: GenerationOptions, _ report: @Sendable (GenerationStep) -> Void
    ) async throws(ModelError) -> String {
        var options = options
        options.cache = cache
        let asked = messages + [.user(text)]
        let answer = try await model.complete(tokens: model.tokenize(messages: asked), options: options, report: report).text
        if !Task.isCancelled { messages = asked + [.assistant(answer)] }
        return answer
    }
}
