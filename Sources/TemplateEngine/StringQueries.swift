/// The methods of `str` that search, ask and pad.
enum StringQueries {
    static func call(
        _ name: String, on text: String, isSafe: Bool, _ arguments: TemplateArguments, _ rendering: Rendering
    ) throws(TemplateError) -> TemplateValue? {
        func result(_ text: String) -> TemplateValue { isSafe ? .safe(text) : .string(text) }
        func argument(_ parameter: String) throws(TemplateError) -> String {
            try arguments.bound(to: [parameter], required: 1, of: name)[0].text(or: "", parameter)
        }
        let scalars = text.unicodeScalars
        switch name {
        case "startswith", "endswith": return .bool(try affix(name, text, arguments))
        case "find", "index", "rfind", "rindex", "count": return try search(name, text, arguments)
        case "removeprefix":
            let prefix = try argument("prefix")
            return result(hasPrefix(text, prefix) ? String(decoding: Array(text.utf8).dropFirst(prefix.utf8.count), as: UTF8.self) : text)
        case "removesuffix":
            let suffix = try argument("suffix")
            return result(
                hasSuffix(text, suffix) && !suffix.isEmpty ? String(decoding: Array(text.utf8).dropLast(suffix.utf8.count), as: UTF8.self) : text)
        case "partition", "rpartition":
            let separator = try argument("sep")
            guard !separator.isEmpty else { throw TemplateError(.value, "empty separator") }
            let bytes = Array(text.utf8)
            let range =
                name == "partition"
                ? TextSearch.firstRange(of: Array(separator.utf8), in: bytes) : TextSearch.lastRange(of: Array(separator.utf8), in: bytes)
            guard let range else {
                return .tuple(name == "partition" ? [result(text), result(""), result("")] : [result(""), result(""), result(text)])
            }
            return .tuple([
                result(String(decoding: bytes[..<range.lowerBound], as: UTF8.self)), result(separator),
                result(String(decoding: bytes[range.upperBound...], as: UTF8.self)),
            ])
        case "ljust", "rjust", "center":
            let values = try arguments.bound(to: ["width", "fillchar"], required: 1, of: name)
            let fill = try values[1].text(or: " ", "fillchar")
            guard fill.unicodeScalars.count == 1 else { throw TemplateError(.value, "the fill character must be exactly one character long") }
            return result(try pad(text, width: values[0].integer(or: 0, "width"), fill: fill, name, rendering))
        case "zfill":
            let width = try arguments.bound(to: ["width"], required: 1, of: name)[0].integer(or: 0, "width")
            let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
            let digits = String(text.dropFirst(sign.count))
            return result(sign + (try pad(digits, width: width - sign.count, fill: "0", "rjust", rendering)))
        case "expandtabs":
            let size = try arguments.bound(to: ["tabsize"], of: name)[0].integer(or: 8, "tabsize")
            return result(try expandTabs(text, size, rendering))
        case "isspace": return .bool(!scalars.isEmpty && scalars.allSatisfy(PythonText.isSpace))
        case "isalpha": return .bool(!scalars.isEmpty && scalars.allSatisfy(PythonText.isLetter))
        case "isalnum": return .bool(!scalars.isEmpty && scalars.allSatisfy(PythonText.isAlphanumeric))
        case "isascii": return .bool(text.utf8.allSatisfy { $0 < 0x80 })
        case "isdecimal": return .bool(!scalars.isEmpty && scalars.allSatisfy(PythonText.isDecimalDigit))
        case "isdigit":
            return .bool(!scalars.isEmpty && scalars.allSatisfy { $0.properties.numericType == .decimal || $0.properties.numericType == .digit })
        case "isnumeric": return .bool(!scalars.isEmpty && scalars.allSatisfy { $0.properties.numericType != nil })
        case "islower": return .bool(scalars.contains(where: PythonText.isLower) && !scalars.contains(where: PythonText.isUpper))
        case "isupper": return .bool(scalars.contains(where: PythonText.isUpper) && !scalars.contains(where: PythonText.isLower))
        case "istitle": return .bool(isTitle(text))
        default: return nil
        }
    }

    static func hasPrefix(_ text: String, _ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    private static func affix(_ name: String, _ text: String, _ arguments: TemplateArguments) throws(TemplateError) -> Bool {
        let values = try arguments.bound(to: ["prefix", "start", "end"], required: 1, of: name)
        var text = text
        if values[1] != nil || values[2] != nil {
            let scalars = Array(text.unicodeScalars)
            let start = values[1].flatMap(\.exactInteger)
            let end = values[2].flatMap(\.exactInteger)
            var view = String.UnicodeScalarView()
            for position in try Slicing.positions(scalars.count, start, end, nil) { view.append(scalars[position]) }
            text = String(view)
        }
        let value = values[0] ?? .none
        guard let candidates = value.sequence ?? (value.stringValue == nil ? nil : [value]) else {
            throw TemplateError(.value, "\(name) first arg must be str or a tuple of str, not \(value.typeName)")
        }
        return candidates.contains { candidate in
            candidate.stringValue.map { name == "startswith" ? hasPrefix(text, $0) : hasSuffix(text, $0) } ?? false
        }
    }

    private static func search(_ name: String, _ text: String, _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["sub", "start", "end"], required: 1, of: name)
        let part = Array(try values[0].text(or: "", "sub").unicodeScalars)
        let scalars = Array(text.unicodeScalars)
        let range = try Slicing.positions(scalars.count, values[1].flatMap(\.exactInteger), values[2].flatMap(\.exactInteger), nil)
        let start = range.first { _ in true } ?? scalars.count
        let end = start + range.underestimatedCount
        func matches(_ at: Int) -> Bool { at + part.count <= end && scalars[at..<at + part.count].elementsEqual(part) }
        let places = start...max(start, end - part.count)
        if name == "count" {
            if part.isEmpty { return .integer(end - start + 1) }
            var (count, at) = (0, start)
            while at + part.count <= end {
                if matches(at) {
                    count += 1
                    at += part.count
                } else {
                    at += 1
                }
            }
            return .integer(count)
        }
        let found = name.hasPrefix("r") ? places.last(where: matches) : places.first(where: matches)
        if let found { return .integer(found) }
        if name.hasSuffix("index") { throw TemplateError(.value, "substring not found") }
        return .integer(-1)
    }

    static func pad(_ text: String, width: Int, fill: String, _ side: String, _ rendering: Rendering) throws(TemplateError) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let (bytes, overflow) = missing.multipliedReportingOverflow(by: fill.utf8.count)
        try rendering.spend(bytes: overflow ? .max : bytes)
        switch side {
        case "ljust": return text + String(repeating: fill, count: missing)
        case "rjust": return String(repeating: fill, count: missing) + text
        default:
            // Python puts the odd one to the left only when the width is odd.
            let left = missing / 2 + (missing & width & 1)
            return String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left)
        }
    }

    private static func expandTabs(_ text: String, _ size: Int, _ rendering: Rendering) throws(TemplateError) -> String {
        var result = ""
        var column = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t":
                guard size > 0 else { continue }
                let width = size - column % size
                try rendering.spend(bytes: width)
                result += String(repeating: " ", count: width)
                column += width
            case "\n", "\r":
                result.unicodeScalars.append(scalar)
                column = 0
            default:
                result.unicodeScalars.append(scalar)
                column += 1
            }
        }
        return result
    }

    private static func isTitle(_ text: String) -> Bool {
        var wasCased = false
        var anyCased = false
        for scalar in text.unicodeScalars {
            if PythonText.isUpper(scalar) {
                if wasCased { return false }
                (wasCased, anyCased) = (true, true)
            } else if PythonText.isLower(scalar) {
                if !wasCased { return false }
            } else {
                wasCased = false
            }
        }
        return anyCased
    }
}
