extension Rendering {
    private static let loopSymbol = Symbol("loop")

    func execute(_ loop: ForLoop) throws(TemplateError) {
        line = loop.line
        let iterable = try evaluate(loop.iterable)
        let visible = loop.isRecursive ? visibleLocals : []
        try run(loop, over: iterable, depth: 0, visible: visible)
    }

    /// One level of a loop; a recursive one comes back here through ``LoopState``.
    func run(_ loop: ForLoop, over iterable: TemplateValue, depth: Int, visible: [(symbol: Symbol, value: TemplateValue)]) throws(TemplateError) {
        line = loop.line
        var elements = try elements(of: iterable)
        if let filter = loop.filter {
            var kept: [TemplateValue] = []
            for element in elements {
                let isKept = try scope { () throws(TemplateError) in
                    try assign(loop.target, element)
                    return try isTrue(try evaluate(filter))
                }
                if isKept { kept.append(element) }
            }
            elements = kept
        }
        if elements.isEmpty {
            try scope { () throws(TemplateError) in _ = try execute(loop.otherwise) }
            return
        }
        let state = loop.usesLoop ? LoopState(loop, elements, depth: depth, visible: visible) : nil
        let saved = (scopeStart, isTopLevel)
        let count = locals.count
        (scopeStart, isTopLevel) = (count, false)
        defer {
            locals.removeLast(locals.count - count)
            (scopeStart, isTopLevel) = saved
        }
        for index in elements.indices {
            try spend()
            locals.removeLast(locals.count - count)
            if let state {
                state.index = index
                locals.append((Self.loopSymbol, .object(state)))
            }
            if case .name(let symbol) = loop.target {
                locals.append((symbol, elements[index]))
            } else {
                try assign(loop.target, elements[index])
            }
            if try execute(loop.body) == .breakLoop { break }
        }
    }

    /// What a `for` goes through.
    func elements(of value: TemplateValue) throws(TemplateError) -> [TemplateValue] {
        switch value {
        case .list(let elements), .tuple(let elements): return elements
        case .map(let map): return map.keys
        case .string(let text), .safe(let text):
            try spend(text.utf8.count)
            return text.unicodeScalars.map { .string(String($0)) }
        case .undefined(let reason):
            if environment.undefined == .strict { throw located(TemplateError(.undefined, reason.message)) }
            return []
        case .object(let object):
            if let elements = object.elements { return elements }
        default: break
        }
        throw located(TemplateError(.value, "'\(value.typeName)' object is not iterable"))
    }
}

/// The `loop` variable.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class LoopState: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are, unchecked because it changes with each round: a rendering and all that it
    // makes stay on one thread.
    private let loop: ForLoop
    private let elementsOfLoop: [TemplateValue]
    private let depth: Int
    private let visible: [(symbol: Symbol, value: TemplateValue)]
    var index = 0
    private var lastChanged: [TemplateValue]?

    init(_ loop: ForLoop, _ elements: [TemplateValue], depth: Int, visible: [(symbol: Symbol, value: TemplateValue)]) {
        self.loop = loop
        elementsOfLoop = elements
        self.depth = depth
        self.visible = visible
    }

    let typeName = "LoopContext"
    var text: String { "<LoopContext \(index + 1)/\(elementsOfLoop.count)>" }
    var isCallable: Bool { loop.isRecursive }

    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "first": .bool(index == 0)
        case "last": .bool(index == elementsOfLoop.count - 1)
        case "length": .integer(elementsOfLoop.count)
        case "revindex": .integer(elementsOfLoop.count - index)
        case "revindex0": .integer(elementsOfLoop.count - index - 1)
        case "depth": .integer(depth + 1)
        case "depth0": .integer(depth)
        case "previtem": index > 0 ? elementsOfLoop[index - 1] : .undefined(.other("there is no previous item"))
        case "nextitem": index + 1 < elementsOfLoop.count ? elementsOfLoop[index + 1] : .undefined(.other("there is no next item"))
        case "cycle": .function(TemplateFunction("cycle") { [self] (arguments, _) throws(TemplateError) in try cycle(arguments) })
        case "changed": .function(TemplateFunction("changed") { [self] (arguments, _) throws(TemplateError) in .bool(changed(arguments)) })
        default: nil
        }
    }

    func cycle(_ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        guard !arguments.positional.isEmpty else { throw TemplateError(.value, "no items for cycling given") }
        return arguments.positional[index % arguments.positional.count]
    }

    func changed(_ arguments: TemplateArguments) -> Bool {
        if lastChanged == arguments.positional { return false }
        lastChanged = arguments.positional
        return true
    }

    /// Goes a level deeper into a recursive loop.
    func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        guard loop.isRecursive else {
            throw TemplateError(
                .value, "only a recursive loop can be called", solutions: ["Write '{% for … recursive %}'."])
        }
        let iterable = try arguments.bound(to: ["iterable"], required: 1, of: "loop")[0] ?? .none
        let text = try rendering.capture { () throws(TemplateError) in
            try rendering.isolated(visible, instance: rendering.instance, tree: rendering.tree) { () throws(TemplateError) in
                try rendering.run(loop, over: iterable, depth: depth + 1, visible: visible)
            }
        }
        return rendering.captured(text)
    }
}
