#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The values at which an axis has marks, their labels, and the range that it spans.
package struct Ticks: Sendable, Hashable {
    package var range: ClosedRange<Double>
    /// In order, all within the range, no two alike.
    package var values: [Double]
    /// One for each value, no two alike.
    package var labels: [String]
    /// What labels that begin with a sign are to be added to, where the values are close to each other and far from zero.
    package var offset: String?
    package var scale: ChartAxis.Scale

    /// Marks for an axis.
    ///
    /// - Parameters:
    ///   - extent: the smallest and the largest value shown.
    ///   - includesZero: whether a linear axis starts at zero, as bars and areas need.
    ///   - isTight: whether the ends are those of the data rather than round numbers.
    package init(_ axis: ChartAxis, extent: ClosedRange<Double>, count: Int = 5, includesZero: Bool = false, isTight: Bool = false) {
        scale = axis.scale
        let given = axis.usableRange
        var ends = AxisEnds(
            low: given.low ?? extent.lowerBound, high: given.high ?? extent.upperBound, isLowFixed: given.low != nil, isHighFixed: given.high != nil)
        if scale == .linear, includesZero {
            if !ends.isLowFixed { ends.low = min(ends.low, 0) }
            if !ends.isHighFixed { ends.high = max(ends.high, 0) }
        }
        ends.makeRoom(isLogarithmic: scale == .logarithmic, keepsZero: includesZero)
        if isTight {
            ends.isLowFixed = true
            ends.isHighFixed = true
        }
        // The unit stands once, with the axis's label, where it takes no prefixes.
        var unit = axis.unit
        if case .other = unit, !axis.label.isEmpty { unit = .number }
        let marks: TickMarks
        if scale == .logarithmic, ends.high / ends.low >= 10 {
            marks = TickMarks.logarithmic(&ends, unit: unit)
        } else {
            // Within a decade the marks of a linear axis fit better; none of them may be zero.
            var moved = ends
            let round = TickMarks.linear(&moved, count: count, unit: unit)
            if scale == .logarithmic, moved.low <= 0 {
                ends.isLowFixed = true
                marks = TickMarks.linear(&ends, count: count, unit: unit)
            } else {
                ends = moved
                marks = round
            }
        }
        range = ends.low...ends.high
        values = marks.values
        labels = marks.labels
        offset = marks.offset
    }

    /// Where a value lies between the ends: 0 at the start, 1 at the end, beyond them outside. `nil` for values that the
    /// scale cannot show.
    package func position(_ value: Double) -> Double? {
        guard value.isFinite, scale == .linear || value > 0 else { return nil }
        let (low, high, place) =
            scale == .linear ? (range.lowerBound, range.upperBound, value) : (log10(range.lowerBound), log10(range.upperBound), log10(value))
        let span = high - low
        // The difference of two large numbers need not be finite.
        let share = span.isFinite ? (place - low) / span : (place / 4 - low / 4) / (high / 4 - low / 4)
        return share.isNaN ? 0.5 : min(max(share, -1e200), 1e200)
    }

    /// What is said at the axis beside its label: the part that all labels leave out.
    func caption(_ label: String) -> String {
        guard let offset else { return label }
        return label.isEmpty ? "relative to \(offset)" : "\(label), relative to \(offset)"
    }
}

/// The ends of an axis while its marks are found.
struct AxisEnds {
    var low: Double
    var high: Double
    /// Whether an end stays where it is, rather than moving to the next mark.
    var isLowFixed: Bool
    var isHighFixed: Bool

    /// Puts the ends in order and apart: a single value gets room on both sides.
    mutating func makeRoom(isLogarithmic: Bool, keepsZero: Bool) {
        let limit = Double.greatestFiniteMagnitude
        low = min(max(low, isLogarithmic ? .leastNonzeroMagnitude : -limit), limit)
        high = min(max(high, isLogarithmic ? .leastNonzeroMagnitude : -limit), limit)
        // An end that was given may lie beyond all data.
        if low > high { if isHighFixed { low = high } else { high = low } }
        guard low == high else { return }
        let room = low == 0 ? 1 : max(abs(low) * (isLogarithmic ? 0.01 : 0.5), abs(low).ulp)
        if low < limit - room || isLogarithmic { high = min(high + room, limit) }
        if !keepsZero || low != 0 { low = isLogarithmic ? max(low - room, .leastNonzeroMagnitude) : max(low - room, -limit) }
        if low == high { low = isLogarithmic ? low / 2 : low - low.ulp }
    }
}

extension ChartAxis {
    /// Where bars stand on a logarithmic scale: at the power of ten below the smallest, which would have no height otherwise.
    func belowBars(_ extent: ClosedRange<Double>) -> ClosedRange<Double> {
        guard scale == .logarithmic, extent.lowerBound > 0 else { return extent }
        let power = pow(10, (log10(extent.lowerBound) - 0.05).rounded(.down))
        return (power > 0 ? min(power, extent.lowerBound) : extent.lowerBound)...extent.upperBound
    }

    /// The ends that the axis can have of those that its author gave: finite, and positive on a logarithmic scale.
    var usableRange: (low: Double?, high: Double?) {
        guard let range else { return (nil, nil) }
        func usable(_ end: Double) -> Double? { end.isFinite && (scale == .linear || end > 0) ? end : nil }
        return (usable(range.lowerBound), usable(range.upperBound))
    }
}
