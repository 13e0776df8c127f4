/// A variable's name as a number, so that looking one up compares integers.
struct Symbol: Sendable, Hashable {
    let id: Int32

    init(_ name: String) { id = SymbolTable.id(of: name) }

    var name: String { SymbolTable.name(of: self) }
}

/// An expression. Lines are those of the operator or name, for messages.
indirect enum Expression: Sendable {
    case constant(TemplateValue)
    case name(Symbol, String)
    case attribute(Expression, String, line: Int)
    case subscripted(Expression, Expression, line: Int)
    case slice(Expression, Expression?, Expression?, Expression?, line: Int)
    case call(Expression, CallArguments, line: Int)
    case method(Expression, String, CallArguments, line: Int)
    case filter(Expression, FilterUse)
    case test(Expression, TestUse)
    case not(Expression)
    case negative(Expression, line: Int)
    case positive(Expression, line: Int)
    case binary(BinaryOperator, Expression, Expression, line: Int)
    case concatenation([Expression], line: Int)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case comparison(Expression, [Comparison], line: Int)
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
    case list([Expression])
    case tuple([Expression])
    case map([(Expression, Expression)], line: Int)
}

enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

struct Comparison: Sendable {
    enum Operator: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn = "in"
        case isNotIn = "not in"
    }

    var symbol: Operator
    var right: Expression
}

struct CallArguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    var unpacked: Expression?
    var unpackedNamed: Expression?
}

/// A filter as used; `function` is `nil` when its name is unknown, which is an error once it is applied.
struct FilterUse: Sendable {
    var name: String
    var function: TemplateFilter?
    var arguments: CallArguments
    var line: Int
}

struct TestUse: Sendable {
    var name: String
    var function: TemplateTest?
    var arguments: CallArguments
    var line: Int
}

/// What is assigned to.
indirect enum Target: Sendable {
    case name(Symbol)
    case attribute(Symbol, of: String, String)
    case tuple([Target])
}

struct Parameter: Sendable {
    var symbol: Symbol
    var name: String
    var defaultValue: Expression?
}

/// A macro, or the body of a `call` block.
final class MacroDefinition: Sendable {
    let name: String
    let parameters: [Parameter]
    let body: [Statement]
    let usesVarargs: Bool
    let usesKwargs: Bool
    let usesCaller: Bool
    let line: Int

    init(name: String, parameters: [Parameter], body: [Statement], referenced: Set<String>, line: Int) {
        self.name = name
        self.parameters = parameters
        self.body = body
        usesVarargs = referenced.contains("varargs")
        usesKwargs = referenced.contains("kwargs")
        usesCaller = referenced.contains("caller") || parameters.contains { $0.name == "caller" }
        self.line = line
    }
}

final class ForLoop: Sendable {
    let target: Target
    let iterable: Expression
    let filter: Expression?
    let isRecursive: Bool
    /// The body, or something it calls, may look at `loop`.
    let usesLoop: Bool
    let body: [Statement]
    let otherwise: [Statement]
    let line: Int

    init(
        target: Target, iterable: Expression, filter: Expression?, isRecursive: Bool, usesLoop: Bool,
        body: [Statement], otherwise: [Statement], line: Int
    ) {
        self.target = target
        self.iterable = iterable
        self.filter = filter
        self.isRecursive = isRecursive
        self.usesLoop = usesLoop
        self.body = body
        self.otherwise = otherwise
        self.line = line
    }
}

final class BlockDefinition: Sendable {
    let name: String
    let body: [Statement]
    let isScoped: Bool
    let isRequired: Bool
    let line: Int

    init(name: String, body: [Statement], isScoped: Bool, isRequired: Bool, line: Int) {
        self.name = name
        self.body = body
        self.isScoped = isScoped
        self.isRequired = isRequired
        self.line = line
    }
}

indirect enum Statement: Sendable {
    case data([UInt8])
    case output(Expression, line: Int)
    case conditional([(test: Expression, body: [Statement])], otherwise: [Statement], line: Int)
    case forLoop(ForLoop)
    case breakLoop
    case continueLoop
    case set(Target, Expression, line: Int)
    case setBlock(Target, [FilterUse], [Statement], line: Int)
    case with([(Target, Expression)], [Statement], line: Int)
    case macro(MacroDefinition)
    case callBlock(Expression, caller: MacroDefinition, line: Int)
    case filterBlock([FilterUse], [Statement], line: Int)
    case block(BlockDefinition)
    case extends(Expression, line: Int)
    case include(Expression, ignoresMissing: Bool, withContext: Bool, line: Int)
    case importModule(Expression, Symbol, withContext: Bool, line: Int)
    case importNames(Expression, [(name: String, alias: Symbol)], withContext: Bool, line: Int)
    case autoescape(Expression, [Statement], line: Int)
    case scope([Statement])
    case evaluate(Expression, line: Int)
}

/// A template's source, parsed.
final class SyntaxTree: Sendable {
    let name: String
    let body: [Statement]
    let blocks: [String: BlockDefinition]

    init(name: String, body: [Statement], blocks: [String: BlockDefinition]) {
        self.name = name
        self.body = body
        self.blocks = blocks
    }
}
