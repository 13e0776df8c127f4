extension Chart {
    /// The chart as an SVG picture that stands by itself: with plain colours, and with a dark theme's where that is chosen.
    ///
    /// Equal charts give equal text.
    public var svg: String { drawing(standalone: true) }

    /// The picture. In a page, text and rules take the colour of the text around it, series the page's `--chart-1` to `--chart-6`.
    func drawing(standalone: Bool) -> String {
        var body = SVGText(isStandalone: standalone)
        var top = 6.0
        if !title.isEmpty {
            let lines = SVGText.wrapped(title, width: ChartLayout.width - 8, size: 15)
            body.lines(lines, x: 4, y: top + 13, height: 18, [("font-size", "15"), ("font-weight", "700")])
            top += 8 + 18 * Double(lines.count)
        }
        let height: Double
        if let problem {
            let lines = SVGText.wrapped("This chart is not drawn: \(problem).", width: ChartLayout.width - 8, size: ChartLayout.fontSize)
            body.lines(lines, x: 4, y: top + 16, height: ChartLayout.lineHeight)
            height = top + 16 + ChartLayout.lineHeight * Double(lines.count)
        } else if let heatMap {
            height = draw(heatMap, from: top, into: &body)
        } else if isEmpty {
            body.label("no values to show", x: ChartLayout.width / 2, y: top + 40, anchor: "middle")
            height = top + 70
        } else {
            top = drawLegend(from: top, into: &body)
            height = isHorizontal ? drawHorizontalBars(from: top, into: &body) : drawPlot(from: top, into: &body)
        }
        var picture = SVGText(isStandalone: standalone)
        var attributes = [
            ("viewBox", "0 0 \(SVGText.number(ChartLayout.width)) \(SVGText.number(height))"), ("role", "img"),
            ("aria-label", summary), ("font-family", "ui-sans-serif,system-ui,sans-serif"),
            ("font-size", SVGText.number(ChartLayout.fontSize)), ("fill", body.ink),
        ]
        if standalone {
            attributes.insert(("xmlns", "http://www.w3.org/2000/svg"), at: 0)
            attributes += [("width", SVGText.number(ChartLayout.width)), ("height", SVGText.number(height))]
        } else {
            attributes.append(("style", "display:block;width:100%;max-width:36rem;height:auto"))
        }
        picture.open("svg", attributes)
        // Rules are told from the lines of data by their colour alone.
        let dark = "<style>@media(prefers-color-scheme:dark){svg{fill:#e4e2dd}[stroke=\"\(body.ink)\"]{stroke:#e4e2dd}}</style>"
        return picture.text + (standalone ? dark : "") + body.text + "</svg>"
    }

    var isEmpty: Bool { !series.contains { series in zip(series.x, series.y).contains { $0.isFinite && $1.isFinite } } }

    /// Names too long to stand side by side get rows instead of columns; many short ones, such as numbers, keep their columns.
    var isHorizontal: Bool {
        guard !categories.isEmpty, series.allSatisfy({ $0.mark == .bar }) else { return false }
        let slot = (ChartLayout.width - 60) / Double(categories.count)
        let widest = categories.map { SVGText.width($0, size: ChartLayout.fontSize) }.max() ?? 0
        return widest > (categories.count > 12 ? 40 : slot - 6)
    }

    // MARK: Legend

    /// Draws the legend where there is more than one series, and returns where the rest begins.
    func drawLegend(from top: Double, into body: inout SVGText) -> Double {
        guard series.count > 1, series.contains(where: { !$0.name.isEmpty }) else { return top }
        var x = 4.0
        var y = top + 12
        for (index, series) in series.enumerated() {
            let lines = SVGText.wrapped(series.name, width: ChartLayout.width - 40, size: ChartLayout.fontSize)
            let width = 24 + (lines.map { SVGText.width($0, size: ChartLayout.fontSize) }.max() ?? 0) + 14
            if x > 4, x + width > ChartLayout.width {
                x = 4
                y += ChartLayout.lineHeight
            }
            switch series.mark {
            case .line: body.line(x, y - 4, x + 18, y - 4, body.stroke(index))
            case .point: body.marker(index, x: x + 9, y: y - 4)
            case .area, .bar, .histogram:
                body.add(
                    "rect",
                    [("x", SVGText.number(x)), ("y", SVGText.number(y - 10)), ("width", "18"), ("height", "11")] + body.fill(index, series.mark))
            }
            body.lines(lines, x: x + 24, y: y, height: ChartLayout.lineHeight)
            y += ChartLayout.lineHeight * Double(lines.count - 1)
            x += width
        }
        return y + 12
    }
}
