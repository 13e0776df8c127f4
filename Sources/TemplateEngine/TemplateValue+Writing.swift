public import Groundwork
internal import SourceText

extension TemplateValue {
    /// Writes the value so that values with the same bytes look the same to every template.
    ///
    /// - Returns: `false` where bytes cannot say that: functions and objects.
    public func write(into writer: inout ByteWriter) -> Bool {
        switch self {
        case .undefined(let reason): writer.write("u" + reason.message)
        case .none: writer.write("n")
        case .bool(let value): writer.write(value ? "t" : "f")
        case .integer(let value):
            writer.write("i")
            writer.write(value)
        case .double(let value):
            writer.write("d")
            writer.write(value.bitPattern)
        case .string(let text):
            writer.write("s")
            writer.write(text)
        case .safe(let text):
            writer.write("h")
            writer.write(text)
        case .list(let elements): return Self.write(elements, kind: "l", into: &writer)
        case .tuple(let elements): return Self.write(elements, kind: "p", into: &writer)
        case .map(let map): return Self.write(map.keys, kind: "k", into: &writer) && Self.write(map.values, kind: "v", into: &writer)
        case .function, .object: return false
        }
        return true
    }

    private static func write(_ elements: [TemplateValue], kind: String, into writer: inout ByteWriter) -> Bool {
        writer.write(kind)
        writer.write(elements.count)
        for element in elements where !element.write(into: &writer) { return false }
        return true
    }
}
