/// A finite number in decimal: what is written is made of its digits and of nothing else, so that no text rounds twice.
package struct DecimalDigits: Sendable, Hashable {
    package var isNegative: Bool
    /// 0 to 9, the first and the last of them not 0; empty for zero.
    package private(set) var digits: [UInt8]
    /// The power of ten of the first digit: 2.5e-6 has the digits 2 and 5, and −6.
    package private(set) var exponent: Int

    /// The fewest digits that give the value back when they are read; `nil` for what is not finite.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.init(text: value.description)
    }

    /// `coefficient` × 10^`power`.
    package init(coefficient: Int, power: Int) {
        self.init(
            isNegative: coefficient < 0, digits: String(coefficient.magnitude).utf8.map { $0 - 0x30 },
            power: power)
    }

    /// Reads a number as Swift writes its own: `-12.5`, `1e-07`, `9007199254740993`.
    package init?(text: String) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        var digits: [UInt8] = []
        var fraction = 0
        var isInFraction = false
        while let byte = rest.first {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits.append(byte - 0x30)
                if isInFraction { fraction += 1 }
            } else if byte == UInt8(ascii: "."), !isInFraction {
                isInFraction = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard !digits.isEmpty else { return nil }
        var power = 0
        if let mark = rest.first {
            guard mark | 0x20 == UInt8(ascii: "e"), let value = Int(String(Substring(rest.dropFirst()))), abs(value) < 100_000 else { return nil }
            power = value
        }
        self.init(isNegative: isNegative, digits: digits, power: power - fraction)
    }

    /// - Parameter power: The power of ten of the last digit.
    private init(isNegative: Bool, digits: [UInt8], power: Int) {
        var power = power
        var kept = digits[...]
        while kept.last == 0 {
            kept = kept.dropLast()
            power += 1
        }
        kept = kept.drop { $0 == 0 }
        self.isNegative = isNegative && !kept.isEmpty
        self.digits = Array(kept)
        exponent = kept.isEmpty ? 0 : power + kept.count - 1
    }

    package var isZero: Bool { digits.isEmpty }

    /// The power of ten of the last digit.
    package var lastPower: Int { isZero ? 0 : exponent - digits.count + 1 }

    /// How many decimals it takes to write all digits.
    package var decimalCount: Int { max(0, -lastPower) }

    /// The nearest number that a `Double` has.
    package var double: Double { Double(scientific(minus: "-")) ?? 0 }

    /// The number times a power of ten.
    package func scaled(by power: Int) -> DecimalDigits {
        var result = self
        if !isZero { result.exponent += power }
        return result
    }

    /// Rounded to a multiple of 10^`power`, halves away from zero.
    package func rounded(to power: Int) -> DecimalDigits {
        guard !isZero, power > lastPower else { return self }
        let count = exponent - power + 1
        guard count >= 0 else { return DecimalDigits(coefficient: 0, power: 0) }
        var kept = Array(digits.prefix(count))
        if digits[count] >= 5 {
            var place = kept.count - 1
            while place >= 0, kept[place] == 9 {
                kept[place] = 0
                place -= 1
            }
            if place >= 0 { kept[place] += 1 } else { kept.insert(1, at: 0) }
        }
        return DecimalDigits(isNegative: isNegative, digits: kept, power: power)
    }

    // MARK: Texts

    /// The number without an exponent, with so many decimals: all of them where it has more.
    ///
    /// - Parameter isGrouped: Whether thousands stand apart, by narrow spaces, from five digits on.
    package func plain(decimals: Int, isGrouped: Bool, minus: String) -> String {
        func digit(_ power: Int) -> UInt8 {
            let place = exponent - power
            return digits.indices.contains(place) ? digits[place] + 0x30 : 0x30
        }
        let top = isZero ? 0 : max(exponent, 0)
        var text = isNegative ? minus : ""
        for power in stride(from: top, through: 0, by: -1) {
            text.unicodeScalars.append(Unicode.Scalar(digit(power)))
            if isGrouped, top >= 4, power > 0, power % 3 == 0 { text += "\u{202F}" }
        }
        let count = max(decimals, decimalCount)
        if count > 0 {
            text += "."
            for power in 1...count { text.unicodeScalars.append(Unicode.Scalar(digit(-power))) }
        }
        return text
    }

    /// The number as `2.5e-6`.
    package func scientific(minus: String) -> String {
        guard let first = digits.first else { return "0" }
        var text = (isNegative ? minus : "") + "\(first)"
        if digits.count > 1 { text += "." + digits.dropFirst().map { "\($0)" }.joined() }
        return text + "e\(exponent)"
    }
}
