extension Chart {
    /// Bars as rows, their names above them, and returns the height of the picture.
    func drawHorizontalBars(from top: Double, into body: inout SVGText) -> Double {
        let series = self.series.map(summed)
        let values = series.flatMap(\.y).filter { $0.isFinite && (y.scale == .linear || $0 > 0) }
        let extent = (values.min() ?? 0)...(values.max() ?? 1)
        let ticks = Ticks(y, extent: y.belowBars(extent), includesZero: y.scale == .linear)
        let texts = series.map { series in series.y.enumerated().map { NumberText.short($1, y.unit, written: series.writtenY[$0]) } }
        let widest = texts.joined().map { SVGText.width($0, size: 11.5) }.max() ?? 0
        let area = PlotArea(left: 4, top: top, right: ChartLayout.width - widest - 14, bottom: top)
        let base = min(max(ticks.position(0) ?? 0, 0), 1)
        let places = series.map { Dictionary(zip($0.x, $0.x.indices)) { first, _ in first } }
        let size = ChartLayout.fontSize
        var place = top + 4
        if !y.label.isEmpty {
            let lines = SVGText.wrapped(y.caption, width: ChartLayout.width - 8, size: size)
            body.lines(lines, x: 4, y: place + 10, height: ChartLayout.lineHeight, [("fill-opacity", ".8")])
            place += ChartLayout.lineHeight * Double(lines.count) + 4
        }
        for (position, category) in categories.enumerated() {
            body.label(SVGText.fitted(category, width: ChartLayout.width - 8, size: size), x: 4, y: place + 11)
            place += ChartLayout.lineHeight
            for (index, series) in series.enumerated() {
                guard let row = places[index][Double(position)], let end = ticks.position(series.y[row]) else { continue }
                let fraction = min(max(end, 0), 1)
                let left = area.x(min(base, fraction))
                let width = abs(fraction - base) * area.width
                if width > 0 || end == fraction {
                    body.add(
                        "rect",
                        [
                            ("x", SVGText.number(left)), ("y", SVGText.number(place)), ("width", SVGText.number(max(width, 0.6))), ("height", "13"),
                        ] + body.fill(index, .bar))
                }
                body.label(texts[index][row], x: left + width + 6, y: place + 11, [("font-size", "11.5"), ("font-weight", "600")])
                place += 15
            }
            place += 8
        }
        return place + 4
    }
}
