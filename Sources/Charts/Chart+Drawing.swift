extension Chart {
    /// The chart as an SVG picture.
    ///
    /// Text and rules take the colour of the text around the picture, series the page's `--chart-1` to `--chart-6`.
    /// Equal charts give equal text.
    public var svg: String { drawing(standalone: true) }

    func drawing(standalone: Bool) -> String {
        var body = SVGText()
        var top = 6.0
        if !title.isEmpty {
            body.label(
                SVGText.fitted(title, width: ChartLayout.width - 8, size: 15), x: 4, y: top + 13,
                [("font-size", "15"), ("font-weight", "700")])
            top += 26
        }
        let height: Double
        if let heatMap {
            height = draw(heatMap, from: top, into: &body)
        } else if isEmpty {
            body.label("no values to show", x: ChartLayout.width / 2, y: top + 40, anchor: "middle")
            height = top + 70
        } else {
            top = drawLegend(from: top, into: &body)
            height = isHorizontal ? drawHorizontalBars(from: top, into: &body) : drawPlot(from: top, into: &body)
        }
        var picture = SVGText()
        var attributes = [
            ("viewBox", "0 0 \(SVGText.number(ChartLayout.width)) \(SVGText.number(height))"), ("role", "img"),
            ("aria-label", summary), ("font-family", "ui-sans-serif,system-ui,sans-serif"),
            ("font-size", SVGText.number(ChartLayout.fontSize)), ("fill", "currentColor"),
        ]
        if standalone {
            attributes.insert(("xmlns", "http://www.w3.org/2000/svg"), at: 0)
            attributes += [("width", SVGText.number(ChartLayout.width)), ("height", SVGText.number(height))]
        } else {
            attributes.append(("style", "display:block;width:100%;max-width:36rem;height:auto"))
        }
        picture.open("svg", attributes)
        let dark = standalone ? "<style>svg{color:#23211e}@media(prefers-color-scheme:dark){svg{color:#e4e2dd}}</style>" : ""
        return picture.text + dark + body.text + "</svg>"
    }

    var isEmpty: Bool { !series.contains { series in zip(series.x, series.y).contains { $0.isFinite && $1.isFinite } } }

    /// Names too long to stand side by side get rows instead of columns.
    var isHorizontal: Bool {
        guard !categories.isEmpty, series.allSatisfy({ $0.mark == .bar }) else { return false }
        let slot = (ChartLayout.width - 60) / Double(categories.count)
        return categories.contains { SVGText.width($0, size: ChartLayout.fontSize) > slot - 6 }
    }

    // MARK: Legend

    /// Draws the legend where there is more than one series, and returns where the rest begins.
    func drawLegend(from top: Double, into body: inout SVGText) -> Double {
        guard series.count > 1, series.contains(where: { !$0.name.isEmpty }) else { return top }
        var x = 4.0
        var y = top + 12
        for (index, series) in series.enumerated() {
            let name = SVGText.fitted(series.name, width: ChartLayout.width - 40, size: ChartLayout.fontSize)
            let width = 24 + SVGText.width(name, size: ChartLayout.fontSize) + 14
            if x > 4, x + width > ChartLayout.width {
                x = 4
                y += ChartLayout.lineHeight
            }
            switch series.mark {
            case .line: body.line(x, y - 4, x + 18, y - 4, stroke(index))
            case .point: drawMarker(index, x: x + 9, y: y - 4, into: &body)
            case .area, .bar, .histogram:
                body.add(
                    "rect", [("x", SVGText.number(x)), ("y", SVGText.number(y - 10)), ("width", "18"), ("height", "11")] + fill(index, series.mark))
            }
            body.label(name, x: x + 24, y: y)
            x += width
        }
        return y + 12
    }

    func stroke(_ index: Int) -> [(String, String)] {
        var attributes = [("fill", "none"), ("stroke", ChartLayout.colour(index)), ("stroke-width", "2.2"), ("stroke-linejoin", "round")]
        if let dashes = ChartLayout.dashes(index) { attributes.append(("stroke-dasharray", dashes)) }
        return attributes
    }

    func fill(_ index: Int, _ mark: Mark) -> [(String, String)] {
        var attributes = [("fill", ChartLayout.colour(index))]
        if mark == .area { attributes += [("fill-opacity", ".3"), ("stroke", ChartLayout.colour(index)), ("stroke-width", "1.8")] }
        return attributes
    }

    /// A mark for a point; each series has a shape of its own.
    func drawMarker(_ index: Int, x: Double, y: Double, into body: inout SVGText) {
        let colour = [("fill", ChartLayout.colour(index))]
        let number = SVGText.number
        switch index % 4 {
        case 0: body.add("circle", [("cx", number(x)), ("cy", number(y)), ("r", "3.4")] + colour)
        case 1: body.add("rect", [("x", number(x - 3)), ("y", number(y - 3)), ("width", "6"), ("height", "6")] + colour)
        case 2: body.add("path", [("d", "M\(number(x)) \(number(y - 4))l4 7h-8z")] + colour)
        default: body.add("path", [("d", "M\(number(x)) \(number(y - 4.4))l4.4 4.4l-4.4 4.4l-4.4-4.4z")] + colour)
        }
    }
}
