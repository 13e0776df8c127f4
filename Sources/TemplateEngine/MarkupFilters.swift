internal import Groundwork

/// Filters that make or unmake HTML, URLs and JSON.
enum MarkupFilters {
    static let all: [String: TemplateFilter] = [
        "safe": { (value, _, _) throws(TemplateError) in .safe(value.text) },
        "escape": escape, "e": escape,
        "forceescape": { (value, _, _) throws(TemplateError) in .safe(escaped(value.text, .markupSafe)) },
        "striptags": { (value, _, _) throws(TemplateError) in .string(HTMLText.withoutTags(value.text)) },
        "urlencode": { (value, _, _) throws(TemplateError) in
            switch value {
            case .map(let map): return .string(map.map { URLText.query($0.key) + "=" + URLText.query($0.value) }.joined(separator: "&"))
            case .list(let pairs):
                return .string(pairs.compactMap(\.sequence).map { $0.map(URLText.query).joined(separator: "=") }.joined(separator: "&"))
            default: return .string(URLText.encoded(value.text, keeping: "/"))
            }
        },
        "xmlattr": { (value, arguments, rendering) throws(TemplateError) in
            guard case .map(let map) = value else { throw TemplateError(.value, "'xmlattr' needs a mapping, not \(value.typeName)") }
            var parts: [String] = []
            for (key, value) in map where !value.isNone && !value.isUndefined {
                guard !key.text.unicodeScalars.contains(where: { "/>= \t\n\r\u{B}\u{C}".unicodeScalars.contains($0) }) else {
                    throw TemplateError(.value, "Invalid character in attribute name: \(key.representation)")
                }
                parts.append("\(key.html)=\"\(value.html)\"")
            }
            let space = try arguments.bound(to: ["autospace"], of: "xmlattr")[0].map(\.isTrue) ?? true
            let text = (space && !parts.isEmpty ? " " : "") + parts.joined(separator: " ")
            return rendering.autoescape ? .safe(text) : .string(text)
        },
        "tojson": { (value, arguments, rendering) throws(TemplateError) in try JSONText.filter(value, arguments, rendering) },
        "urlize": { (value, arguments, rendering) throws(TemplateError) in try Urlize.filter(value, arguments, rendering) },
        "pprint": { (value, _, _) throws(TemplateError) in .string(value.representation) },
    ]

    private static let escape: TemplateFilter = { (value, _, _) throws(TemplateError) in .safe(value.html) }
}

enum URLText {
    /// A name or value of a query string: a space is `+`.
    static func query(_ value: TemplateValue) -> String {
        TextSearch.replacing("%20", with: "+", in: encoded(value.text, keeping: ""))
    }

    /// Percent-encoding of UTF-8 (RFC 3986): letters, digits and `_.-~` stay, and what `keeping` has.
    static func encoded(_ text: String, keeping: String) -> String {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "~"):
                result.append(byte)
            default:
                if keeping.utf8.contains(byte) {
                    result.append(byte)
                } else {
                    result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

enum HTMLText {
    /// Text without comments and tags, white space joined, the five basic entities and numeric ones resolved.
    static func withoutTags(_ text: String) -> String {
        var bytes = Array(text.utf8)
        while let open = TextSearch.firstRange(of: Array("<!--".utf8), in: bytes),
            let close = TextSearch.firstRange(of: Array("-->".utf8), in: bytes, from: open.lowerBound)
        {
            bytes.removeSubrange(open.lowerBound..<close.upperBound)
        }
        var kept: [UInt8] = []
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "<"), let close = bytes[i...].firstIndex(of: UInt8(ascii: ">")) {
                i = close + 1
            } else {
                kept.append(bytes[i])
                i += 1
            }
        }
        return unescaped(TextSearch.words(String(decoding: kept, as: UTF8.self)).joined(separator: " "))
    }

    static func unescaped(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "&"), let end = bytes[i...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let scalar = scalar(String(decoding: bytes[(i + 1)..<end], as: UTF8.self))
            {
                result += Array(String(scalar).utf8)
                i = end + 1
            } else {
                result.append(bytes[i])
                i += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func scalar(_ entity: String) -> Unicode.Scalar? {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return "\u{A0}"
        default:
            guard entity.hasPrefix("#") else { return nil }
            let digits = entity.dropFirst()
            let value = digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return value.flatMap(Unicode.Scalar.init)
        }
    }
}
