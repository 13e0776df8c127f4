/// Methods of strings, lists and maps, as Python has them. Those that would change a list or a map are errors, as in the
/// immutable sandbox that chat templates run in.
enum Methods {
    static let maps: Set<String> = [
        "get", "items", "keys", "values", "copy", "pop", "popitem", "update", "clear", "setdefault", "fromkeys",
    ]
    private static let changingMaps: Set<String> = ["pop", "popitem", "update", "clear", "setdefault"]
    private static let lists: Set<String> = [
        "index", "count", "copy", "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort",
    ]
    private static let numbers: Set<String> = ["is_integer", "bit_length", "conjugate"]

    static func has(_ name: String, _ value: TemplateValue) -> Bool {
        switch value {
        case .string, .safe: StringMethods.names.contains(name)
        case .list: lists.contains(name)
        case .tuple: name == "index" || name == "count"
        case .map: maps.contains(name)
        case .integer, .bool, .double: numbers.contains(name)
        default: false
        }
    }

    /// The result of a method; `nil` when the value has no such method.
    static func call(
        _ name: String, on value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering
    ) throws(TemplateError) -> TemplateValue? {
        switch value {
        case .string(let text):
            guard StringMethods.names.contains(name) else { return nil }
            return try StringMethods.call(name, on: text, isSafe: false, arguments, rendering)
        case .safe(let text):
            guard StringMethods.names.contains(name) else { return nil }
            return try StringMethods.call(name, on: text, isSafe: true, arguments, rendering)
        case .map(let map):
            guard maps.contains(name) else { return nil }
            return try call(name, on: map, arguments)
        case .list(let elements), .tuple(let elements):
            guard has(name, value) else { return nil }
            return try call(name, on: elements, arguments)
        case .integer, .bool, .double:
            guard numbers.contains(name) else { return nil }
            switch name {
            case "is_integer": return .bool(value.number.map { $0 == $0.rounded() } ?? false)
            case "bit_length": return .integer(value.exactInteger.map { Int.bitWidth - $0.magnitude.leadingZeroBitCount } ?? 0)
            default: return value
            }
        default: return nil
        }
    }

    private static func call(_ name: String, on map: TemplateMap, _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        switch name {
        case "get":
            let values = try arguments.bound(to: ["key", "default"], required: 1, of: "get")
            return values[0].flatMap { map[$0] } ?? values[1] ?? .none
        case "items": return .list(map.map { .tuple([$0.key, $0.value]) })
        case "keys": return .list(map.keys)
        case "values": return .list(map.values)
        case "copy": return .map(map)
        default: throw immutable(name, "dict", "Merge maps with 'dict(a, **b)'.")
        }
    }

    private static func call(_ name: String, on elements: [TemplateValue], _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        switch name {
        case "copy": return .list(elements)
        case "count":
            let element = try arguments.bound(to: ["value"], required: 1, of: name)[0] ?? .none
            return .integer(elements.count { $0 == element })
        case "index":
            let element = try arguments.bound(to: ["value"], required: 1, of: name)[0] ?? .none
            guard let index = elements.firstIndex(of: element) else { throw TemplateError(.value, "\(element.representation) is not in list") }
            return .integer(index)
        default: throw immutable(name, "list", "Make a new list: '{% set items = items + [item] %}', in a loop on a 'namespace'.")
        }
    }

    private static func immutable(_ name: String, _ type: String, _ solution: String) -> TemplateError {
        TemplateError(
            .value, "access to attribute '\(name)' of '\(type)' object is unsafe: templates do not change their values", solutions: [solution])
    }
}
