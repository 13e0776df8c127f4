/// Filters over lists, maps and text as sequences. What Python makes lazily is a list here.
enum SequenceFilters {
    static let all: [String: TemplateFilter] = [
        "length": length, "count": length,
        "first": { (value, _, rendering) throws(TemplateError) in
            try rendering.elements(of: value).first ?? .undefined(.other("No first item, sequence was empty."))
        },
        "last": { (value, _, rendering) throws(TemplateError) in
            try rendering.elements(of: value).last ?? .undefined(.other("No last item, sequence was empty."))
        },
        "random": { (value, _, rendering) throws(TemplateError) in
            try rendering.elements(of: value).randomElement() ?? .undefined(.other("No random item, sequence was empty."))
        },
        "list": { (value, _, rendering) throws(TemplateError) in .list(try rendering.elements(of: value)) },
        "join": { (value, arguments, rendering) throws(TemplateError) in try join(value, arguments, rendering) },
        "reverse": { (value, _, rendering) throws(TemplateError) in
            if let text = value.stringValue { return TextFilters.like(value, String(String.UnicodeScalarView(text.unicodeScalars.reversed()))) }
            return .list(try rendering.elements(of: value).reversed())
        },
        "items": { (value, _, _) throws(TemplateError) in
            switch value {
            case .map(let map): return .list(map.map { .tuple([$0.key, $0.value]) })
            case .undefined: return .list([])
            default: throw TemplateError(.value, "Can only get item pairs from a mapping.")
            }
        },
        "sort": { (value, arguments, rendering) throws(TemplateError) in
            let values = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
            let elements = try rendering.elements(of: value)
            try rendering.spend(elements.count)
            let paths = attributes(values[2])
            return .list(
                try TemplateValue.sorted(elements, reverse: values[0].isTrue) { (element) throws(TemplateError) in
                    guard let paths else { return values[1].isTrue ? element : BuiltInFilters.ignoringCase(element) }
                    var keys: [TemplateValue] = []
                    for path in paths {
                        let key = try BuiltInFilters.path(path, of: element, rendering)
                        keys.append(values[1].isTrue ? key : BuiltInFilters.ignoringCase(key))
                    }
                    return .list(keys)
                })
        },
        "dictsort": { (value, arguments, _) throws(TemplateError) in
            let values = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
            guard case .map(let map) = value else { throw TemplateError(.value, "'\(value.typeName)' object has no items to sort") }
            let by = try values[1].text(or: "key", "by")
            guard by == "key" || by == "value" else { throw TemplateError(.value, "You can only sort by either \"key\" or \"value\"") }
            return .list(
                try TemplateValue.sorted(map.map { .tuple([$0.key, $0.value]) }, reverse: values[2].isTrue) { (pair) throws(TemplateError) in
                    let key = pair.sequence?[by == "key" ? 0 : 1] ?? .none
                    return values[0].isTrue ? key : BuiltInFilters.ignoringCase(key)
                })
        },
        "unique": { (value, arguments, rendering) throws(TemplateError) in
            let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
            var seen: Set<TemplateValue> = []
            var result: [TemplateValue] = []
            for element in try rendering.elements(of: value) {
                let key = try SequenceFilters.key(element, values[1], caseSensitive: values[0].isTrue, rendering)
                if seen.insert(key).inserted { result.append(element) }
            }
            return .list(result)
        },
        "min": { (value, arguments, rendering) throws(TemplateError) in try extreme(value, arguments, rendering, isMaximum: false) },
        "max": { (value, arguments, rendering) throws(TemplateError) in try extreme(value, arguments, rendering, isMaximum: true) },
        "sum": { (value, arguments, rendering) throws(TemplateError) in
            let values = try arguments.bound(to: ["attribute", "start"], of: "sum")
            var total = values[1] ?? .integer(0)
            for element in try rendering.elements(of: value) {
                let part = if let path = values[0], !path.isNone { try BuiltInFilters.path(path, of: element, rendering) } else { element }
                total = try rendering.binary(.add, total, part)
            }
            return total
        },
        "batch": { (value, arguments, rendering) throws(TemplateError) in
            let values = try arguments.bound(to: ["linecount", "fill_with"], required: 1, of: "batch")
            let size = max(1, try values[0].integer(or: 1, "linecount"))
            let elements = try rendering.elements(of: value)
            var rows = stride(from: 0, to: elements.count, by: min(size, max(elements.count, 1))).map {
                Array(elements[$0..<min($0 + min(size, elements.count), elements.count)])
            }
            if let fill = values[1], !fill.isNone, let last = rows.last, last.count < size {
                try rendering.spend(size - last.count)
                rows[rows.count - 1] += [TemplateValue](repeating: fill, count: size - last.count)
            }
            return .list(rows.map { .list($0) })
        },
        "slice": { (value, arguments, rendering) throws(TemplateError) in
            let values = try arguments.bound(to: ["slices", "fill_with"], required: 1, of: "slice")
            let count = try values[0].integer(or: 1, "slices")
            guard count > 0 else { throw TemplateError(.value, "a list is sliced into one part at least") }
            try rendering.spend(count)
            let elements = try rendering.elements(of: value)
            let (size, longer) = (elements.count / count, elements.count % count)
            var start = 0
            var parts: [TemplateValue] = []
            for part in 0..<count {
                let end = start + size + (part < longer ? 1 : 0)
                var slice = Array(elements[start..<end])
                if let fill = values[1], !fill.isNone, part >= longer { slice.append(fill) }
                parts.append(.list(slice))
                start = end
            }
            return .list(parts)
        },
        "groupby": { (value, arguments, rendering) throws(TemplateError) in try groups(value, arguments, rendering) },
    ]

    private static let length: TemplateFilter = { (value, _, rendering) throws(TemplateError) in
        switch value {
        case .string(let text), .safe(let text): return .integer(text.unicodeScalars.count)
        case .list(let elements), .tuple(let elements): return .integer(elements.count)
        case .map(let map): return .integer(map.count)
        case .undefined(let reason):
            if rendering.environment.undefined == .strict { throw TemplateError(.undefined, reason.message) }
            return .integer(0)
        case .object(let object):
            if let elements = object.elements { return .integer(elements.count) }
        default: break
        }
        throw TemplateError(.value, "object of type '\(value.typeName)' has no len()")
    }

    private static func attributes(_ value: TemplateValue?) -> [TemplateValue]? {
        guard let value, !value.isNone else { return nil }
        return value.stringValue.map { TextSearch.split($0, by: ",", limit: -1).map { .string($0) } } ?? [value]
    }

    private static func key(_ element: TemplateValue, _ path: TemplateValue?, caseSensitive: Bool, _ rendering: Rendering) throws(TemplateError)
        -> TemplateValue
    {
        let key = if let path, !path.isNone { try BuiltInFilters.path(path, of: element, rendering) } else { element }
        return caseSensitive ? key : BuiltInFilters.ignoringCase(key)
    }

    private static func extreme(
        _ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering, isMaximum: Bool
    ) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: isMaximum ? "max" : "min")
        var best: (key: TemplateValue, element: TemplateValue)?
        for element in try rendering.elements(of: value) {
            let key = try key(element, values[1], caseSensitive: values[0].isTrue, rendering)
            guard let current = best else {
                best = (key, element)
                continue
            }
            if try isMaximum ? TemplateValue.isLess(current.key, key, ">") : TemplateValue.isLess(key, current.key) { best = (key, element) }
        }
        return best?.element ?? .undefined(.other("No aggregated item, sequence was empty."))
    }

    private static func join(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["d", "attribute"], of: "join")
        let separator = values[0] ?? .string("")
        var elements = try rendering.elements(of: value)
        if let path = values[1], !path.isNone {
            for i in elements.indices { elements[i] = try BuiltInFilters.path(path, of: elements[i], rendering) }
        }
        var isSafe = false
        for part in elements + [separator] { if case .safe = part, rendering.autoescape { isSafe = true } }
        let parts = elements.map { isSafe ? $0.html : $0.text }
        let between = isSafe ? separator.html : separator.text
        let (bytes, overflow) = between.utf8.count.multipliedReportingOverflow(by: parts.count)
        try rendering.spend(bytes: overflow ? .max : bytes)
        try rendering.spend(bytes: parts.reduce(bytes) { $0 + $1.utf8.count })
        let text = parts.joined(separator: between)
        return isSafe ? .safe(text) : .string(text)
    }

    /// A group prints and unpacks as a pair, and has `grouper` and `list`.
    private static func groups(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue
    {
        let values = try arguments.bound(to: ["attribute", "default", "case_sensitive"], required: 1, of: "groupby")
        let path = values[0] ?? .none
        func grouper(_ element: TemplateValue) throws(TemplateError) -> TemplateValue {
            try BuiltInFilters.path(path, of: element, default: values[1], rendering)
        }
        func key(_ element: TemplateValue) throws(TemplateError) -> TemplateValue {
            let key = try grouper(element)
            return values[2].isTrue ? key : BuiltInFilters.ignoringCase(key)
        }
        var groups: [(key: TemplateValue, elements: [TemplateValue])] = []
        for element in try TemplateValue.sorted(rendering.elements(of: value), reverse: false, by: key) {
            let key = try key(element)
            if let last = groups.last, last.key == key {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((key, [element]))
            }
        }
        var result: [TemplateValue] = []
        for group in groups {
            let shown = try group.elements.first.map { (element) throws(TemplateError) in try grouper(element) } ?? group.key
            result.append(.object(Group(grouper: shown, list: group.elements)))
        }
        return .list(result)
    }
}

/// One group of `groupby`.
final class Group: TemplateObject {
    private let grouper: TemplateValue
    private let list: [TemplateValue]

    init(grouper: TemplateValue, list: [TemplateValue]) {
        self.grouper = grouper
        self.list = list
    }

    let typeName = "tuple"
    var text: String { TemplateValue.tuple([grouper, .list(list)]).representation }
    var elements: [TemplateValue]? { [grouper, .list(list)] }

    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "grouper": grouper
        case "list": .list(list)
        default: nil
        }
    }
}
