/// Jinja's global functions.
enum BuiltInFunctions {
    /// The longest list that `range` makes, as in Jinja's sandbox.
    static let maximumRange = 100_000

    static let all: [String: TemplateValue] = [
        "range": .function(
            TemplateFunction("range") { (arguments, rendering) throws(TemplateError) in
                guard arguments.named.isEmpty, (1...3).contains(arguments.positional.count) else {
                    throw TemplateError(.value, "range expects 1 to 3 positional arguments")
                }
                var bounds: [Int] = []
                for value in arguments.positional {
                    guard let bound = value.exactInteger else {
                        throw TemplateError(.value, "'\(value.typeName)' object cannot be interpreted as an integer")
                    }
                    bounds.append(bound)
                }
                let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
                let step = bounds.count == 3 ? bounds[2] : 1
                guard step != 0 else { throw TemplateError(.value, "range() arg 3 must not be zero") }
                let (span, overflow) = stop.subtractingReportingOverflow(start)
                guard !overflow, span.magnitude / step.magnitude <= maximumRange else {
                    throw TemplateError(.limit, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(maximumRange)).")
                }
                try rendering.spend(Int(span.magnitude / step.magnitude))
                return .list(stride(from: start, to: stop, by: step).map { .integer($0) })
            }),
        "dict": .function(
            TemplateFunction("dict") { (arguments, rendering) throws(TemplateError) in
                .map(try map(arguments, rendering, of: "dict"))
            }),
        "namespace": .function(
            TemplateFunction("namespace") { (arguments, rendering) throws(TemplateError) in
                .object(Namespace(try map(arguments, rendering, of: "namespace")))
            }),
        "cycler": .function(
            TemplateFunction("cycler") { (arguments, _) throws(TemplateError) in
                guard !arguments.positional.isEmpty else { throw TemplateError(.value, "at least one item has to be provided") }
                return .object(Cycler(arguments.positional))
            }),
        "joiner": .function(
            TemplateFunction("joiner") { (arguments, _) throws(TemplateError) in
                .object(Joiner(try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .string(", ")))
            }),
    ]

    private static func map(_ arguments: TemplateArguments, _ rendering: Rendering, of name: String) throws(TemplateError) -> TemplateMap {
        var map = TemplateMap()
        switch arguments.positional.first {
        case nil: break
        case .map(let first): map = first
        case let first?:
            for pair in try rendering.elements(of: first) {
                guard let pair = pair.sequence, pair.count == 2 else { throw TemplateError(.value, "'\(name)' takes a mapping or a list of pairs") }
                try rendering.requireHashable(pair[0])
                map[pair[0]] = pair[1]
            }
        }
        for (key, value) in arguments.named { map[key] = value }
        return map
    }
}

/// `cycler("odd", "even")`
///
/// Belongs to the rendering that made it, which runs on one thread.
final class Cycler: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are, unchecked because it is changed: a rendering and all that it makes stay on
    // one thread.
    private let items: [TemplateValue]
    private var position = 0

    init(_ items: [TemplateValue]) { self.items = items }

    let typeName = "Cycler"

    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "current": items[position]
        case "next":
            .function(
                TemplateFunction("next") { [self] (_, _) throws(TemplateError) in
                    defer { position = (position + 1) % items.count }
                    return items[position]
                })
        case "reset":
            .function(
                TemplateFunction("reset") { [self] (_, _) throws(TemplateError) in
                    position = 0
                    return .none
                })
        default: nil
        }
    }
}

/// `joiner(", ")`: nothing the first time, the separator afterwards.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class Joiner: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are, unchecked because it is changed: a rendering and all that it makes stay on
    // one thread.
    private let separator: TemplateValue
    private var isUsed = false

    init(_ separator: TemplateValue) { self.separator = separator }

    let typeName = "Joiner"
    let isCallable = true
    func attribute(_ name: String) -> TemplateValue? { nil }

    func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        defer { isUsed = true }
        return isUsed ? separator : .string("")
    }
}
