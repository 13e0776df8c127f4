#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Chart {
    /// How many values fall into each of a number of equal ranges, each without its upper end but the last, as numpy counts.
    /// Several histograms of a chart share their ranges. On a logarithmic axis their ratios are equal, rather than their widths.
    ///
    /// - Parameter bins: their number, from 1 to 65,536; by default from the rule of Freedman and Diaconis (1981): a width of
    ///   twice the interquartile range over the cube root of the count.
    public func histogram(_ values: some Sequence<some ChartNumber>, bins: Int? = nil, name: String = "") -> Chart {
        var chart = self
        if let bins, !(1...Self.binLimit).contains(bins) {
            chart.refuse("a histogram has from 1 to \(NumberText.count(Self.binLimit)) bins, not \(NumberText.count(bins))")
        }
        chart = chart.adding(
            Series(name: name, mark: .histogram, x: [], y: [], samples: values.map(\.chartNumber), binCount: bins))
        chart.countBins()
        return chart
    }

    private static let binLimit = 65_536

    /// Counts all histograms' values in ranges over all of them.
    private mutating func countBins() {
        let histograms = series.indices.filter { series[$0].mark == .histogram }
        let isLogarithmic = x.scale == .logarithmic
        let finite = histograms.map { series[$0].samples.filter { $0.isFinite && (!isLogarithmic || $0 > 0) } }
        let all = finite.flatMap { $0 }.sorted()
        guard problem == nil, let low = all.first, let high = all.last else { return }
        let wanted = histograms.compactMap { series[$0].binCount }.max()
        let count = wanted ?? Self.binCount(isLogarithmic ? all.map(log10) : all)
        var edges = isLogarithmic ? Self.logarithmicEdges(low, high, count: count) : Self.edges(low, high, count: count)
        if zip(edges, edges.dropFirst()).contains(where: >=) {
            // Between neighbouring numbers there is no room for a bin.
            if wanted != nil {
                let (from, to) = (NumberText.exact(low, x.unit), NumberText.exact(high, x.unit))
                return refuse("values from \(from) to \(to) are too close to each other for \(Self.counted(count, "bin"))")
            }
            edges = edges.reduce(into: []) { kept, edge in if edge > kept.last ?? -.infinity { kept.append(edge) } }
        }
        for (index, values) in zip(histograms, finite) {
            series[index].x = Array(edges.dropLast())
            series[index].upperEdges = Array(edges.dropFirst())
            series[index].y = Self.counts(values, edges)
        }
    }

    /// `count` + 1 equally spaced edges; a single value gets a width of one.
    private static func edges(_ low: Double, _ high: Double, count: Int) -> [Double] {
        var (low, high) = (low, high)
        if low == high {
            let half = max(0.5, low.ulp)
            (low, high) = (max(low - half, -.greatestFiniteMagnitude), min(high + half, .greatestFiniteMagnitude))
        }
        let step = high / Double(count) - low / Double(count)
        // The distance of two large numbers need not be finite.
        let isFar = !(high - low).isFinite
        return (0...count).map { place in
            if place == count { return high }
            let share = Double(place) / Double(count)
            return isFar ? low * (1 - share) + high * share : low + Double(place) * step
        }
    }

    /// Edges whose ratios are equal; a single value gets a decade.
    private static func logarithmicEdges(_ low: Double, _ high: Double, count: Int) -> [Double] {
        var (first, last) = (log10(low), log10(high))
        if low == high { (first, last) = (max(first - 0.5, -323), min(first + 0.5, 308)) }
        return (0...count).map { place in
            if low < high, place == 0 { return low }
            if low < high, place == count { return high }
            return pow(10, first + (last - first) * Double(place) / Double(count))
        }
    }

    private static func counts(_ values: [Double], _ edges: [Double]) -> [Double] {
        var counts = [Double](repeating: 0, count: edges.count - 1)
        for value in values {
            // The last edge that is not above the value; the edges themselves decide, not a division.
            var (low, high) = (0, edges.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if edges[middle] <= value { low = middle } else { high = middle }
            }
            counts[low] += 1
        }
        return counts
    }

    private static func binCount(_ sorted: [Double]) -> Int {
        guard let low = sorted.first, let high = sorted.last, high > low else { return 1 }
        func quantile(_ fraction: Double) -> Double { sorted[Int(fraction * Double(sorted.count - 1))] }
        let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(Double(sorted.count))
        // Without spread in the middle, Sturges (1926).
        let bins = width > 0 ? ((high - low) / width).rounded(.up) : (log2(Double(sorted.count)) + 1).rounded(.up)
        return bins.isFinite ? Int(min(max(bins, 1), 60)) : 60
    }
}
