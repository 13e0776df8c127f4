extension Chart {
    /// Draws axes and series, and returns the height of the picture.
    func drawPlot(from top: Double, into body: inout SVGText) -> Double {
        let isByCategory = !categories.isEmpty
        let standsOnZero = series.contains { $0.mark == .bar || $0.mark == .area || $0.mark == .histogram }
        let yTicks = Ticks(y, extent: extent(\.y), includesZero: standsOnZero && y.scale == .linear)
        let xTicks = Ticks(x, extent: xExtent, count: 6, isTight: x.scale == .linear)
        let size = ChartLayout.fontSize
        let widest = yTicks.values.map { SVGText.width(yTicks.text($0), size: size) }.max() ?? 0
        let labelRoom = y.label.isEmpty ? 0 : ChartLayout.lineHeight + 2
        // The highest bar's value stands above it.
        let headroom = series.count { $0.mark == .bar } == 1 ? 18.0 : 6
        let area = PlotArea(
            left: min(widest + 12, 140), top: top + labelRoom + headroom, right: ChartLayout.width - 12,
            bottom: top + labelRoom + headroom + ChartLayout.plotHeight)
        if !y.label.isEmpty { body.label(y.caption, x: 4, y: top + 13, [("fill-opacity", ".8")]) }

        for value in yTicks.values {
            guard let fraction = yTicks.position(value) else { continue }
            let height = area.y(fraction)
            let isBase = value == 0 || (fraction == 0 && yTicks.scale == .logarithmic)
            body.line(area.left, height, area.right, height, [("stroke", "currentColor"), ("stroke-opacity", isBase ? ".6" : ".15")])
            body.label(yTicks.text(value), x: area.left - 7, y: height + 4, anchor: "end")
        }
        var bottom = area.bottom
        if isByCategory {
            let slot = area.width / Double(categories.count)
            for (index, category) in categories.enumerated() {
                body.label(
                    SVGText.fitted(category, width: slot - 2, size: size), x: area.left + (Double(index) + 0.5) * slot,
                    y: area.bottom + 18, anchor: "middle")
            }
        } else {
            drawXTicks(xTicks, area, into: &body)
        }
        bottom += 24
        if !x.label.isEmpty {
            body.label(x.caption, x: area.x(0.5), y: bottom + 13, anchor: "middle", [("fill-opacity", ".8")])
            bottom += ChartLayout.lineHeight + 3
        }
        for (index, series) in series.enumerated() {
            switch series.mark {
            case .bar: drawBars(series, index, area, yTicks, into: &body)
            case .histogram: drawHistogram(series, index, area, xTicks, yTicks, into: &body)
            case .area: drawArea(series, index, area, xTicks, yTicks, into: &body)
            case .line: drawLine(series, index, area, xTicks, yTicks, into: &body)
            case .point:
                for (x, y) in positions(series, area, xTicks, yTicks).flatMap({ $0 }) { drawMarker(index, x: x, y: y, into: &body) }
            }
        }
        return bottom + 4
    }

    private func drawXTicks(_ ticks: Ticks, _ area: PlotArea, into body: inout SVGText) {
        var free = -Double.infinity
        for value in ticks.values {
            guard let fraction = ticks.position(value) else { continue }
            let place = area.x(fraction)
            body.line(place, area.bottom, place, area.bottom + 4, [("stroke", "currentColor"), ("stroke-opacity", ".6")])
            let text = ticks.text(value)
            let half = SVGText.width(text, size: ChartLayout.fontSize) / 2
            // A label that would touch the one before is left out; its mark stays.
            let centre = min(max(place, half + 1), ChartLayout.width - half - 1)
            guard centre - half > free else { continue }
            body.label(text, x: centre, y: area.bottom + 18, anchor: "middle")
            free = centre + half + 6
        }
    }

    // MARK: Extents

    private func extent(_ values: KeyPath<Series, [Double]>) -> ClosedRange<Double> {
        let shown = series.flatMap { $0[keyPath: values] }.filter { $0.isFinite && (y.scale == .linear || $0 > 0) }
        guard let low = shown.min(), let high = shown.max() else { return 0...1 }
        return low...high
    }

    private var xExtent: ClosedRange<Double> {
        let shown = series.filter { $0.mark != .bar }.flatMap { $0.x + $0.upperEdges }
            .filter { $0.isFinite && (x.scale == .linear || $0 > 0) }
        guard let low = shown.min(), let high = shown.max() else { return 0...1 }
        return low...high
    }

    // MARK: Marks

    /// The places of a series' points, in runs without gaps: what cannot be shown breaks a line.
    private func positions(_ series: Series, _ area: PlotArea, _ xTicks: Ticks, _ yTicks: Ticks) -> [[(Double, Double)]] {
        var runs: [[(Double, Double)]] = [[]]
        for (x, y) in zip(series.x, series.y) {
            let place: (Double, Double)?
            if let across = categories.isEmpty ? xTicks.position(x) : (x + 0.5) / Double(categories.count), let up = yTicks.position(y),
                (-0.001...1.001).contains(across), (-0.001...1.001).contains(up)
            {
                place = (area.x(across), area.y(up))
            } else {
                place = nil
            }
            if let place {
                runs[runs.count - 1].append(place)
            } else if runs.last?.isEmpty == false {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func path(_ points: [(Double, Double)]) -> String {
        points.enumerated().map { "\($0 == 0 ? "M" : "L")\(SVGText.number($1.0)) \(SVGText.number($1.1))" }.joined()
    }

    private func drawLine(_ series: Series, _ index: Int, _ area: PlotArea, _ xTicks: Ticks, _ yTicks: Ticks, into body: inout SVGText) {
        for run in positions(series, area, xTicks, yTicks) {
            if run.count > 1 { body.add("path", [("d", path(run))] + stroke(index)) }
            // Few points are marked, so that one can see what was measured.
            if run.count <= 24 { for (x, y) in run { drawMarker(index, x: x, y: y, into: &body) } }
        }
    }

    private func drawArea(_ series: Series, _ index: Int, _ area: PlotArea, _ xTicks: Ticks, _ yTicks: Ticks, into body: inout SVGText) {
        let base = SVGText.number(area.y(max(0, yTicks.position(0) ?? 0)))
        for run in positions(series, area, xTicks, yTicks) {
            guard let first = run.first, let last = run.last else { continue }
            let closed = path(run) + "L\(SVGText.number(last.0)) \(base)L\(SVGText.number(first.0)) \(base)z"
            body.add("path", [("d", closed), ("fill", ChartLayout.colour(index)), ("fill-opacity", ".3")])
            // The line is drawn along the values alone: neither sides nor base were measured.
            body.add("path", [("d", path(run))] + stroke(index))
        }
    }

    private func drawBars(_ series: Series, _ index: Int, _ area: PlotArea, _ yTicks: Ticks, into body: inout SVGText) {
        let bars = self.series.enumerated().filter { $0.element.mark == .bar }.map(\.offset)
        guard let order = bars.firstIndex(of: index) else { return }
        let slot = area.width / Double(max(categories.count, 1))
        let width = min(slot * 0.72 / Double(bars.count), 64)
        let base = min(max(yTicks.position(0) ?? 0, 0), 1)
        for (category, value) in zip(series.x, series.y) {
            guard let end = yTicks.position(value) else { continue }
            let fraction = min(max(end, 0), 1)
            let left = area.left + (category + 0.5) * slot + (Double(order) - Double(bars.count) / 2) * width
            let upper = area.y(max(base, fraction))
            body.add(
                "rect",
                [
                    ("x", SVGText.number(left + (bars.count > 1 ? 0.5 : 0))), ("y", SVGText.number(upper)),
                    ("width", SVGText.number(width - (bars.count > 1 ? 1 : 0))),
                    ("height", SVGText.number(max(area.y(min(base, fraction)) - upper, 0.6))),
                ] + fill(index, .bar))
            let text = ValueFormat.text(value, y.unit)
            if bars.count == 1, SVGText.width(text, size: 11.5) <= slot {
                // Above the bar, or beneath one that hangs down.
                let place = value >= 0 ? upper - 5 : min(area.y(fraction) + 14, area.bottom + 10)
                body.label(text, x: left + width / 2, y: place, anchor: "middle", [("font-size", "11.5"), ("font-weight", "600")])
            }
        }
    }

    private func drawHistogram(
        _ series: Series, _ index: Int, _ area: PlotArea, _ xTicks: Ticks, _ yTicks: Ticks, into body: inout SVGText
    ) {
        for ((lower, upper), count) in zip(zip(series.x, series.upperEdges), series.y) {
            guard let left = xTicks.position(lower), let right = xTicks.position(upper), let height = yTicks.position(count) else { continue }
            let width = (right - left) * area.width
            let top = area.y(height)
            body.add(
                "rect",
                [
                    ("x", SVGText.number(area.x(left) + 0.4)), ("y", SVGText.number(top)), ("width", SVGText.number(max(width - 0.8, 0.4))),
                    ("height", SVGText.number(max(area.bottom - top, 0))),
                ] + fill(index, .histogram) + (self.series.count > 1 ? [("fill-opacity", ".6")] : []))
        }
    }
}
