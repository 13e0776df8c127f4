public import JSON
public import TemplateEngine

/// One message of a chat.
public struct ChatMessage: Sendable, Hashable {
    /// `system`, `user`, `assistant`, or what else the model's template knows.
    public var role: String
    public var content: String

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// The Jinja template with which a model's chats are written, in the environment that Hugging Face transformers gives it.
///
/// That environment (transformers, `chat_template_utils.py`): an immutable sandbox, `trim_blocks` and `lstrip_blocks`,
/// loop controls, the `generation` tag, `tojson` without HTML escapes, `raise_exception` and `strftime_now`.
public struct ChatTemplate: Sendable {
    /// Bounds for templates that come with a model and are trusted no more than it.
    public static let limits = TemplateLimits(steps: 5_000_000, outputBytes: 64 << 20, depth: 200)

    private let template: Template
    private let bosToken: String?
    private let eosToken: String?

    /// - Parameters:
    ///   - source: the template, as `tokenizer.chat_template` or `tokenizer_config.json` holds it.
    ///   - clock: seconds since 1970, for templates that write today's date.
    /// - Throws: ``TemplateError`` with the line, when the template is not valid Jinja.
    public init(
        _ source: String, bosToken: String? = nil, eosToken: String? = nil, name: String = "chat template",
        clock: @escaping @Sendable () -> Int = CalendarText.now
    ) throws(TemplateError) {
        var environment = TemplateEnvironment(
            syntax: TemplateSyntaxOptions(trimBlocks: true, lstripBlocks: true), limits: Self.limits, jsonStyle: .plain)
        environment.globals["raise_exception"] = .function(
            TemplateFunction("raise_exception") { (arguments, _) throws(TemplateError) in
                throw TemplateError(.raised, arguments.positional.first?.text ?? "")
            })
        environment.globals["strftime_now"] = .function(
            TemplateFunction("strftime_now") { (arguments, _) throws(TemplateError) in
                guard let format = arguments.positional.first?.stringValue else { throw TemplateError(.value, "strftime_now needs a format") }
                return .string(CalendarText.text(clock(), format: format))
            })
        template = try Template(source, name: name, environment: environment)
        self.bosToken = bosToken
        self.eosToken = eosToken
    }

    /// The prompt of a chat.
    ///
    /// - Parameters:
    ///   - addGenerationPrompt: ends with what opens the assistant's answer.
    ///   - variables: further variables that the template knows.
    /// - Throws: ``TemplateError``; of kind `raised` when the template refuses the messages, with its own words.
    public func render(
        messages: [ChatMessage], addGenerationPrompt: Bool = true, tools: [JSONValue]? = nil, variables: JSONObject = JSONObject()
    ) throws(TemplateError) -> String {
        try render(
            messages: messages.map { ["role": .string($0.role), "content": .string($0.content)] },
            addGenerationPrompt: addGenerationPrompt, tools: tools, variables: variables)
    }

    /// The same for messages with more than a role and a text, such as tool calls or parts.
    public func render(
        messages: [JSONValue], addGenerationPrompt: Bool = true, tools: [JSONValue]? = nil, variables: JSONObject = JSONObject()
    ) throws(TemplateError) -> String {
        var context: TemplateMap = [
            "messages": .list(messages.map(TemplateValue.init(_:))),
            "tools": tools.map { .list($0.map(TemplateValue.init(_:))) } ?? .none,
            "documents": .none,
            "add_generation_prompt": .bool(addGenerationPrompt),
        ]
        if let bosToken { context["bos_token"] = .string(bosToken) }
        if let eosToken { context["eos_token"] = .string(eosToken) }
        for (name, value) in variables { context[name] = TemplateValue(value) }
        return try template.render(context)
    }
}

extension TemplateValue {
    /// The value that a template sees for JSON.
    public init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = Int(exactly: value).map { .integer($0) } ?? .double(Double(value))
        case .number(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map(TemplateValue.init(_:)))
        case .object(let members): self = .map(TemplateMap(members.map { ($0.key, TemplateValue($0.value)) }))
        }
    }
}
