/// A value as templates see it, with Python's meaning of truth, equality, order and text.
public enum TemplateValue: Sendable {
    /// A variable, attribute or item that does not exist.
    case undefined(UndefinedReason)
    case none
    case bool(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    /// Text that is HTML already and is not escaped again (Python's `Markup`).
    case safe(String)
    case list([TemplateValue])
    case tuple([TemplateValue])
    case map(TemplateMap)
    case function(TemplateFunction)
    /// A value with attributes of its own making.
    case object(any TemplateObject)
}

/// Why a value is undefined; becomes the message when it is used.
public enum UndefinedReason: Sendable, Hashable {
    case variable(String)
    case attribute(String, of: String)
    case other(String)

    var message: String {
        switch self {
        case .variable(let name): "'\(name)' is undefined"
        case .attribute(let name, let type): "'\(type)' has no attribute '\(name)'"
        case .other(let message): message
        }
    }
}

/// A value whose attributes are made on demand, such as a page or a loop.
public protocol TemplateObject: AnyObject, Sendable {
    /// The name of the type in messages.
    var typeName: String { get }
    /// What the object prints.
    var text: String { get }
    /// The attribute, or `nil` when there is none.
    func attribute(_ name: String) -> TemplateValue?
    /// The elements in a `for`; `nil` when the object cannot be iterated.
    var elements: [TemplateValue]? { get }
    var isCallable: Bool { get }
    func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue
}

extension TemplateObject {
    public var text: String { "<\(typeName)>" }
    public var elements: [TemplateValue]? { nil }
    public var isCallable: Bool { false }

    public func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        throw TemplateError(.value, "'\(typeName)' object is not callable")
    }
}

/// A function that templates can call.
public final class TemplateFunction: Sendable {
    public typealias Body = @Sendable (TemplateArguments, Rendering) throws(TemplateError) -> TemplateValue

    public let name: String
    let body: Body

    public init(_ name: String, _ body: @escaping Body) {
        self.name = name
        self.body = body
    }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(arrayLiteral elements: TemplateValue...) { self = .list(elements) }
    public init(nilLiteral: ()) { self = .none }

    public init(dictionaryLiteral elements: (String, TemplateValue)...) {
        var map = TemplateMap()
        for (key, value) in elements { map[key] = value }
        self = .map(map)
    }
}

extension TemplateValue {
    /// The text of a string, safe or not; `nil` for any other value.
    public var stringValue: String? {
        switch self {
        case .string(let text), .safe(let text): text
        default: nil
        }
    }

    /// The elements of a list or tuple.
    var sequence: [TemplateValue]? {
        switch self {
        case .list(let elements), .tuple(let elements): elements
        default: nil
        }
    }

    public var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    public var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// Python's `bool(value)`.
    public var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .double(let value): value != 0
        case .string(let text), .safe(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements): !elements.isEmpty
        case .map(let map): !map.isEmpty
        case .function: true
        case .object(let object): object.elements.map { !$0.isEmpty } ?? true
        }
    }

    /// The name of the type in messages, as Python names it.
    public var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .double: "float"
        case .string: "str"
        case .safe: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .map: "dict"
        case .function: "function"
        case .object(let object): object.typeName
        }
    }
}
