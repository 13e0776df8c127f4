#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// How numbers are written, everywhere in a chart: at axes and bars, in cells, tables, sentences and notes.
///
/// In pictures and sentences a number is rounded, but never so far that it could be taken for another that is shown beside
/// it. In data it stands with all digits that it has, as other programs read it.
package enum NumberText {
    /// A value with all of its digits, as data.
    ///
    /// - Parameter written: The value in digits where `value` is only next to it, such as an integer beyond 2^53.
    package static func exact(_ value: Double, _ unit: ChartUnit, written: String? = nil) -> String {
        guard let digits = written.flatMap(DecimalDigits.init(text:)) ?? DecimalDigits(value) else { return notFinite(value, minus: "-") }
        if case .binaryBytes = unit {
            // A prefix where the number stays short; bytes are exact in any case.
            let (divisor, prefix) = binaryPrefix(value)
            if divisor > 1, let scaled = DecimalDigits(value / divisor), scaled.decimalCount <= 2, written == nil {
                return text(scaled, minus: "-", isGrouped: false) + prefix
            }
            return text(digits, minus: "-", isGrouped: false) + " B"
        }
        let (power, suffix) = prefix(unit, digits)
        return text(digits.scaled(by: -power), minus: "-", isGrouped: false) + suffix
    }

    /// A value in a picture or a sentence: with all of its digits if these are six or fewer, else with three.
    ///
    /// - Parameter resolution: What other values differ by; digits go at least as far.
    package static func short(_ value: Double, _ unit: ChartUnit, resolution: Double = 0, written: String? = nil) -> String {
        guard let digits = written.flatMap(DecimalDigits.init(text:)) ?? DecimalDigits(value) else { return notFinite(value, minus: "−") }
        if case .binaryBytes = unit {
            var (divisor, suffix) = binaryPrefix(value)
            guard var scaled = DecimalDigits(value / divisor) else { return notFinite(value, minus: "−") }
            scaled = rounded(scaled, resolution: resolution / divisor)
            // 1,048,575 bytes are 1 MiB, not 1024 KiB.
            if abs(scaled.double) >= 1024, divisor < exp2(50) {
                (divisor, suffix) = binaryPrefix(divisor * 1024)
                scaled = rounded(DecimalDigits(value / divisor) ?? scaled, resolution: resolution / divisor)
            }
            return text(scaled, minus: "−", isGrouped: true) + suffix
        }
        let first = prefix(unit, digits)
        var shown = rounded(digits.scaled(by: -first.power), resolution: resolution / pow(10, Double(first.power)))
        var suffix = first.suffix
        // Rounding may reach the next prefix: 999,999.6 bytes are 1 MB.
        let second = prefix(unit, shown.scaled(by: first.power))
        if second.power != first.power {
            shown = shown.scaled(by: first.power - second.power)
            suffix = second.suffix
        }
        return text(shown, minus: "−", isGrouped: true) + suffix
    }

    /// A count, as notes and sentences have it.
    static func count(_ value: Int) -> String {
        DecimalDigits(coefficient: value, power: 0).plain(decimals: 0, isGrouped: true, minus: "−")
    }

    /// Values whose digits end at the same place, such as those of a heat map's cells.
    ///
    /// - Returns: A text for any of them: with three digits of their differences at most.
    static func aligned(_ values: [Double], _ unit: ChartUnit) -> (Double) -> String {
        guard let low = values.min(), let high = values.max(), let span = DecimalDigits(high - low) else { return { short($0, unit) } }
        let largest = max(abs(low), abs(high))
        guard case .binaryBytes = unit else {
            let power = DecimalDigits(largest).map { prefix(unit, $0) }?.power ?? 0
            let shift = { (value: Double) in DecimalDigits(value)?.scaled(by: -power) }
            let needed = values.compactMap { shift($0)?.decimalCount }.max() ?? 0
            let differing = span.isZero ? needed : max(0, 2 - span.scaled(by: -power).exponent)
            let decimals = min(needed, differing)
            // Where plain digits would be long, each has an exponent of its own.
            guard largest == 0 || abs(DecimalDigits(largest)?.scaled(by: -power).exponent ?? 0) < 9, decimals <= 6 else {
                return { short($0, unit, resolution: (high - low) / 100) }
            }
            let suffix = DecimalDigits(largest).map { prefix(unit, $0) }?.suffix ?? ""
            return { value in
                guard let digits = shift(value) else { return notFinite(value, minus: "−") }
                return digits.rounded(to: -decimals).plain(decimals: decimals, isGrouped: true, minus: "−") + suffix
            }
        }
        return { short($0, unit, resolution: (high - low) / 100) }
    }

    // MARK: Parts

    private static func notFinite(_ value: Double, minus: String) -> String { value.isNaN ? "NaN" : value < 0 ? "\(minus)∞" : "∞" }

    /// Three digits of a value, or all of them if they are six at most; whole numbers stay whole.
    private static func rounded(_ digits: DecimalDigits, resolution: Double) -> DecimalDigits {
        if digits.digits.count <= 6 { return digits }
        var power = digits.exponent - 2
        if let step = DecimalDigits(resolution), !step.isZero { power = min(power, step.exponent) }
        return digits.rounded(to: isPlain(digits) ? min(power, 0) : power)
    }

    /// Whether a number reads better without an exponent.
    private static func isPlain(_ digits: DecimalDigits) -> Bool {
        digits.isZero || (digits.exponent >= -4 && digits.exponent < (digits.lastPower >= 0 && digits.digits.count > 3 ? 19 : 15))
    }

    static func text(_ digits: DecimalDigits, minus: String, isGrouped: Bool) -> String {
        isPlain(digits) ? digits.plain(decimals: 0, isGrouped: isGrouped, minus: minus) : digits.scientific(minus: minus)
    }

    /// The prefix for a value: the power of ten that it stands for, and the prefixed unit with its space.
    static func prefix(_ unit: ChartUnit, _ value: DecimalDigits) -> (power: Int, suffix: String) {
        switch unit {
        case .number: return (0, "")
        case .binaryBytes: return (0, " B")
        case .percent: return (-2, " %")
        case .other(let name): return (0, name.isEmpty ? "" : " " + name)
        case .bytes:
            let power = value.isZero ? 0 : min(max(thousands(value.exponent), 0), 15)
            return (power, " " + ["", "k", "M", "G", "T", "P"][power / 3] + "B")
        case .si(let name):
            let power = value.isZero ? 0 : min(max(thousands(value.exponent), -9), 12)
            return (power, " " + ["n", "µ", "m", "", "k", "M", "G", "T"][power / 3 + 3] + name)
        }
    }

    /// The multiple of three at or below.
    private static func thousands(_ exponent: Int) -> Int { Int((Double(exponent) / 3).rounded(.down)) * 3 }

    static func binaryPrefix(_ value: Double) -> (divisor: Double, suffix: String) {
        for (power, name) in [(50.0, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] where abs(value) >= exp2(power) {
            return (exp2(power), " " + name)
        }
        return (1, " B")
    }
}
