/// HTML escaping as MarkupSafe does it: `&`, `<`, `>`, `'`, `"`.
enum Escaping {
    static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for i in 0..<bytes.count {
                guard let entity = entity(bytes[i]) else { continue }
                output.append(contentsOf: bytes[start..<i])
                entity.withUTF8Buffer { output.append(contentsOf: $0) }
                start = i + 1
            }
            output.append(contentsOf: bytes[start...])
        }
    }

    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { entity($0) != nil }) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + 16)
        append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @inline(__always)
    private static func entity(_ byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "'"): "&#39;"
        case UInt8(ascii: "\""): "&#34;"
        default: nil
        }
    }
}

extension TemplateValue {
    /// The value as HTML: safe text as it is, everything else escaped.
    var html: String {
        if case .safe(let text) = self { text } else { Escaping.escaped(text) }
    }
}
