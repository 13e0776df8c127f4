/// One axis of a chart: what it shows, in which unit, on which scale.
public struct ChartAxis: Sendable, Hashable, ExpressibleByStringLiteral {
    public enum Scale: Sendable, Hashable {
        case linear
        /// Powers of ten at equal distances. Values that are not positive are left out, and the chart says so.
        case logarithmic
    }

    public var label: String
    public var unit: ChartUnit
    public var scale: Scale
    /// The values at the ends; `nil` chooses round ones.
    public var range: ClosedRange<Double>?

    public init(_ label: String, unit: ChartUnit = .number, scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
        self.label = label
        self.unit = unit
        self.scale = scale
        self.range = range
    }

    /// The label as it stands at the axis: with the unit where its values do not carry it.
    var caption: String {
        if case .other(let name) = unit, !label.isEmpty, !name.isEmpty { return "\(label) (\(name))" }
        return label
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}

/// What an axis counts, and so how its values are written.
public enum ChartUnit: Sendable, Hashable {
    /// A plain number, grouped by thousands.
    case number
    /// Bytes with decimal prefixes: kB = 10³ bytes, MB, GB, TB (IEC 80000-13).
    case bytes
    /// Bytes with binary prefixes: KiB = 2¹⁰ bytes, MiB, GiB, TiB.
    case binaryBytes
    /// A unit that takes SI prefixes, from n to T, such as `s` or `FLOP/s`.
    case si(String)
    /// A fraction of one, written in percent.
    case percent
    /// A unit that takes no prefixes, such as `tokens/s`.
    case other(String)
}
