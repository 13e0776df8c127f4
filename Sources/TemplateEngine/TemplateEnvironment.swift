private import Groundwork
internal import SourceText
private import Synchronization

/// A filter: the value on its left, its arguments, and the rendering that is under way.
public typealias TemplateFilter =
    @Sendable (TemplateValue, TemplateArguments, Rendering) throws(TemplateError) -> TemplateValue

/// A test behind `is`.
public typealias TemplateTest = @Sendable (TemplateValue, TemplateArguments, Rendering) throws(TemplateError) -> Bool

/// How white space round tags is treated.
public struct TemplateSyntaxOptions: Sendable, Hashable {
    /// Drops the first line break after a block tag.
    public var trimBlocks = false
    /// Drops spaces and tabs before a block tag that begins its line.
    public var lstripBlocks = false
    /// Keeps the line break at the end of the template.
    public var keepTrailingNewline = false

    public init(trimBlocks: Bool = false, lstripBlocks: Bool = false, keepTrailingNewline: Bool = false) {
        self.trimBlocks = trimBlocks
        self.lstripBlocks = lstripBlocks
        self.keepTrailingNewline = keepTrailingNewline
    }
}

/// What using a value that does not exist does.
public enum UndefinedPolicy: Sendable, Hashable {
    /// It prints nothing and is false; an attribute of it is an error (Jinja's `Undefined`).
    case lenient
    /// As lenient, and its attributes are undefined too (`ChainableUndefined`).
    case chainable
    /// Everything but asking whether it is defined is an error (`StrictUndefined`).
    case strict
}

/// Bounds on what one rendering may do; each is an error of kind ``TemplateError/Kind/limit``.
public struct TemplateLimits: Sendable, Hashable {
    /// Expressions and statements evaluated; making text costs a step for every 16 bytes.
    public var steps: Int
    /// Bytes of output, and of any one text.
    public var outputBytes: Int
    /// Levels of macros, includes, recursive loops and nested expressions.
    public var depth: Int

    public init(steps: Int = 50_000_000, outputBytes: Int = 256 << 20, depth: Int = 400) {
        self.steps = steps
        self.outputBytes = outputBytes
        self.depth = depth
    }
}

/// How `tojson` writes.
public enum TemplateJSONStyle: Sendable, Hashable {
    /// Sorted keys, ASCII, `<`, `>`, `&` and `'` escaped: safe inside `<script>` (Jinja's own).
    case html
    /// Keys in order, Unicode as it is (as transformers configures it for chat templates).
    case plain
}

/// Where templates come from.
public protocol TemplateLoader: Sendable {
    /// The source of a template, or `nil` when there is none of that name.
    func source(of name: String) throws(TemplateError) -> String?
    /// The names there are, for "did you mean".
    var names: [String] { get }
}

/// Templates held in memory.
public struct TemplateDictionaryLoader: TemplateLoader {
    public var sources: [String: String]

    public init(_ sources: [String: String]) { self.sources = sources }

    public func source(of name: String) -> String? { sources[name] }
    public var names: [String] { Array(sources.keys) }
}

/// Everything templates share: syntax, filters, globals, the loader.
///
/// A value: changing a copy leaves templates made before as they are. Copies share the cache of parsed templates until
/// one of them changes what parsing depends on.
public struct TemplateEnvironment: Sendable {
    public var syntax: TemplateSyntaxOptions { didSet { cache = Cache() } }
    public var autoescape: Bool
    public var undefined: UndefinedPolicy
    public var limits: TemplateLimits
    public var jsonStyle: TemplateJSONStyle
    public var globals: [String: TemplateValue]
    /// Filters of the host, ahead of the built-in ones.
    public var filters: [String: TemplateFilter] { didSet { cache = Cache() } }
    /// Tests of the host, ahead of the built-in ones.
    public var tests: [String: TemplateTest] { didSet { cache = Cache() } }
    public var loader: (any TemplateLoader)? { didSet { cache = Cache() } }
    private var cache = Cache()

    public init(
        loader: (any TemplateLoader)? = nil, autoescape: Bool = false, syntax: TemplateSyntaxOptions = TemplateSyntaxOptions(),
        undefined: UndefinedPolicy = .lenient, limits: TemplateLimits = TemplateLimits(), jsonStyle: TemplateJSONStyle = .html
    ) {
        self.loader = loader
        self.autoescape = autoescape
        self.syntax = syntax
        self.undefined = undefined
        self.limits = limits
        self.jsonStyle = jsonStyle
        globals = BuiltInFunctions.all
        filters = [:]
        tests = [:]
    }

    /// The template of that name, parsed once.
    public func template(named name: String) throws(TemplateError) -> Template {
        Template(tree: try tree(named: name), environment: self)
    }

    func tree(named name: String) throws(TemplateError) -> SyntaxTree {
        if let tree = cache.trees.withLock({ $0[name] }) { return tree }
        guard let source = try loader?.source(of: name) else {
            let nearest = loader.flatMap { nearestName(to: name, among: $0.names) }
            throw TemplateError(
                .missingTemplate, "there is no template '\(name)'", solutions: nearest.map { ["Did you mean '\($0)'?"] } ?? [])
        }
        let tree = try parse(source, name: name)
        cache.trees.withLock { $0[name] = tree }
        return tree
    }

    func parse(_ source: String, name: String) throws(TemplateError) -> SyntaxTree {
        do throws(TemplateError) {
            var parser = try Parser(source, name: name, environment: self)
            return try parser.parse()
        } catch {
            throw error.template.isEmpty && error.line > 0
                ? TemplateError(error.kind, error.message, template: name, line: error.line, solutions: error.solutions) : error
        }
    }

    func filter(named name: String) -> TemplateFilter? { filters[name] ?? BuiltInFilters.all[name] }
    func test(named name: String) -> TemplateTest? { tests[name] ?? BuiltInTests.all[name] }

    func unknownFilter(_ name: String) -> TemplateError {
        let names = Array(filters.keys) + Array(BuiltInFilters.all.keys)
        return TemplateError(
            .syntax, "there is no filter '\(name)'", solutions: nearestName(to: name, among: names).map { ["Did you mean '\($0)'?"] } ?? [])
    }

    func unknownTest(_ name: String) -> TemplateError {
        let names = Array(tests.keys) + Array(BuiltInTests.all.keys)
        return TemplateError(
            .syntax, "there is no test '\(name)'", solutions: nearestName(to: name, among: names).map { ["Did you mean '\($0)'?"] } ?? [])
    }

    private final class Cache: Sendable {
        let trees = Mutex<[String: SyntaxTree]>([:])
    }
}

/// A template, parsed once and rendered as often as needed, from any number of threads.
public struct Template: Sendable {
    let tree: SyntaxTree
    public let environment: TemplateEnvironment

    /// Parses `source`; `name` is what messages call it.
    public init(_ source: String, name: String = "template", environment: TemplateEnvironment = TemplateEnvironment()) throws(TemplateError) {
        self.init(tree: try environment.parse(source, name: name), environment: environment)
    }

    init(tree: SyntaxTree, environment: TemplateEnvironment) {
        self.tree = tree
        self.environment = environment
    }

    public var name: String { tree.name }

    /// The text of the template with these variables.
    public func render(_ variables: TemplateMap = [:]) throws(TemplateError) -> String {
        String(decoding: try renderBytes(variables), as: UTF8.self)
    }

    /// The same text as UTF-8, without a copy.
    public func renderBytes(_ variables: TemplateMap = [:]) throws(TemplateError) -> [UInt8] {
        let rendering = Rendering(environment: environment, variables: variables)
        try rendering.run(tree)
        return rendering.output
    }
}
