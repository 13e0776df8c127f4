internal import Groundwork

/// Python's format specification: `[[fill]align][sign][#][0][width][,][.precision][type]`.
struct FormatSpec {
    var fill: Unicode.Scalar = " "
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var alternate = false
    var zero = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var minimumDigits: Int?
    var type: Unicode.Scalar?

    init() {}

    init(parsing text: String) throws(TemplateError) {
        let scalars = Array(text.unicodeScalars)
        var i = 0
        let aligns: [Unicode.Scalar] = ["<", ">", "^", "="]
        if scalars.count > 1, aligns.contains(scalars[1]) {
            (fill, align, i) = (scalars[0], scalars[1], 2)
        } else if let first = scalars.first, aligns.contains(first) {
            (align, i) = (first, 1)
        }
        if i < scalars.count, ["+", "-", " "].contains(scalars[i]) {
            sign = scalars[i]
            i += 1
        }
        if i < scalars.count, scalars[i] == "#" {
            alternate = true
            i += 1
        }
        if i < scalars.count, scalars[i] == "0" {
            zero = true
            i += 1
        }
        width = Self.number(scalars, &i) ?? 0
        if i < scalars.count, scalars[i] == "," || scalars[i] == "_" {
            grouping = scalars[i]
            i += 1
        }
        if i < scalars.count, scalars[i] == "." {
            i += 1
            guard let digits = Self.number(scalars, &i) else { throw TemplateError(.value, "Format specifier missing precision") }
            precision = digits
        }
        if i < scalars.count {
            type = scalars[i]
            i += 1
        }
        guard i == scalars.count else { throw TemplateError(.value, "Invalid format specifier '\(text)'") }
    }

    /// Digits at `i`, clamped to what a width can be.
    static func number(_ scalars: [Unicode.Scalar], _ i: inout Int) -> Int? {
        var value: Int?
        while i < scalars.count, (0x30...0x39).contains(scalars[i].value) {
            value = min((value ?? 0) * 10 + Int(scalars[i].value - 0x30), 1 << 40)
            i += 1
        }
        return value
    }

    func formatted(_ value: TemplateValue, _ rendering: Rendering) throws(TemplateError) -> String {
        if case .integer(let integer) = value, type == nil || "dxXobcn".unicodeScalars.contains(type ?? "d") {
            return try formatted(integer, rendering)
        }
        if let number = value.number, type != "s" {
            if case .bool = value, type == nil { return try padded(value.text, rendering, default: "<") }
            if let integer = value.exactInteger, type == "d" || type == "x" { return try formatted(integer, rendering) }
            return try formatted(number, rendering)
        }
        guard type == nil || type == "s" else {
            throw TemplateError(.value, "Unknown format code '\(type ?? "s")' for object of type '\(value.typeName)'")
        }
        var text = value.text
        if let precision { text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision))) }
        return try padded(text, rendering, default: "<")
    }

    private func formatted(_ integer: Int, _ rendering: Rendering) throws(TemplateError) -> String {
        var digits: String
        switch type {
        case "x": digits = String(integer.magnitude, radix: 16)
        case "X": digits = String(integer.magnitude, radix: 16, uppercase: true)
        case "o": digits = String(integer.magnitude, radix: 8)
        case "b": digits = String(integer.magnitude, radix: 2)
        case "c": return try padded(Unicode.Scalar(UInt32(clamping: integer)).map { String($0) } ?? "", rendering, default: "<")
        default: digits = String(integer.magnitude)
        }
        if let minimumDigits { digits = try StringQueries.pad(digits, width: minimumDigits, fill: "0", "rjust", rendering) }
        let prefix = alternate ? (type == "x" ? "0x" : type == "X" ? "0X" : type == "o" ? "0o" : type == "b" ? "0b" : "") : ""
        return try signed(grouped(digits), prefix, isNegative: integer < 0, rendering)
    }

    private func formatted(_ number: Double, _ rendering: Rendering) throws(TemplateError) -> String {
        let digits = min(precision ?? 6, 100_000)
        try rendering.spend(bytes: digits)
        let magnitude = number.magnitude
        var text: String
        switch type {
        case "f", "F": text = PythonNumber.fixed(magnitude, digits: digits)
        case "e", "E": text = Exponential.text(magnitude, digits: digits)
        case "g", "G": text = Exponential.general(magnitude, digits: max(digits, 1), keepsZeros: alternate)
        case "%": text = PythonNumber.fixed(magnitude * 100, digits: digits) + "%"
        case nil:
            text = precision.map { Exponential.general(magnitude, digits: max($0, 1), keepsZeros: false) } ?? PythonNumber.text(magnitude)
            if precision != nil, !text.contains("."), !text.contains("e") { text += ".0" }
        default: throw TemplateError(.value, "Unknown format code '\(type ?? "f")' for object of type 'float'")
        }
        if type == "E" || type == "G" || type == "F" { text = text.uppercased() }
        return try signed(grouped(text), "", isNegative: number.sign == .minus && !number.isNaN, rendering)
    }

    private func grouped(_ text: String) -> String {
        guard let grouping else { return text }
        let whole = text.prefix { $0.isNumber }
        var result = ""
        for (i, digit) in whole.enumerated() {
            if i > 0, (whole.count - i) % 3 == 0 { result.unicodeScalars.append(grouping) }
            result.append(digit)
        }
        return result + text.dropFirst(whole.count)
    }

    private func signed(_ digits: String, _ prefix: String, isNegative: Bool, _ rendering: Rendering) throws(TemplateError) -> String {
        let sign = (isNegative ? "-" : self.sign == "-" ? "" : String(self.sign)) + prefix
        if align == "=" || (zero && align == nil) {
            let fill = align == "=" ? String(self.fill) : "0"
            return sign + (try StringQueries.pad(digits, width: width - sign.count, fill: fill, "rjust", rendering))
        }
        return try padded(sign + digits, rendering, default: ">")
    }

    func padded(_ text: String, _ rendering: Rendering, default side: Unicode.Scalar) throws(TemplateError) -> String {
        let side = align ?? side
        guard side == "^" else {
            return try StringQueries.pad(text, width: width, fill: String(fill), side == "<" ? "ljust" : "rjust", rendering)
        }
        // Unlike str.center, an odd space goes to the right.
        let missing = max(0, width - text.unicodeScalars.count)
        try rendering.spend(bytes: missing)
        return String(repeating: String(fill), count: missing / 2) + text + String(repeating: String(fill), count: missing - missing / 2)
    }
}

/// Numbers with an exponent.
enum Exponential {
    /// `%e`
    static func text(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return PythonNumber.text(value) }
        let (mantissa, exponent) = parts(value, digits: digits)
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }

    /// `%g`
    static func general(_ value: Double, digits: Int, keepsZeros: Bool) -> String {
        guard value.isFinite else { return PythonNumber.text(value) }
        let (_, exponent) = parts(value, digits: digits - 1)
        var text: String
        if exponent < -4 || exponent >= digits {
            text = self.text(value, digits: digits - 1)
            guard !keepsZeros, let e = text.firstIndex(of: "e") else { return text }
            return trimmed(String(text[..<e])) + text[e...]
        }
        text = PythonNumber.fixed(value, digits: digits - 1 - exponent)
        return keepsZeros ? text : trimmed(text)
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Exactly rounded mantissa with `digits` digits after the point.
    private static func parts(_ value: Double, digits: Int) -> (String, Int) {
        guard value > 0 else { return (PythonNumber.fixed(0, digits: digits), 0) }
        // The shortest text gives the exponent; rounding may raise it by one.
        let shortest = PythonNumber.fixed(value, digits: 0)
        var exponent: Int
        if value >= 1 {
            exponent = shortest.count - 1
            if PythonNumber.power(10, exponent) > value { exponent -= 1 }
        } else {
            let places = PythonNumber.fixed(value, digits: 400)
            exponent = -(places.dropFirst(2).prefix { $0 == "0" }.count + 1)
        }
        // All digits exactly, then rounded at the wanted place.
        let text = PythonNumber.fixed(value, digits: max(0, digits - exponent))
        var significant = Array(text.filter { $0 != "." }.drop { $0 == "0" })
        if exponent > digits {
            // The wanted place lies before the point.
            let kept = Array(significant.prefix(digits + 1))
            let rest = significant.dropFirst(digits + 1)
            let isHalf = rest.first == "5" && rest.dropFirst().allSatisfy { $0 == "0" } && value == value.rounded()
            let last = kept.last?.wholeNumberValue ?? 0
            let up = isHalf ? last % 2 == 1 : (rest.first?.wholeNumberValue ?? 0) >= 5
            significant = kept
            if up { increment(&significant, &exponent) }
        } else if significant.count > digits + 1 {
            // Rounding carried into a new digit.
            exponent += 1
            significant.removeLast()
        }
        let mantissa = String(significant.prefix(1)) + (digits > 0 ? "." + String(significant.dropFirst().prefix(digits)) : "")
        return (mantissa, exponent)
    }

    private static func increment(_ digits: inout [Character], _ exponent: inout Int) {
        for i in digits.indices.reversed() {
            if let value = digits[i].wholeNumberValue, value < 9 {
                digits[i] = Character(String(value + 1))
                return
            }
            digits[i] = "0"
        }
        digits.insert("1", at: 0)
        digits.removeLast()
        exponent += 1
    }
}

/// `str.format`.
enum FormatMethod {
    static func format(_ text: String, _ arguments: TemplateArguments, escaping: Bool, _ rendering: Rendering) throws(TemplateError) -> String {
        var result = ""
        var automatic = 0
        let scalars = Array(text.unicodeScalars)
        var i = 0
        while i < scalars.count {
            let scalar = scalars[i]
            if scalar == "{" || scalar == "}", i + 1 < scalars.count, scalars[i + 1] == scalar {
                result.unicodeScalars.append(scalar)
                i += 2
                continue
            }
            if scalar == "}" { throw TemplateError(.value, "Single '}' encountered in format string") }
            guard scalar == "{" else {
                result.unicodeScalars.append(scalar)
                i += 1
                continue
            }
            guard let close = scalars[i...].firstIndex(of: "}") else { throw TemplateError(.value, "expected '}' before end of string") }
            var field = String.UnicodeScalarView()
            field.append(contentsOf: scalars[(i + 1)..<close])
            let piece = try replacement(String(field), arguments, &automatic, escaping, rendering)
            try rendering.spend(bytes: piece.utf8.count)
            result += piece
            i = close + 1
        }
        return result
    }

    private static func replacement(
        _ field: String, _ arguments: TemplateArguments, _ automatic: inout Int, _ escaping: Bool, _ rendering: Rendering
    ) throws(TemplateError) -> String {
        let parts = TextSearch.split(field, by: ":", limit: 1)
        let conversion = TextSearch.split(parts[0], by: "!", limit: 1)
        let path = conversion[0]
        let name = String(path.prefix { $0 != "." && $0 != "[" })
        var value: TemplateValue
        if name.isEmpty || Int(name) != nil {
            let index = Int(name) ?? automatic
            automatic += name.isEmpty ? 1 : 0
            guard arguments.positional.indices.contains(index) else {
                throw TemplateError(.value, "Replacement index \(index) out of range for positional args tuple")
            }
            value = arguments.positional[index]
        } else {
            guard let named = arguments.named.last(where: { $0.name == name }) else {
                throw TemplateError(.value, "the format has no argument '\(name)'")
            }
            value = named.value
        }
        var rest = path.dropFirst(name.count)
        while let first = rest.first {
            rest = rest.dropFirst()
            if first == "." {
                let attribute = String(rest.prefix { $0 != "." && $0 != "[" })
                rest = rest.dropFirst(attribute.count)
                value = try rendering.attribute(attribute, of: value)
            } else {
                let key = String(rest.prefix { $0 != "]" })
                rest = rest.dropFirst(key.count + 1)
                value = try rendering.item(Int(key).map { .integer($0) } ?? .string(key), of: value)
            }
        }
        if conversion.count > 1 { value = .string(conversion[1] == "r" ? value.representation : value.text) }
        if parts.count > 1, !parts[1].isEmpty {
            let text = try FormatSpec(parsing: parts[1]).formatted(value, rendering)
            return escaping ? escaped(text, .markupSafe) : text
        }
        return escaping ? value.html : value.text
    }
}
