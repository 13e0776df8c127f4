#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Round values with their labels.
struct TickMarks {
    private(set) var values: [Double] = []
    private(set) var labels: [String] = []
    private(set) var offset: String?

    /// Labels longer than this take another form if that is shorter.
    private static let labelLimit = 11

    // MARK: Linear

    /// Multiples of a round step: 1, 2, 2.5 or 5 times a power of ten (P. Heckbert, "Nice numbers for graph labels", Graphics
    /// Gems, 1990); powers of two for binary bytes. Ends that are not fixed move out to the next mark.
    ///
    /// Marks are whole multiples of a power of ten, so that their labels are exact at any size.
    static func linear(_ ends: inout AxisEnds, count: Int, unit: ChartUnit) -> TickMarks {
        // Divided before subtracting: the difference of two large numbers need not be finite.
        let parts = Double(max(count, 2))
        // Marks closer than neighbouring numbers would be equal.
        let rough = max(ends.high / parts - ends.low / parts, ends.high.ulp, ends.low.ulp)
        if case .binaryBytes = unit, rough >= 0.5, max(abs(ends.low), abs(ends.high)) < exp2(63) {
            return binary(&ends, step: exp2(log2(rough).rounded(.up)))
        }
        guard let digits = DecimalDigits(rough), !digits.isZero else { return atEnds(ends, unit) }
        let power = digits.exponent - 1
        let fraction = digits.scaled(by: -power).double
        let factor = [10, 20, 25, 50].first { fraction <= Double($0) * 1.000001 } ?? 100
        let step = DecimalDigits(coefficient: factor, power: power).double
        let (first, last) = ((ends.low / step).rounded(.down) - 1, (ends.high / step).rounded(.up) + 1)
        // Coefficients fit into an `Int`: a step is no smaller than the numbers' own distance.
        guard abs(first) < 1e16, abs(last) < 1e16, last - first < 1000 else { return atEnds(ends, unit) }
        var all: [(coefficient: Int, value: Double)] = []
        for multiple in Int(first)...Int(last) {
            let value = DecimalDigits(coefficient: multiple * factor, power: power).double
            if value.isFinite, value != all.last?.value { all.append((multiple * factor, value)) }
        }
        let kept = within(&ends, all.map(\.value), step: step)
        guard kept.count > 1 else { return atEnds(ends, unit) }
        var marks = TickMarks()
        marks.values = all[kept].map(\.value)
        marks.label(all[kept].map(\.coefficient), power: power, unit: unit)
        return marks
    }

    /// Which of the values lie between the ends, the ends that are not fixed moved out to them.
    private static func within(_ ends: inout AxisEnds, _ values: [Double], step: Double) -> Range<Int> {
        let room = step * 1e-9
        var first = 0
        var last = values.count - 1
        if ends.isLowFixed {
            first = values.firstIndex { $0 >= ends.low } ?? values.count
        } else if let below = values.lastIndex(where: { $0 <= ends.low + room }) {
            first = below
            ends.low = min(ends.low, values[below])
        } else {
            first = values.firstIndex { $0 >= ends.low } ?? values.count
        }
        if ends.isHighFixed {
            last = values.lastIndex { $0 <= ends.high } ?? -1
        } else if let above = values.firstIndex(where: { $0 >= ends.high - room }) {
            last = above
            ends.high = max(ends.high, values[above])
        } else {
            last = values.lastIndex { $0 <= ends.high } ?? -1
        }
        return first <= last ? first..<(last + 1) : 0..<0
    }

    private static func binary(_ ends: inout AxisEnds, step: Double) -> TickMarks {
        let (first, last) = ((ends.low / step).rounded(.down) - 1, (ends.high / step).rounded(.up) + 1)
        guard abs(first) < 1e15, abs(last) < 1e15, last - first < 1000 else { return atEnds(ends, .binaryBytes) }
        let all = stride(from: first, through: last, by: 1).map { $0 * step }
        let kept = within(&ends, all, step: step)
        guard kept.count > 1 else { return atEnds(ends, .binaryBytes) }
        var marks = TickMarks()
        marks.values = Array(all[kept])
        // The largest prefix by which two decimals are enough.
        var (divisor, suffix) = NumberText.binaryPrefix(marks.values.map(abs).max() ?? 0)
        func digits(_ value: Double) -> DecimalDigits? { DecimalDigits(value / divisor) }
        while divisor > 1, marks.values.contains(where: { (digits($0)?.decimalCount ?? 9) > 2 }) {
            (divisor, suffix) = NumberText.binaryPrefix(divisor / 1024)
        }
        let decimals = marks.values.map { digits($0)?.decimalCount ?? 0 }.max() ?? 0
        marks.labels = marks.values.map {
            (digits($0)?.plain(decimals: decimals, isGrouped: true, minus: "−") ?? "") + suffix
        }
        return marks.distinct(.binaryBytes)
    }

    /// Two marks: the ends themselves, with all their digits.
    private static func atEnds(_ ends: AxisEnds, _ unit: ChartUnit) -> TickMarks {
        var marks = TickMarks()
        marks.values = [ends.low, ends.high]
        marks.labels = marks.values.map { NumberText.exact($0, unit) }
        return marks
    }

    // MARK: Labels

    /// Labels for `coefficients` × 10^`power`: plain, or with exponents, or as what they are more than a common part.
    private mutating func label(_ coefficients: [Int], power: Int, unit: ChartUnit) {
        let numbers = coefficients.map { DecimalDigits(coefficient: $0, power: power) }
        let plain = Self.texts(numbers, unit, sign: false)
        let largest = numbers.filter { !$0.isZero }.map(\.exponent).max() ?? 0
        labels = plain
        let widest = plain.map(\.count).max() ?? 0
        let hasPrefix: Bool =
            switch unit {
            case .bytes, .si, .binaryBytes: true
            case .number, .percent, .other: false
            }
        guard widest > Self.labelLimit || (!hasPrefix && largest < -3) else { return }
        if !hasPrefix {
            let shift = NumberText.prefix(unit, numbers[0])
            let exponents = numbers.map { $0.scaled(by: -shift.power).scientific(minus: "−") + shift.suffix }
            if (exponents.map(\.count).max() ?? 0) < max(widest, Self.labelLimit + 1) { labels = exponents }
        }
        guard (labels.map(\.count).max() ?? 0) > Self.labelLimit else { return }
        // The part that all have in common: what is left of the first when digits of the span are taken off.
        guard let first = coefficients.first, let last = coefficients.last else { return }
        var unitOfSpan = 1
        while unitOfSpan < last - first { unitOfSpan *= 10 }
        let common = first / unitOfSpan * unitOfSpan
        guard common != 0 else { return }
        let rest = Self.texts(coefficients.map { DecimalDigits(coefficient: $0 - common, power: power) }, unit, sign: true)
        guard (rest.map(\.count).max() ?? 0) < (labels.map(\.count).max() ?? 0) else { return }
        labels = rest
        offset = NumberText.text(DecimalDigits(coefficient: common, power: power), unit, minus: "−")
    }

    /// Numbers with one prefix and one count of decimals.
    ///
    /// - Parameter sign: Whether positive ones have a sign, too, as differences do.
    private static func texts(_ numbers: [DecimalDigits], _ unit: ChartUnit, sign: Bool) -> [String] {
        let largest = numbers.filter { !$0.isZero }.max { $0.exponent < $1.exponent } ?? DecimalDigits(coefficient: 0, power: 0)
        let (power, suffix) = NumberText.prefix(unit, largest)
        let shown = numbers.map { $0.scaled(by: -power) }
        let decimals = shown.map(\.decimalCount).max() ?? 0
        // Far from one an exponent is shorter than zeros.
        if decimals > 12 || largest.exponent > 15 {
            return shown.map { (sign && !$0.isNegative && !$0.isZero ? "+" : "") + $0.scientific(minus: "−") + suffix }
        }
        return shown.map {
            (sign && !$0.isNegative && !$0.isZero ? "+" : "") + $0.plain(decimals: decimals, isGrouped: true, minus: "−") + suffix
        }
    }

    /// Labels with all digits where two of the shorter ones would be alike.
    private func distinct(_ unit: ChartUnit) -> TickMarks {
        guard Set(labels).count < labels.count else { return self }
        var marks = self
        marks.labels = values.map { NumberText.exact($0, unit) }
        return marks
    }

    // MARK: Logarithmic

    /// Powers of ten, or of two for binary bytes, over a decade or more; with 2 and 5 times them where there are few.
    static func logarithmic(_ ends: inout AxisEnds, unit: ChartUnit) -> TickMarks {
        var isBinary = false
        if case .binaryBytes = unit { isBinary = true }
        func power(_ exponent: Int) -> Double { isBinary ? scalbn(1, Int32(exponent)) : DecimalDigits(coefficient: 1, power: exponent).double }
        func exponent(_ value: Double) -> Double { isBinary ? log2(value) : log10(value) }
        var first = Int((exponent(ends.low) + 1e-9).rounded(.down))
        var last = Int((exponent(ends.high) - 1e-9).rounded(.up))
        if ends.isLowFixed, power(first) < ends.low { first += 1 }
        if ends.isHighFixed, power(last) > ends.high { last -= 1 }
        if !ends.isLowFixed { ends.low = min(ends.low, max(power(first), .leastNonzeroMagnitude)) }
        if !ends.isHighFixed { ends.high = max(ends.high, min(power(last), .greatestFiniteMagnitude)) }
        let count = max(last - first, 0)
        // Binary marks stand at every, every other, fifth or tenth power, where the prefixes change.
        let stride =
            isBinary ? ([1, 2, 5, 10].first { count <= $0 * 7 } ?? (count + 5) / 6) : [1, 2, 3, 5, 10, 20, 50].first { count <= $0 * 6 } ?? 100
        let factors = count <= 1 && !isBinary ? [1.0, 2, 5] : [1.0]
        var marks = TickMarks()
        for step in (first - (factors.count > 1 ? 1 : 0))...max(last, first) where step % stride == 0 {
            for factor in factors {
                let value = factor == 1 ? power(step) : DecimalDigits(coefficient: Int(factor), power: step).double
                if value >= ends.low, value <= ends.high, value > marks.values.last ?? 0 { marks.values.append(value) }
            }
        }
        guard marks.values.count > 1 else { return atEnds(ends, unit) }
        // Each mark has its own prefix: 1 kB, 1 MB, 1 GB.
        marks.labels = marks.values.map { NumberText.mark($0, unit) }
        return marks.distinct(unit)
    }
}

extension NumberText {
    /// A round value on an axis by itself: with an exponent from a million on and below a thousandth.
    static func mark(_ value: Double, _ unit: ChartUnit) -> String {
        if case .binaryBytes = unit { return short(value, unit) }
        guard let digits = DecimalDigits(value) else { return short(value, unit) }
        return text(digits, unit, minus: "−")
    }

    static func text(_ digits: DecimalDigits, _ unit: ChartUnit, minus: String) -> String {
        let (power, suffix) = prefix(unit, digits)
        let shown = digits.scaled(by: -power)
        let isPlain = shown.isZero || (shown.exponent >= -4 && shown.exponent < (shown.digits.count > 3 ? 19 : 7))
        return (isPlain ? shown.plain(decimals: 0, isGrouped: true, minus: minus) : shown.scientific(minus: minus)) + suffix
    }
}
