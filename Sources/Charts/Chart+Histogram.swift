#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Chart {
    /// How many values fall into each of a number of equal ranges, each without its upper end but the last, as numpy counts.
    /// Several histograms of a chart share their ranges.
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
        let finite = histograms.map { series[$0].samples.filter(\.isFinite) }
        let all = finite.flatMap { $0 }.sorted()
        guard problem == nil, let low = all.first, let high = all.last else { return }
        let wanted = histograms.compactMap { series[$0].binCount }.max()
        let edges = Self.edges(low, high, count: wanted ?? Self.binCount(all))
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
        return (0...count).map { $0 == count ? high : low + Double($0) * step }
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
