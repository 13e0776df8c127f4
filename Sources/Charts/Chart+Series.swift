#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Chart {
    // MARK: Lines, points, areas

    /// A line through points. Where one of the two sequences is longer, its rest is left out.
    public func line(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .line, x.map(\.chartNumber), y.map(\.chartNumber))
    }

    /// A line through values at 0, 1, 2, …
    public func line(_ values: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        let y = values.map(\.chartNumber)
        return adding(name, .line, y.indices.map(Double.init), y)
    }

    public func point(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .point, x.map(\.chartNumber), y.map(\.chartNumber))
    }

    /// The area between a line and zero.
    public func area(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .area, x.map(\.chartNumber), y.map(\.chartNumber))
    }

    /// The area under values at 0, 1, 2, …
    public func area(_ values: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        let y = values.map(\.chartNumber)
        return adding(name, .area, y.indices.map(Double.init), y)
    }

    // MARK: Points given one by one

    /// A line through points.
    public func line<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .line, points.map { ($0.0.chartNumber, $0.1.chartNumber) })
    }

    public func point<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .point, points.map { ($0.0.chartNumber, $0.1.chartNumber) })
    }

    /// The area between a line through points and zero.
    public func area<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .area, points.map { ($0.0.chartNumber, $0.1.chartNumber) })
    }

    /// A line through a collection's elements: where each is, such as `x: \.context, y: \.bytes`.
    public func line<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .line, elements.map { (x($0).chartNumber, y($0).chartNumber) })
    }

    public func point<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .point, elements.map { (x($0).chartNumber, y($0).chartNumber) })
    }

    /// The area between a line through a collection's elements and zero.
    public func area<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .area, elements.map { (x($0).chartNumber, y($0).chartNumber) })
    }

    // MARK: Bars

    /// Bars by name, in the order written. Several series stand side by side.
    public func bar(_ values: KeyValuePairs<String, some ChartNumber>, name: String = "") -> Chart {
        bar(values.map { ($0.key, $0.value) }, name: name)
    }

    /// Bars by name, in the order given.
    public func bar(_ values: [(String, some ChartNumber)], name: String = "") -> Chart {
        var chart = self
        var x: [Double] = []
        for (category, _) in values {
            let position = chart.categories.firstIndex(of: category) ?? chart.categories.count
            if position == chart.categories.count { chart.categories.append(category) }
            x.append(Double(position))
        }
        return chart.adding(name, .bar, x, values.map(\.1.chartNumber))
    }

    /// Bars of a collection's elements: their names and their values, such as `label: \.name`.
    public func bar<Element, Value: ChartNumber>(
        _ elements: some Sequence<Element>, label: (Element) -> String, value: (Element) -> Value, name: String = ""
    ) -> Chart {
        bar(elements.map { (label($0), value($0)) }, name: name)
    }

    // MARK: Distributions

    /// How many values fall into each of a number of equal ranges.
    ///
    /// - Parameter bins: their number; by default from the rule of Freedman and Diaconis (1981): a width of twice the
    ///   interquartile range over the cube root of the count.
    public func histogram(_ values: some Sequence<some ChartNumber>, bins: Int? = nil, name: String = "") -> Chart {
        let sorted = values.map(\.chartNumber).filter(\.isFinite).sorted()
        guard let low = sorted.first, let high = sorted.last else { return adding(name, .histogram, [], []) }
        let count = max(1, min(bins ?? Self.binCount(sorted), 200))
        // Divided before subtracting: the difference of two large numbers need not be finite.
        let width = high > low ? high / Double(count) - low / Double(count) : 1
        var counts = [Double](repeating: 0, count: high > low ? count : 1)
        for value in sorted {
            let bin = width > 0 ? (value / width - low / width).rounded(.down) : 0
            counts[Int(min(max(bin, 0), Double(counts.count - 1)))] += 1
        }
        let edges = counts.indices.map { low + Double($0) * width }
        var chart = adding(name, .histogram, edges, counts)
        let last = chart.series.count - 1
        chart.series[last].upperEdges = edges.indices.map { low + Double($0 + 1) * width }
        return chart
    }

    private static func binCount(_ sorted: [Double]) -> Int {
        guard let low = sorted.first, let high = sorted.last, high > low else { return 1 }
        func quantile(_ fraction: Double) -> Double { sorted[Int(fraction * Double(sorted.count - 1))] }
        let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(Double(sorted.count))
        // Without spread in the middle, Sturges (1926).
        let bins = width > 0 ? ((high - low) / width).rounded(.up) : (log2(Double(sorted.count)) + 1).rounded(.up)
        return bins.isFinite ? Int(min(max(bins, 1), 60)) : 60
    }

    // MARK: Heat maps

    /// A grid of values as shades of one colour; `values` row by row.
    public func heatMap(rows: [String], columns: [String], values: [[some ChartNumber]]) -> Chart {
        var chart = self
        chart.heatMap = HeatMap(rows: rows, columns: columns, values: values.map { $0.map(\.chartNumber) })
        return chart
    }

    private func adding(_ name: String, _ mark: Mark, _ points: [(x: Double, y: Double)]) -> Chart {
        adding(name, mark, points.map(\.x), points.map(\.y))
    }

    private func adding(_ name: String, _ mark: Mark, _ x: [Double], _ y: [Double]) -> Chart {
        var chart = self
        let count = min(x.count, y.count)
        chart.series.append(Series(name: name, mark: mark, x: Array(x.prefix(count)), y: Array(y.prefix(count))))
        return chart
    }
}
