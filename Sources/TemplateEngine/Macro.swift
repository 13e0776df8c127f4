/// A macro, or the `caller` of a `call` block, with the variables in sight where it was defined.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class Macro: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are; unchecked because an instance is not: a rendering and all that it makes
    // stay on one thread.
    private let definition: MacroDefinition
    private let visible: [(symbol: Symbol, value: TemplateValue)]
    private let instance: TemplateInstance
    private let tree: SyntaxTree
    private let autoescape: Bool

    private static let varargs = Symbol("varargs")
    private static let kwargs = Symbol("kwargs")
    private static let caller = Symbol("caller")

    init(_ definition: MacroDefinition, rendering: Rendering) {
        self.definition = definition
        visible = rendering.visibleLocals
        instance = rendering.instance
        tree = rendering.tree
        autoescape = rendering.autoescape
    }

    let typeName = "Macro"
    let isCallable = true
    var text: String { "<Macro '\(definition.name)'>" }

    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "name": .string(definition.name)
        case "arguments": .tuple(definition.parameters.map { .string($0.name) })
        case "catch_kwargs": .bool(definition.usesKwargs)
        case "catch_varargs": .bool(definition.usesVarargs)
        case "caller": .bool(definition.usesCaller)
        default: nil
        }
    }

    func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        let parameters = definition.parameters
        guard arguments.positional.count <= parameters.count || definition.usesVarargs else {
            throw TemplateError(.value, "macro '\(definition.name)' takes not more than \(parameters.count) argument(s)")
        }
        var values: [TemplateValue?] = arguments.positional.prefix(parameters.count).map { $0 }
        values += [TemplateValue?](repeating: nil, count: parameters.count - values.count)
        var extra = TemplateMap()
        var caller: TemplateValue?
        for (name, value) in arguments.named {
            if let index = parameters.firstIndex(where: { $0.name == name }) {
                guard values[index] == nil else { throw TemplateError(.value, "macro '\(definition.name)' got the argument '\(name)' twice") }
                values[index] = value
            } else if name == "caller", definition.usesCaller {
                caller = value
            } else if definition.usesKwargs {
                extra[name] = value
            } else if name == "caller" {
                throw TemplateError(
                    .value, "macro '\(definition.name)' was invoked with a call block but does not use 'caller'")
            } else {
                throw TemplateError(.value, "macro '\(definition.name)' takes no keyword argument '\(name)'")
            }
        }
        let text = try rendering.capture { () throws(TemplateError) in
            try rendering.isolated(visible, instance: instance, tree: tree) { () throws(TemplateError) in
                let saved = rendering.autoescape
                rendering.autoescape = autoescape
                defer { rendering.autoescape = saved }
                if !visible.isEmpty { rendering.locals.append((Symbol(definition.name), .object(self))) }
                if definition.usesCaller { rendering.locals.append((Self.caller, caller ?? .undefined(.other("No caller defined")))) }
                if definition.usesKwargs { rendering.locals.append((Self.kwargs, .map(extra))) }
                if definition.usesVarargs {
                    rendering.locals.append((Self.varargs, .tuple(Array(arguments.positional.dropFirst(parameters.count)))))
                }
                for (parameter, value) in zip(parameters, values) {
                    if let value {
                        rendering.locals.append((parameter.symbol, value))
                    } else if let defaultValue = parameter.defaultValue {
                        rendering.locals.append((parameter.symbol, try rendering.evaluate(defaultValue)))
                    } else if parameter.name != "caller" || caller == nil {
                        rendering.locals.append((parameter.symbol, .undefined(.other("parameter '\(parameter.name)' was not provided"))))
                    }
                }
                _ = try rendering.execute(definition.body)
            }
        }
        return rendering.captured(text)
    }
}

/// An object whose attributes `set` may change: `namespace(count=0)`.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class Namespace: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are, unchecked because it is changed: a rendering and all that it makes stay on
    // one thread.
    private var attributes: TemplateMap

    init(_ attributes: TemplateMap) { self.attributes = attributes }

    let typeName = "Namespace"

    /// How many namespaces are being written around this one.
    @TaskLocal private static var depth = 0

    /// Namespaces may hold one another, and themselves: what lies deeper than anyone reads is left out.
    var text: String {
        if Self.depth == 3 { return "<Namespace {...}>" }
        return Self.$depth.withValue(Self.depth + 1) { "<Namespace \(TemplateValue.map(attributes).representation)>" }
    }

    func attribute(_ name: String) -> TemplateValue? { attributes[name] }
    func set(_ name: String, _ value: TemplateValue) { attributes[name] = value }
}
