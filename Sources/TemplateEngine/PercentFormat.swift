internal import Groundwork

/// `text % values`, as Python's `str` formats it.
enum PercentFormat {
    static func format(_ text: String, _ value: TemplateValue, escaping: Bool, _ rendering: Rendering) throws(TemplateError) -> String {
        let scalars = Array(text.unicodeScalars)
        var arguments = if case .tuple(let elements) = value { elements[...] } else { [value][...] }
        var usedMap = false
        var result = ""
        var i = 0
        func next() throws(TemplateError) -> TemplateValue {
            guard let first = arguments.popFirst() else { throw TemplateError(.value, "not enough arguments for format string") }
            return first
        }
        while i < scalars.count {
            guard scalars[i] == "%" else {
                result.unicodeScalars.append(scalars[i])
                i += 1
                continue
            }
            i += 1
            var spec = FormatSpec()
            var mapped: TemplateValue?
            if i < scalars.count, scalars[i] == "(" {
                guard let close = scalars[i...].firstIndex(of: ")") else { throw TemplateError(.value, "incomplete format key") }
                var key = String.UnicodeScalarView()
                key.append(contentsOf: scalars[(i + 1)..<close])
                guard case .map(let map) = value else { throw TemplateError(.value, "format requires a mapping") }
                guard let found = map[String(key)] else { throw TemplateError(.value, "the mapping has no key '\(String(key))'") }
                mapped = found
                usedMap = true
                i = close + 1
            }
            flags: while i < scalars.count {
                switch scalars[i] {
                case "-": spec.align = "<"
                case "0": spec.zero = true
                case "+", " ": spec.sign = spec.sign == "+" ? "+" : scalars[i]
                case "#": spec.alternate = true
                default: break flags
                }
                i += 1
            }
            if i < scalars.count, scalars[i] == "*" {
                let width = try next().exactInteger ?? 0
                if width < 0 { spec.align = "<" }
                spec.width = Int(clamping: width.magnitude)
                i += 1
            } else {
                spec.width = FormatSpec.number(scalars, &i) ?? 0
            }
            if i < scalars.count, scalars[i] == "." {
                i += 1
                spec.precision = FormatSpec.number(scalars, &i) ?? 0
            }
            while i < scalars.count, "hlL".unicodeScalars.contains(scalars[i]) { i += 1 }
            guard i < scalars.count else { throw TemplateError(.value, "incomplete format") }
            let conversion = scalars[i]
            i += 1
            if conversion == "%" {
                result += "%"
                continue
            }
            let argument = if let mapped { mapped } else { try next() }
            var piece: String
            switch conversion {
            case "s", "r", "a":
                piece = conversion == "s" ? argument.text : argument.representation
                if let precision = spec.precision { piece = String(String.UnicodeScalarView(piece.unicodeScalars.prefix(precision))) }
                if escaping { piece = conversion == "s" ? argument.html : escaped(piece, .markupSafe) }
                spec.zero = false
                piece = try spec.padded(piece, rendering, default: ">")
            case "c":
                piece = argument.exactInteger.flatMap { UInt32(exactly: $0) }.flatMap(Unicode.Scalar.init).map { String($0) } ?? argument.text
                piece = try spec.padded(piece, rendering, default: ">")
            case "d", "i", "u", "x", "X", "o":
                guard let number = argument.number else {
                    throw TemplateError(.value, "%\(conversion) format: a real number is required, not \(argument.typeName)")
                }
                guard let integer = argument.exactInteger ?? Int(exactly: number.rounded(.towardZero)) else {
                    throw TemplateError(.value, "cannot convert \(argument.text) to an integer")
                }
                spec.type = "diu".unicodeScalars.contains(conversion) ? "d" : conversion
                spec.minimumDigits = spec.precision
                spec.precision = nil
                piece = try spec.formatted(.integer(integer), rendering)
            case "e", "E", "f", "F", "g", "G":
                guard let number = argument.number else {
                    throw TemplateError(.value, "must be real number, not \(argument.typeName)")
                }
                spec.type = conversion
                piece = try spec.formatted(.double(number), rendering)
            default: throw TemplateError(.value, "unsupported format character '\(conversion)'")
            }
            try rendering.spend(bytes: piece.utf8.count)
            result += piece
        }
        if !usedMap, !arguments.isEmpty {
            if case .map = value { return result }
            throw TemplateError(.value, "not all arguments converted during string formatting")
        }
        return result
    }
}
