/// A chart as a value: series of numbers and the axes to show them on.
///
/// Each function that adds something returns a new chart, so that a chart reads as one expression:
///
///     Chart("Memory by dtype", y: ChartAxis("memory", unit: .bytes))
///         .bar(["float32": 538_060_032, "bfloat16": 269_030_016])
///
/// Shown in a notebook it is an SVG picture that takes the page's colours, with its numbers in a table beneath.
public struct Chart: Sendable, Hashable {
    /// What one series draws.
    enum Mark: Sendable, Hashable {
        case line, point, area
        case bar
        /// Bars that touch, each over a range of values.
        case histogram
    }

    struct Series: Sendable, Hashable {
        var name: String
        var mark: Mark
        /// Positions: values for lines, points and areas, indices of categories for bars, lower edges for histograms.
        var x: [Double]
        var y: [Double]
        /// Upper edges of a histogram's bins.
        var upperEdges: [Double] = []
        /// The values that a histogram counts, and the number of bins that was asked for.
        var samples: [Double] = []
        var binCount: Int?
        /// Values in digits, by their places in `x` and `y`, where the number there is only next to them: integers
        /// beyond 2^53, and numbers of less precision, whose own digits are fewer.
        var writtenX: [Int: String] = [:]
        var writtenY: [Int: String] = [:]
    }

    struct HeatMap: Sendable, Hashable {
        var rows: [String]
        var columns: [String]
        /// Row by row.
        var values: [[Double]]
        /// As in a series, by row and column.
        var written: [[Int]: String] = [:]
    }

    public var title: String
    public var x: ChartAxis
    public var y: ChartAxis
    var series: [Series] = []
    /// The names of bars, in the order in which they came up.
    var categories: [String] = []
    var heatMap: HeatMap?
    /// Why the chart cannot be drawn: shown in its place.
    var problem: String?

    public init(_ title: String = "", x: ChartAxis = "", y: ChartAxis = "") {
        self.title = title
        self.x = x
        self.y = y
    }
}
