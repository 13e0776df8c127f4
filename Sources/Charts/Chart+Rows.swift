#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Chart {
    /// Bars as rows, their names above them, and returns the height of the picture.
    func drawHorizontalBars(from top: Double, into body: inout SVGText) -> Double {
        let values = series.flatMap(\.y).filter { $0.isFinite && (y.scale == .linear || $0 > 0) }
        let extent = (values.min() ?? 0)...(values.max() ?? 1)
        let ticks = Ticks(y, extent: extent, includesZero: y.scale == .linear)
        let widest = values.map { SVGText.width(ValueFormat.text($0, y.unit), size: 11.5) }.max() ?? 0
        let area = PlotArea(left: 4, top: top, right: ChartLayout.width - widest - 14, bottom: top)
        let base = min(max(ticks.position(0) ?? 0, 0), 1)
        var place = top + 4
        if !y.label.isEmpty {
            body.label(y.caption, x: 4, y: place + 10, [("fill-opacity", ".8")])
            place += ChartLayout.lineHeight + 4
        }
        for (position, category) in categories.enumerated() {
            body.label(
                SVGText.fitted(category, width: ChartLayout.width - 8, size: ChartLayout.fontSize), x: 4, y: place + 11)
            place += ChartLayout.lineHeight
            for (index, series) in series.enumerated() {
                guard let row = series.x.firstIndex(of: Double(position)), let end = ticks.position(series.y[row]) else { continue }
                let fraction = min(max(end, 0), 1)
                let left = area.x(min(base, fraction))
                let width = max(abs(fraction - base) * area.width, 0.6)
                body.add(
                    "rect",
                    [
                        ("x", SVGText.number(left)), ("y", SVGText.number(place)), ("width", SVGText.number(width)), ("height", "13"),
                    ] + fill(index, .bar))
                body.label(
                    ValueFormat.text(series.y[row], y.unit), x: left + width + 6, y: place + 11,
                    [("font-size", "11.5"), ("font-weight", "600")])
                place += 15
            }
            place += 8
        }
        return place + 4
    }

    /// A grid of shades with its scale, and returns the height of the picture.
    func draw(_ map: HeatMap, from top: Double, into body: inout SVGText) -> Double {
        let values = map.values.flatMap { $0 }.filter(\.isFinite)
        guard let low = values.min(), let high = values.max(), !map.rows.isEmpty, !map.columns.isEmpty else {
            body.label("no values to show", x: ChartLayout.width / 2, y: top + 40, anchor: "middle")
            return top + 70
        }
        // Three digits of the largest value, the same decimals for all.
        let format = ValueFormat(y.unit, largest: max(abs(low), abs(high)), step: heatMapStep(high - low))
        let size = ChartLayout.fontSize
        let left = min((map.rows.map { SVGText.width($0, size: size) }.max() ?? 0) + 10, 150)
        let cellWidth = (ChartLayout.width - left - 4) / Double(map.columns.count)
        let cellHeight = min(max(cellWidth, 14), 30)
        // No shade is so deep that the page's text lacks contrast on it, light or dark.
        func shade(_ value: Double) -> Double { high > low ? Self.lightestShade + Self.shades * (value - low) / (high - low) : 0.3 }
        var place = top + (y.label.isEmpty ? 4 : 22)
        if !y.label.isEmpty { body.label(y.caption, x: 4, y: top + 12, [("fill-opacity", ".8")]) }
        for (index, name) in map.rows.enumerated() {
            body.label(
                SVGText.fitted(name, width: left - 8, size: size), x: left - 6, y: place + cellHeight / 2 + 4.5, anchor: "end")
            for column in map.columns.indices {
                guard index < map.values.count, column < map.values[index].count, map.values[index][column].isFinite else { continue }
                let value = map.values[index][column]
                let across = left + Double(column) * cellWidth
                body.add(
                    "rect",
                    [
                        ("x", SVGText.number(across + 0.5)), ("y", SVGText.number(place + 0.5)),
                        ("width", SVGText.number(max(cellWidth - 1, 0.5))), ("height", SVGText.number(cellHeight - 1)),
                        ("fill", ChartLayout.colour(0)), ("fill-opacity", ValueFormat.fixed(shade(value), decimals: 2)),
                    ])
                let text = format.text(value)
                if SVGText.width(text, size: 11) < cellWidth - 4 {
                    body.label(text, x: across + cellWidth / 2, y: place + cellHeight / 2 + 4, anchor: "middle", [("font-size", "11")])
                }
            }
            place += cellHeight
        }
        var free = -Double.infinity
        for (column, name) in map.columns.enumerated() {
            let centre = left + (Double(column) + 0.5) * cellWidth
            let half = SVGText.width(name, size: size) / 2
            guard centre - half > free else { continue }
            body.label(name, x: min(centre, ChartLayout.width - half), y: place + 16, anchor: "middle")
            free = centre + half + 6
        }
        place += 22
        if !x.label.isEmpty {
            body.label(x.caption, x: left + (ChartLayout.width - left) / 2, y: place + 13, anchor: "middle", [("fill-opacity", ".8")])
            place += ChartLayout.lineHeight + 3
        }
        let lowText = ValueFormat.text(low, y.unit)
        var across = left
        body.label(lowText, x: across, y: place + 14)
        across += SVGText.width(lowText, size: size) + 8
        for step in 0..<8 {
            let fraction = Double(step) / 7
            body.add(
                "rect",
                [
                    ("x", SVGText.number(across)), ("y", SVGText.number(place + 4)), ("width", "12"), ("height", "11"),
                    ("fill", ChartLayout.colour(0)), ("fill-opacity", ValueFormat.fixed(Self.lightestShade + Self.shades * fraction, decimals: 2)),
                ])
            across += 12
        }
        body.label(ValueFormat.text(high, y.unit), x: across + 8, y: place + 14)
        return place + 22
    }

    private static let lightestShade = 0.06
    private static let shades = 0.5

    private func heatMapStep(_ span: Double) -> Double {
        guard span > 0, span.isFinite else { return 1 }
        return pow(10, log10(span).rounded(.down) - 2)
    }
}
