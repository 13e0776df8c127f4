#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// How values of an axis are written: one prefix and one number of decimals for all ticks, so that they compare at a glance.
struct ValueFormat: Sendable, Hashable {
    var unit: ChartUnit
    /// What values are divided by.
    var divisor: Double
    /// The prefixed unit that follows, with its space.
    var suffix: String
    var decimals: Int

    /// The format for ticks that are `step` apart and reach up to `largest` in magnitude.
    init(_ unit: ChartUnit, largest: Double, step: Double) {
        self.unit = unit
        (divisor, suffix) = Self.prefix(unit, largest)
        let shown = step / divisor
        var decimals = 0
        var scaled = shown
        while decimals < 6, scaled.isFinite, abs(scaled - scaled.rounded()) > 1e-6 * max(1, abs(scaled)) {
            scaled *= 10
            decimals += 1
        }
        self.decimals = decimals
    }

    /// The format for one value by itself, to three digits or so.
    init(_ unit: ChartUnit, value: Double) {
        self.unit = unit
        (divisor, suffix) = Self.prefix(unit, abs(value))
        let shown = abs(value / divisor)
        if shown == shown.rounded(), shown < 1e15 {
            decimals = 0
        } else if shown >= 100 {
            decimals = unit == .number ? 1 : 0
        } else if shown >= 10 {
            decimals = 1
        } else if shown >= 1 {
            decimals = 2
        } else {
            decimals = shown == 0 || !shown.isFinite ? 0 : min(9, 2 - Int(log10(shown).rounded(.down)))
        }
    }

    func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        return Self.fixed(value / divisor, decimals: decimals) + suffix
    }

    /// A value on its own, such as on a bar or in the data table.
    static func text(_ value: Double, _ unit: ChartUnit) -> String { ValueFormat(unit, value: value).text(value) }

    /// A round value with no more decimals than it has: 0.1 and not 0.100.
    static func exact(_ value: Double, _ unit: ChartUnit) -> String {
        var format = ValueFormat(unit, value: value)
        let shown = value / format.divisor
        while format.decimals > 0 {
            let factor = pow(10, Double(format.decimals - 1))
            guard abs((shown * factor).rounded() - shown * factor) < 1e-9 * abs(shown * factor) else { break }
            format.decimals -= 1
        }
        return format.text(value)
    }

    private static func prefix(_ unit: ChartUnit, _ largest: Double) -> (Double, String) {
        switch unit {
        case .number: return (1, "")
        case .percent: return (0.01, " %")
        case .other(let name): return (1, name.isEmpty ? "" : " " + name)
        case .bytes:
            for (factor, name) in [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where largest >= factor {
                return (factor, " " + name)
            }
            return (1, " B")
        case .binaryBytes:
            for (power, name) in [(50.0, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] where largest >= exp2(power) {
                return (exp2(power), " " + name)
            }
            return (1, " B")
        case .si(let name):
            for (factor, prefix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ")] where largest >= factor {
                return (factor, " " + prefix + name)
            }
            return largest > 0 ? (1e-9, " n" + name) : (1, " " + name)
        }
    }

    /// A number with a fixed count of decimals, thousands set apart by narrow spaces.
    static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "–" }
        let factor = pow(10, Double(decimals))
        let scaled = (abs(value) * factor).rounded()
        guard scaled < 9e15 else { return scientific(value) }
        let digits = String(UInt64(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        var whole = String(padded.dropLast(decimals))
        let fraction = padded.suffix(decimals)
        if whole.count > 4 {
            var grouped = ""
            for (index, digit) in whole.enumerated() {
                if index > 0, (whole.count - index) % 3 == 0 { grouped.append("\u{202F}") }
                grouped.append(digit)
            }
            whole = grouped
        }
        let sign = value < 0 && scaled > 0 ? "−" : ""
        return sign + whole + (decimals > 0 ? "." + fraction : "")
    }

    private static func scientific(_ value: Double) -> String {
        let exponent = Int(log10(abs(value)).rounded(.down))
        return "\(fixed(value / pow(10, Double(exponent)), decimals: 2))e\(exponent)"
    }
}
