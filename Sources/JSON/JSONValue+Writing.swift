extension JSONValue {
    /// How a value is laid out as text.
    public enum Layout: Sendable, Hashable {
        /// Without any space.
        case compact
        /// A line for each member and element, indented by this many spaces a level.
        case indented(Int)
    }

    /// The value as JSON text; members keep their order. Numbers that JSON cannot hold become null.
    public func text(_ layout: Layout = .compact) -> String {
        var output: [UInt8] = []
        write(into: &output, layout: layout, depth: 0)
        return String(decoding: output, as: UTF8.self)
    }

    private func write(into output: inout [UInt8], layout: Layout, depth: Int) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .number(let value):
            // Swift prints the shortest decimal that reads back as the same number.
            output += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): Self.write(value, into: &output)
        case .array(let elements):
            Self.writeList("[", elements, "]", into: &output, layout: layout, depth: depth) { element, output in
                element.write(into: &output, layout: layout, depth: depth + 1)
            }
        case .object(let members):
            Self.writeList("{", Array(members), "}", into: &output, layout: layout, depth: depth) { member, output in
                Self.write(member.key, into: &output)
                output += (layout == .compact ? ":" : ": ").utf8
                member.value.write(into: &output, layout: layout, depth: depth + 1)
            }
        }
    }

    private static func writeList<Element>(
        _ opening: String, _ elements: [Element], _ closing: String,
        into output: inout [UInt8], layout: Layout, depth: Int,
        write: (Element, inout [UInt8]) -> Void
    ) {
        output += opening.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            newLine(into: &output, layout: layout, depth: depth + 1)
            write(element, &output)
        }
        if !elements.isEmpty { newLine(into: &output, layout: layout, depth: depth) }
        output += closing.utf8
    }

    private static func newLine(into output: inout [UInt8], layout: Layout, depth: Int) {
        guard case .indented(let width) = layout else { return }
        output.append(0x0A)
        output += [UInt8](repeating: 0x20, count: depth * width)
    }

    private static func write(_ text: String, into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output += #"\""#.utf8
            case UInt8(ascii: "\\"): output += #"\\"#.utf8
            case 0x0A: output += #"\n"#.utf8
            case 0x0D: output += #"\r"#.utf8
            case 0x09: output += #"\t"#.utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                output += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension JSONValue {
    /// The value with the members of all its objects in the order of their names.
    package var sorted: JSONValue {
        switch self {
        case .array(let values): .array(values.map(\.sorted))
        case .object(let members):
            .object(members.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = $1.value.sorted })
        case .null, .bool, .integer, .number, .string: self
        }
    }
}
