private import Groundwork
internal import SourceText

/// One rendering under way: the output so far, the variables in sight, what may still be spent.
///
/// Filters and functions of the host receive it; it lives and is used on one thread only.
public final class Rendering {
    public let environment: TemplateEnvironment
    /// Whether text is escaped where it is written.
    public internal(set) var autoescape: Bool
    var output: [UInt8] = []
    /// Text at the top level of a template that extends another is not written.
    var isDiscarding = false

    /// Local variables, innermost last; those below `barrier` belong to callers and are out of sight.
    var locals: [(symbol: Symbol, value: TemplateValue)] = []
    var barrier = 0
    /// Where the variables of the innermost scope begin.
    var scopeStart = 0
    /// Assignments are exported rather than local.
    var isTopLevel = false
    var instance: TemplateInstance
    var tree: SyntaxTree
    /// The block being rendered and its place in the chain of overrides.
    var currentBlock: (name: String, level: Int)?
    /// The line of what is being evaluated.
    var line = 0
    var depth = 0
    private var steps = 0

    init(environment: TemplateEnvironment, variables: TemplateMap) {
        self.environment = environment
        autoescape = environment.autoescape
        instance = TemplateInstance(context: Context(variables: variables))
        tree = SyntaxTree(name: "", body: [], blocks: [:])
    }

    // MARK: Limits

    @inline(__always)
    func spend(_ count: Int = 1) throws(TemplateError) {
        steps += count
        if steps > environment.limits.steps { throw overspent() }
    }

    private func overspent() -> TemplateError {
        located(
            TemplateError(
                .limit, "rendering takes more than \(environment.limits.steps) steps",
                solutions: ["Look for a loop that is longer than intended."]))
    }

    /// To be called before text of `bytes` bytes is made.
    func spend(bytes: Int) throws(TemplateError) {
        guard bytes <= environment.limits.outputBytes else {
            throw located(TemplateError(.limit, "a text of more than \(environment.limits.outputBytes) bytes"))
        }
        try spend(bytes / 16)
    }

    func deeper<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= environment.limits.depth else {
            throw located(
                TemplateError(
                    .limit, "nested more than \(environment.limits.depth) levels deep",
                    solutions: ["Look for a macro or an include that calls itself without end."]))
        }
        return try body()
    }

    func located(_ error: TemplateError) -> TemplateError { error.located(template: tree.name, line: max(line, 1)) }

    // MARK: Output

    func write(_ bytes: [UInt8]) throws(TemplateError) {
        guard !isDiscarding else { return }
        guard output.count + bytes.count <= environment.limits.outputBytes else { throw tooMuchOutput() }
        output.append(contentsOf: bytes)
    }

    private func tooMuchOutput() -> TemplateError {
        located(TemplateError(.limit, "the output is longer than \(environment.limits.outputBytes) bytes"))
    }

    func write(_ value: TemplateValue) throws(TemplateError) {
        guard !isDiscarding else { return }
        switch value {
        case .safe(let text): text.utf8.withContiguousStorageIfAvailable { output.append(contentsOf: $0) } ?? output.append(contentsOf: text.utf8)
        case .string(let text):
            if autoescape { escape(text.utf8, .markupSafe, into: &output) } else { output.append(contentsOf: text.utf8) }
        case .undefined(let reason):
            if environment.undefined == .strict { throw located(TemplateError(.undefined, reason.message)) }
        case .integer(let number): output.append(contentsOf: String(number).utf8)
        case .object(let object) where object is TemplateModule || object is BlockReference:
            output.append(contentsOf: object.text.utf8)
        default:
            let text = value.text
            if autoescape { escape(text.utf8, .markupSafe, into: &output) } else { output.append(contentsOf: text.utf8) }
        }
        if output.count > environment.limits.outputBytes { throw tooMuchOutput() }
    }

    /// What `body` writes, taken out of the output.
    func capture(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> String {
        let start = output.count
        let wasDiscarding = isDiscarding
        isDiscarding = false
        defer { isDiscarding = wasDiscarding }
        try body()
        try spend(bytes: output.count - start)
        let text = String(decoding: output[start...], as: UTF8.self)
        output.removeSubrange(start...)
        return text
    }

    /// Captured text as a value: it is HTML already where text is escaped.
    func captured(_ text: String) -> TemplateValue { autoescape ? .safe(text) : .string(text) }

    // MARK: Variables

    func value(of symbol: Symbol, _ name: String) -> TemplateValue {
        var index = locals.count
        while index > barrier {
            index -= 1
            if locals[index].symbol == symbol { return locals[index].value }
        }
        if let value = instance.value(of: symbol) ?? instance.context.value(of: symbol, name) { return value }
        if let value = environment.globals[name] { return value }
        if let block = currentBlock, name == "super" { return superBlock(of: block) }
        if name == "self" { return .object(SelfReference(instance: instance)) }
        return .undefined(.variable(name))
    }

    func assign(_ symbol: Symbol, _ value: TemplateValue) {
        if isTopLevel { return instance.set(symbol, value) }
        var index = locals.count
        while index > scopeStart {
            index -= 1
            if locals[index].symbol == symbol {
                locals[index].value = value
                return
            }
        }
        locals.append((symbol, value))
    }

    /// Runs `body` in a scope of its own.
    func scope<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        let saved = (scopeStart, isTopLevel)
        let count = locals.count
        (scopeStart, isTopLevel) = (count, false)
        defer {
            locals.removeLast(locals.count - count)
            (scopeStart, isTopLevel) = saved
        }
        return try body()
    }

    /// Runs `body` where only `visible` and what the instance exports is in sight.
    func isolated<Result>(
        _ visible: [(symbol: Symbol, value: TemplateValue)], instance: TemplateInstance, tree: SyntaxTree,
        _ body: () throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let saved = (barrier, scopeStart, isTopLevel, self.instance, self.tree, currentBlock, line)
        let count = locals.count
        locals += visible
        (barrier, scopeStart, isTopLevel) = (count, locals.count, false)
        (self.instance, self.tree) = (instance, tree)
        defer {
            locals.removeLast(locals.count - count)
            (barrier, scopeStart, isTopLevel, self.instance, self.tree, currentBlock, line) = saved
        }
        return try deeper { () throws(TemplateError) in
            // The place of an error is fixed while it is known which template is running.
            do throws(TemplateError) { return try body() } catch { throw located(error) }
        }
    }

    /// The local variables in sight.
    var visibleLocals: [(symbol: Symbol, value: TemplateValue)] { Array(locals[barrier...]) }
}
