/// The measures of a chart's picture, in units of its view box. At this width the labels are readable on a phone
/// of 390 px and not too large in a column of text.
enum ChartLayout {
    static let width = 440.0
    static let plotHeight = 210.0
    static let fontSize = 12.5
    static let lineHeight = 17.0
    static let seriesCount = 6

    /// The colours of series where there is no page to take them from.
    static let colours = ["#2f7fe0", "#d9622b", "#2f9e6b", "#a066d3", "#b8860b", "#1596a8"]

    /// The dashes of a line, so that series differ by more than colour; with the colours, 36 lines differ.
    static func dashes(_ index: Int) -> String? {
        let patterns: [String?] = [nil, "7 4", "2 3", "9 3 2 3", "12 4", "4 2"]
        return patterns[(index + index / seriesCount) % seriesCount]
    }
}

/// A place in the picture that data is drawn in.
struct PlotArea {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }

    func x(_ fraction: Double) -> Double { left + fraction * width }
    func y(_ fraction: Double) -> Double { bottom - fraction * height }
}
