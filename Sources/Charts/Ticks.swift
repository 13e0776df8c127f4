#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The values at which an axis has marks, and the range that it spans.
struct Ticks: Sendable, Hashable {
    var range: ClosedRange<Double>
    var values: [Double]
    var format: ValueFormat
    var scale: ChartAxis.Scale
    var unit: ChartUnit
    /// A unit without prefixes stands once, with the axis's label.
    private let isUnitInLabel: Bool

    /// Marks for an axis.
    ///
    /// - Parameters:
    ///   - extent: the smallest and the largest value shown.
    ///   - includesZero: whether a linear axis starts at zero, as bars and areas need.
    ///   - isTight: whether the ends are those of the data rather than round numbers.
    init(_ axis: ChartAxis, extent: ClosedRange<Double>, count: Int = 5, includesZero: Bool = false, isTight: Bool = false) {
        scale = axis.scale
        unit = axis.unit
        if case .other = axis.unit { isUnitInLabel = !axis.label.isEmpty } else { isUnitInLabel = false }
        var low = axis.range?.lowerBound ?? extent.lowerBound
        var high = axis.range?.upperBound ?? extent.upperBound
        if scale == .logarithmic {
            low = low > 0 ? low : 1
            high = max(high, low)
            let first = Int(log10(low).rounded(.down))
            let last = max(first + 1, Int((log10(high) - 1e-9).rounded(.up)))
            // Few decades get marks between; many are thinned out.
            let factors: [Double] = last - first == 1 ? [1, 2, 5] : [1]
            let stride = max(1, (last - first + 5) / 6)
            let lowest = pow(10, Double(first))
            let highest = pow(10, Double(last))
            let ends: ClosedRange<Double>
            if let given = axis.range, given.upperBound > max(given.lowerBound, lowest) {
                ends = max(given.lowerBound, lowest)...given.upperBound
            } else {
                ends = lowest...highest
            }
            range = ends
            values = (first...last).filter { ($0 - first) % stride == 0 }
                .flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
                .filter { $0 >= ends.lowerBound * 0.999999 && $0 <= ends.upperBound * 1.000001 }
            format = ValueFormat(axis.unit, largest: range.upperBound, step: range.lowerBound)
            return
        }
        if includesZero, axis.range == nil {
            low = min(low, 0)
            high = max(high, 0)
        }
        if low == high {
            // A single value: room on both sides of it.
            let room = low == 0 ? 1 : abs(low) * 0.5
            if !includesZero || low == 0 { low -= includesZero ? 0 : room }
            high += room
        }
        let step = Self.step(for: (high - low) / Double(max(count, 2)), unit: axis.unit, largest: max(abs(low), abs(high)))
        let endsAreGiven = isTight || axis.range != nil
        let first = endsAreGiven ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
        let last = endsAreGiven ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)
        if first <= last, last - first < 1000 {
            values = Swift.stride(from: first, through: last, by: 1).map { $0 * step }
        } else {
            values = [low, high]
        }
        let start = values.first ?? low
        let end = values.last ?? high
        range = endsAreGiven ? low...high : min(start, low)...max(end, high)
        format = ValueFormat(axis.unit, largest: max(abs(range.lowerBound), abs(range.upperBound)), step: step)
    }

    /// The round step next to `rough`: 1, 2, 2.5 or 5 times a power of ten (P. Heckbert, "Nice numbers for graph labels",
    /// Graphics Gems, 1990); a power of two for binary bytes.
    private static func step(for rough: Double, unit: ChartUnit, largest: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 1 }
        if unit == .binaryBytes { return exp2(log2(rough).rounded(.up)) }
        let power = pow(10, log10(rough).rounded(.down))
        let fraction = rough / power
        let nice = [1, 2, 2.5, 5].first { fraction <= $0 * 1.000001 } ?? 10
        return nice * power
    }

    /// Where a value lies between the ends: 0 at the start, 1 at the end. `nil` for values that the scale cannot show.
    func position(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        switch scale {
        case .linear:
            let span = range.upperBound - range.lowerBound
            return span > 0 ? (value - range.lowerBound) / span : 0.5
        case .logarithmic:
            guard value > 0 else { return nil }
            let span = log10(range.upperBound) - log10(range.lowerBound)
            return span > 0 ? (log10(value) - log10(range.lowerBound)) / span : 0.5
        }
    }

    func text(_ value: Double) -> String {
        if isUnitInLabel { return ValueFormat.text(value, .number) }
        // On a logarithmic axis each mark has its own prefix: 1 kB, 1 MB, 1 GB.
        return scale == .logarithmic ? ValueFormat.exact(value, unit) : format.text(value)
    }
}
