/// Filters that apply other filters and tests: `map`, `select` and their kin, `default`, `attr`.
enum SelectionFilters {
    static let all: [String: TemplateFilter] = [
        "default": defaultValue, "d": defaultValue,
        "attr": { (value, arguments, rendering) throws(TemplateError) in
            let name = try arguments.bound(to: ["name"], required: 1, of: "attr")[0].text(or: "", "name")
            if case .map(let map) = value, !Methods.maps.contains(name) {
                _ = map
                return .undefined(.attribute(name, of: "dict object"))
            }
            return try rendering.attribute(name, of: value)
        },
        "map": { (value, arguments, rendering) throws(TemplateError) in
            let elements = try rendering.elements(of: value)
            var result: [TemplateValue] = []
            result.reserveCapacity(elements.count)
            if arguments.positional.isEmpty {
                guard let path = arguments.value(0, "attribute") else { throw TemplateError(.value, "map requires a filter argument") }
                let fallback = arguments.named.first { $0.name == "default" }?.value
                for element in elements { result.append(try BuiltInFilters.path(path, of: element, default: fallback, rendering)) }
                return .list(result)
            }
            let name = arguments.positional[0].text
            guard let filter = rendering.environment.filter(named: name) else { throw rendering.environment.unknownFilter(name) }
            let rest = TemplateArguments(Array(arguments.positional.dropFirst()), named: arguments.named)
            for element in elements {
                try rendering.spend()
                result.append(try filter(element, rest, rendering))
            }
            return .list(result)
        },
        "select": { (value, arguments, rendering) throws(TemplateError) in try select(value, arguments, rendering, keeps: true, byAttribute: false) },
        "reject": { (value, arguments, rendering) throws(TemplateError) in try select(value, arguments, rendering, keeps: false, byAttribute: false)
        },
        "selectattr": { (value, arguments, rendering) throws(TemplateError) in try select(value, arguments, rendering, keeps: true, byAttribute: true)
        },
        "rejectattr": { (value, arguments, rendering) throws(TemplateError) in
            try select(value, arguments, rendering, keeps: false, byAttribute: true)
        },
    ]

    private static let defaultValue: TemplateFilter = { (value, arguments, _) throws(TemplateError) in
        let values = try arguments.bound(to: ["default_value", "boolean"], of: "default")
        return value.isUndefined || (values[1].isTrue && !value.isTrue) ? values[0] ?? .string("") : value
    }

    private static func select(
        _ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering, keeps: Bool, byAttribute: Bool
    ) throws(TemplateError) -> TemplateValue {
        var positional = arguments.positional[...]
        var path: TemplateValue?
        if byAttribute {
            path = positional.popFirst()
            guard path != nil else { throw TemplateError(.value, "the name of an attribute is missing") }
        }
        var test: TemplateTest?
        if let name = positional.popFirst()?.text {
            test = rendering.environment.test(named: name)
            if test == nil { throw rendering.environment.unknownTest(name) }
        }
        let rest = TemplateArguments(Array(positional), named: arguments.named)
        var result: [TemplateValue] = []
        for element in try rendering.elements(of: value) {
            try rendering.spend()
            let subject = if let path { try BuiltInFilters.path(path, of: element, rendering) } else { element }
            let holds = if let test { try test(subject, rest, rendering) } else { try rendering.isTrue(subject) }
            if holds == keeps { result.append(element) }
        }
        return .list(result)
    }
}
