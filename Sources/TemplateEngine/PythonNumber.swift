/// Numbers as Python writes and divides them.
enum PythonNumber {
    /// `repr(float)`: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = abs(exponent)
            return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + (magnitude < 10 ? "0" : "") + String(magnitude)
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 { return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0" }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The shortest digits of a positive finite number and the decimal exponent of the first.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        // Swift's description is the shortest form too; only its layout differs.
        var mantissa = "\(value)"
        var exponent = 0
        if let e = mantissa.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            exponent = Int(mantissa[mantissa.index(after: e)...].filter { $0 != "+" }) ?? 0
            mantissa = String(mantissa[..<e])
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts.first ?? "0")
        var digits = whole + (parts.count > 1 ? String(parts[1]) : "")
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    /// Exactly rounded decimal text with a fixed number of digits after the point (half to even on the exact value).
    static func fixed(_ value: Double, digits: Int) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        let digits = min(max(digits, 0), 400)
        var (whole, fraction) = exactDecimal(value.magnitude)
        if fraction.count <= digits {
            fraction += [UInt8](repeating: 0, count: digits - fraction.count)
        } else {
            let rest = fraction[digits...]
            let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
            let last = digits > 0 ? fraction[digits - 1] : whole.last ?? 0
            let up = isHalf ? last % 2 == 1 : (rest.first ?? 0) >= 5
            fraction = Array(fraction[..<digits])
            if up {
                var carry = true
                for i in fraction.indices.reversed() where carry {
                    fraction[i] += 1
                    carry = fraction[i] == 10
                    if carry { fraction[i] = 0 }
                }
                for i in whole.indices.reversed() where carry {
                    whole[i] += 1
                    carry = whole[i] == 10
                    if carry { whole[i] = 0 }
                }
                if carry { whole.insert(1, at: 0) }
            }
        }
        let text = { (digits: [UInt8]) in String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }
        return sign + text(whole) + (digits > 0 ? "." + text(fraction) : "")
    }

    /// Every decimal digit of a finite number, before and after the point.
    private static func exactDecimal(_ value: Double) -> (whole: [UInt8], fraction: [UInt8]) {
        guard value > 0 else { return ([0], []) }
        let significand = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
        let exponent = (value.isNormal ? Int(value.exponentBitPattern) : 1) - 1075
        // Whole part: significand × 2^exponent in base 10^9; fraction: repeated multiplication by ten.
        var limbs: [UInt32] = []
        var rest = exponent >= 0 ? significand : exponent > -64 ? significand >> UInt64(-exponent) : 0
        while rest > 0 {
            limbs.append(UInt32(rest % 1_000_000_000))
            rest /= 1_000_000_000
        }
        if exponent > 0 {
            for _ in 0..<exponent {
                var carry: UInt32 = 0
                for i in limbs.indices {
                    let doubled = limbs[i] * 2 + carry
                    limbs[i] = doubled % 1_000_000_000
                    carry = doubled / 1_000_000_000
                }
                if carry > 0 { limbs.append(carry) }
            }
        }
        var whole: [UInt8] = []
        for limb in limbs {
            var limb = limb
            for _ in 0..<9 {
                whole.append(UInt8(limb % 10))
                limb /= 10
            }
        }
        while whole.count > 1, whole.last == 0 { whole.removeLast() }
        if whole.isEmpty { whole = [0] }
        var fraction: [UInt8] = []
        if exponent < 0 {
            // The fraction's bits, most significant limb first, as a big number below 2^-exponent.
            let bits = -exponent
            let kept = bits >= 64 ? significand : significand & ((1 << UInt64(bits)) - 1)
            var words = [UInt32](repeating: 0, count: (bits + 31) / 32 + 2)
            // Little-endian words of kept.
            words[0] = UInt32(truncatingIfNeeded: kept)
            words[1] = UInt32(truncatingIfNeeded: kept >> 32)
            while words.contains(where: { $0 != 0 }) {
                var carry: UInt64 = 0
                for i in words.indices {
                    let product = UInt64(words[i]) * 10 + carry
                    words[i] = UInt32(truncatingIfNeeded: product)
                    carry = product >> 32
                }
                // The digit is what lies at and above bit `bits`.
                let word = bits / 32
                let shift = UInt32(bits % 32)
                let high = UInt64(words[word]) | (word + 1 < words.count ? UInt64(words[word + 1]) << 32 : 0)
                fraction.append(UInt8(truncatingIfNeeded: high >> UInt64(shift)) & 15)
                words[word] &= shift == 0 ? 0 : (1 << shift) - 1
                if word + 1 < words.count { words[word + 1] = 0 }
            }
        }
        return (whole.reversed(), fraction)
    }

    /// `round(value, digits)`: correctly rounded decimal, half to even on the exact value.
    static func round(_ value: Double, digits: Int) -> Double {
        guard value.isFinite else { return value }
        if digits >= 0 { return digits > 330 ? value : Double(fixed(value, digits: digits)) ?? value }
        guard digits > -310 else { return 0 }
        let scale = power(10, -digits)
        return (value / scale).rounded(.toNearestOrEven) * scale
    }

    static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = exponent < 0 ? 1 / base : base
        var rest = exponent.magnitude
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }

    /// Python's `//` for integers: rounds towards minus infinity. `nil` on overflow; the divisor is not zero.
    static func floorDivide(_ a: Int, _ b: Int) -> Int? {
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        if overflow { return nil }
        return (a % b != 0) && ((a < 0) != (b < 0)) ? quotient - 1 : quotient
    }

    /// Python's `%` for integers: has the sign of the divisor, which is not zero.
    static func modulo(_ a: Int, _ b: Int) -> Int {
        if b == -1 { return 0 }
        let rest = a % b
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }

    static func modulo(_ a: Double, _ b: Double) -> Double {
        let rest = a.truncatingRemainder(dividingBy: b)
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }
}
