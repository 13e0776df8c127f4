/// JSON as Python's `json.dumps` writes it.
struct JSONText {
    var ascii = false
    var sortsKeys = false
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    /// Escapes `<`, `>`, `&` and `'`, for use in HTML.
    var isHTML = false
    private var output: [UInt8] = []

    static func filter(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        var writer = JSONText()
        switch rendering.environment.jsonStyle {
        case .html:
            let values = try arguments.bound(to: ["indent"], of: "tojson")
            (writer.ascii, writer.sortsKeys, writer.isHTML) = (true, true, true)
            writer.setIndent(values[0])
        case .plain:
            let values = try arguments.bound(to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
            writer.ascii = values[0].isTrue
            writer.setIndent(values[1])
            if let pair = values[2]?.sequence, pair.count == 2 { (writer.itemSeparator, writer.keySeparator) = (pair[0].text, pair[1].text) }
            writer.sortsKeys = values[3].isTrue
        }
        try writer.write(value, depth: 0, rendering)
        let text = String(decoding: writer.output, as: UTF8.self)
        return writer.isHTML ? .safe(text) : .string(text)
    }

    private mutating func setIndent(_ value: TemplateValue?) {
        guard let value, !value.isNone else { return }
        indent = value.stringValue ?? String(repeating: " ", count: min(max(value.exactInteger ?? 0, 0), 100))
        itemSeparator = ","
    }

    private mutating func write(_ value: TemplateValue, depth: Int, _ rendering: Rendering) throws(TemplateError) {
        try rendering.spend()
        guard depth <= rendering.environment.limits.depth else { throw TemplateError(.limit, "a value nested too deep for JSON") }
        guard output.count <= rendering.environment.limits.outputBytes else {
            throw TemplateError(.limit, "a text of more than \(rendering.environment.limits.outputBytes) bytes")
        }
        switch value {
        case .none: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .double(let value):
            output += (value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonNumber.text(value)).utf8
        case .string(let text), .safe(let text): write(text)
        case .list(let elements), .tuple(let elements):
            try list("[", elements, "]", depth, rendering) { (writer, element) throws(TemplateError) in
                try writer.write(element, depth: depth + 1, rendering)
            }
        case .map(let map):
            var members = Array(map)
            if sortsKeys {
                let keys = try TemplateValue.sorted(map.keys, reverse: false) { $0 }
                members = keys.map { ($0, map[$0] ?? .none) }
            }
            try list("{", members, "}", depth, rendering) { (writer, member) throws(TemplateError) in
                switch member.key {
                case .string(let key), .safe(let key): writer.write(key)
                case .none: writer.write("null")
                case .bool(let key): writer.write(key ? "true" : "false")
                case .integer, .double: writer.write(member.key.text)
                default: throw TemplateError(.value, "keys must be str, int, float, bool or None, not \(member.key.typeName)")
                }
                writer.output += writer.keySeparator.utf8
                try writer.write(member.value, depth: depth + 1, rendering)
            }
        case .undefined, .function, .object:
            throw TemplateError(.value, "Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func list<Element>(
        _ open: String, _ elements: [Element], _ close: String, _ depth: Int, _ rendering: Rendering,
        write: (inout JSONText, Element) throws(TemplateError) -> Void
    ) throws(TemplateError) {
        output += open.utf8
        for (i, element) in elements.enumerated() {
            if i > 0 { output += itemSeparator.utf8 }
            newLine(depth + 1)
            try write(&self, element)
        }
        if !elements.isEmpty { newLine(depth) }
        output += close.utf8
    }

    private mutating func newLine(_ depth: Int) {
        guard let indent else { return }
        output.append(0x0A)
        for _ in 0..<depth { output += indent.utf8 }
    }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\"".utf8
            case "\\": output += "\\\\".utf8
            case "\n": output += "\\n".utf8
            case "\r": output += "\\r".utf8
            case "\t": output += "\\t".utf8
            case "\u{8}": output += "\\b".utf8
            case "\u{C}": output += "\\f".utf8
            case "<", ">", "&", "'":
                if isHTML { escape(scalar.value) } else { output.append(UInt8(truncatingIfNeeded: scalar.value)) }
            default:
                if scalar.value < 0x20 || (scalar.value > 0x7E && ascii) {
                    if scalar.value > 0xFFFF {
                        escape(0xD800 + (scalar.value - 0x10000) >> 10)
                        escape(0xDC00 + (scalar.value - 0x10000) & 0x3FF)
                    } else if scalar.value == 0x7F {
                        output.append(0x7F)
                    } else {
                        escape(scalar.value)
                    }
                } else {
                    output += Array(String(scalar).utf8)
                }
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ unit: UInt32) { output += ("\\u" + TemplateValue.hexadecimal(unit, 4)).utf8 }
}
