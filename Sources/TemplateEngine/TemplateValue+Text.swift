extension TemplateValue {
    /// Python's `str(value)`.
    public var text: String {
        switch self {
        case .string(let text), .safe(let text): return text
        case .undefined: return ""
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .integer(let value): return String(value)
        case .double(let value): return PythonNumber.text(value)
        case .object(let object): return object.text
        case .function(let function): return "<function \(function.name)>"
        case .list, .tuple, .map:
            var output = ""
            appendRepresentation(to: &output, depth: 0)
            return output
        }
    }

    /// Python's `repr(value)`.
    public var representation: String {
        var output = ""
        appendRepresentation(to: &output, depth: 0)
        return output
    }

    private func appendRepresentation(to output: inout String, depth: Int) {
        // Values are trees, so this ends; very deep ones are cut short rather than exhausting the stack.
        guard depth < 200 else {
            output += "..."
            return
        }
        switch self {
        case .string(let text): Self.quote(text, into: &output)
        case .safe(let text):
            output += "Markup("
            Self.quote(text, into: &output)
            output += ")"
        case .undefined: output += "Undefined"
        case .list(let elements): Self.join(elements, "[", "]", &output, depth)
        case .tuple(let elements): Self.join(elements, "(", elements.count == 1 ? ",)" : ")", &output, depth)
        case .map(let map):
            output += "{"
            for (i, (key, value)) in map.enumerated() {
                if i > 0 { output += ", " }
                key.appendRepresentation(to: &output, depth: depth + 1)
                output += ": "
                value.appendRepresentation(to: &output, depth: depth + 1)
            }
            output += "}"
        default: output += text
        }
    }

    private static func join(_ elements: [TemplateValue], _ open: String, _ close: String, _ output: inout String, _ depth: Int) {
        output += open
        for (i, element) in elements.enumerated() {
            if i > 0 { output += ", " }
            element.appendRepresentation(to: &output, depth: depth + 1)
        }
        output += close
    }

    private static func quote(_ text: String, into output: inout String) {
        let quote: Unicode.Scalar = text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        output.unicodeScalars.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\":
                output += "\\"
                output.unicodeScalars.append(scalar)
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    output += "\\x" + Self.hexadecimal(scalar.value, 2)
                } else if scalar.value < 0x7F || Self.isPrintable(scalar) {
                    output.unicodeScalars.append(scalar)
                } else if scalar.value <= 0xFF {
                    output += "\\x" + Self.hexadecimal(scalar.value, 2)
                } else if scalar.value <= 0xFFFF {
                    output += "\\u" + Self.hexadecimal(scalar.value, 4)
                } else {
                    output += "\\U" + Self.hexadecimal(scalar.value, 8)
                }
            }
        }
        output.unicodeScalars.append(quote)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }

    static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
