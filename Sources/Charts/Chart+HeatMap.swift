extension Chart {
    /// A grid of shades with its scale, and returns the height of the picture.
    func draw(_ map: HeatMap, from top: Double, into body: inout SVGText) -> Double {
        let values = map.values.flatMap { $0 }.filter(\.isFinite)
        guard let low = values.min(), let high = values.max(), !map.rows.isEmpty, !map.columns.isEmpty else {
            body.label("no values to show", x: ChartLayout.width / 2, y: top + 40, anchor: "middle")
            return top + 70
        }
        let size = ChartLayout.fontSize
        let left = min((map.rows.map { SVGText.width($0, size: size) }.max() ?? 0) + 10, 150)
        let cellWidth = (ChartLayout.width - left - 4) / Double(map.columns.count)
        let cellHeight = min(max(cellWidth, 14), 30)
        let shades = HeatShades(low: low, high: high)
        let text = NumberText.aligned(values, y.unit)
        // All cells have their figures, or none.
        let areFiguresShown = values.allSatisfy { SVGText.width(text($0), size: 11) < cellWidth - 4 }
        var place = top + 4
        if !y.label.isEmpty {
            let lines = SVGText.wrapped(y.caption, width: ChartLayout.width - 8, size: size)
            body.lines(lines, x: 4, y: top + 12, height: ChartLayout.lineHeight, [("fill-opacity", ".8")])
            place = top + 5 + ChartLayout.lineHeight * Double(lines.count)
        }
        for (index, name) in map.rows.enumerated() {
            body.label(SVGText.fitted(name, width: left - 8, size: size), x: left - 6, y: place + cellHeight / 2 + 4.5, anchor: "end")
            for (column, value) in map.values[index].enumerated() where value.isFinite {
                let across = left + Double(column) * cellWidth
                let gap = min(1, cellWidth / 4)
                body.add(
                    "rect",
                    [
                        ("x", SVGText.number(across + gap / 2)), ("y", SVGText.number(place + 0.5)),
                        ("width", SVGText.number(cellWidth - gap)), ("height", SVGText.number(cellHeight - 1)),
                    ] + shades.fill(value, body))
                if areFiguresShown {
                    body.label(text(value), x: across + cellWidth / 2, y: place + cellHeight / 2 + 4, anchor: "middle", [("font-size", "11")])
                }
            }
            place += cellHeight
        }
        place += drawColumnNames(map.columns, left: left, cellWidth: cellWidth, from: place, into: &body)
        if !x.label.isEmpty {
            let lines = SVGText.wrapped(x.caption, width: ChartLayout.width - 8, size: size)
            let half = (lines.map { SVGText.width($0, size: size) }.max() ?? 0) / 2
            let centre = max(min(left + (ChartLayout.width - left) / 2, ChartLayout.width - half - 2), half + 2)
            body.lines(lines, x: centre, y: place + 13, height: ChartLayout.lineHeight, anchor: "middle", [("fill-opacity", ".8")])
            place += ChartLayout.lineHeight * Double(lines.count) + 3
        }
        return drawScale(shades, left: left, from: place, into: &body)
    }

    /// Names beneath the columns, or turned upwards where they do not fit side by side, and returns their height.
    private func drawColumnNames(_ names: [String], left: Double, cellWidth: Double, from top: Double, into body: inout SVGText) -> Double {
        let size = ChartLayout.fontSize
        func centre(_ column: Int) -> Double { left + (Double(column) + 0.5) * cellWidth }
        let widest = names.map { SVGText.width($0, size: size) }.max() ?? 0
        if widest <= cellWidth - 2 {
            for (column, name) in names.enumerated() { body.label(name, x: centre(column), y: top + 16, anchor: "middle") }
            return 22
        }
        // A turned line takes its height; of more columns than that every so-many-th is named.
        let stride = max(1, Int((14 / cellWidth).rounded(.up)))
        let length = min(widest, 110)
        for (column, name) in names.enumerated() where column % stride == 0 {
            let place = "\(SVGText.number(centre(column) + 4)) \(SVGText.number(top + 6))"
            body.label(
                SVGText.fitted(name, width: length, size: size), x: 0, y: 0, anchor: "end", [("transform", "translate(\(place)) rotate(-90)")])
        }
        return length + 14
    }

    private func drawScale(_ shades: HeatShades, left: Double, from top: Double, into body: inout SVGText) -> Double {
        let (low, high) = (shades.low, shades.high)
        let resolution = (high / 100 - low / 100)
        let lowText = NumberText.short(low, y.unit, resolution: resolution)
        let highText = NumberText.short(high, y.unit, resolution: resolution)
        let size = ChartLayout.fontSize
        let width = SVGText.width(lowText, size: size) + SVGText.width(highText, size: size) + 112
        var across = max(4, min(left, ChartLayout.width - width))
        body.label(lowText, x: across, y: top + 14)
        // Equal values have one shade.
        if low == high { return top + 22 }
        across += SVGText.width(lowText, size: size) + 8
        for step in 0..<8 {
            let share = Double(step) / 7
            body.add(
                "rect",
                [("x", SVGText.number(across)), ("y", SVGText.number(top + 4)), ("width", "12"), ("height", "11")]
                    + shades.fill(low * (1 - share) + high * share, body))
            across += 12
        }
        body.label(highText, x: across + 8, y: top + 14)
        return top + 22
    }
}

/// The shades of a heat map: of one colour, or of two from zero on where values have both signs.
private struct HeatShades {
    var low: Double
    var high: Double

    /// No shade is so deep that the page's text lacks contrast on it, light or dark.
    private static let lightest = 0.06
    private static let depth = 0.5

    func fill(_ value: Double, _ body: SVGText) -> [(String, String)] {
        var share = 0.5
        var colour = 0
        if low < 0, high > 0 {
            let largest = max(-low, high)
            share = abs(value) / largest
            colour = value < 0 ? 1 : 0
        } else if high > low {
            share = (value / 2 - low / 2) / (high / 2 - low / 2)
            if share.isNaN { share = 0.5 }
        }
        let opacity = DecimalDigits(Self.lightest + Self.depth * min(max(share, 0), 1))?.rounded(to: -2)
        return [("fill", body.colour(colour)), ("fill-opacity", opacity?.plain(decimals: 2, isGrouped: false, minus: "-") ?? "0.5")]
    }
}
