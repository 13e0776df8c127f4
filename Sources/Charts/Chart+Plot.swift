extension Chart {
    /// What series are drawn in.
    struct Plot {
        var area: PlotArea
        var x: Ticks
        var y: Ticks
    }

    /// Draws axes and series, and returns the height of the picture.
    func drawPlot(from top: Double, into body: inout SVGText) -> Double {
        let isByCategory = !categories.isEmpty
        let standsOnZero = series.contains { $0.mark == .bar || $0.mark == .area || $0.mark == .histogram }
        let yTicks = Ticks(y, extent: standsOnZero ? y.belowBars(yExtent) : yExtent, includesZero: standsOnZero && y.scale == .linear)
        let xTicks = Ticks(x, extent: xExtent, count: 6, isTight: x.scale == .linear)
        let size = ChartLayout.fontSize
        let widest = yTicks.labels.map { SVGText.width($0, size: size) }.max() ?? 0
        let captions = SVGText.wrapped(yTicks.caption(y.caption), width: ChartLayout.width - 8, size: size).filter { !$0.isEmpty }
        let labelRoom = captions.isEmpty ? 0 : ChartLayout.lineHeight * Double(captions.count) + 2
        // The highest bar's value stands above it.
        let headroom = series.count { $0.mark == .bar } == 1 ? 18.0 : 6
        let area = PlotArea(
            left: min(widest + 12, 200), top: top + labelRoom + headroom, right: ChartLayout.width - 12,
            bottom: top + labelRoom + headroom + ChartLayout.plotHeight)
        body.lines(captions, x: 4, y: top + 13, height: ChartLayout.lineHeight, [("fill-opacity", ".8")])

        for (value, text) in zip(yTicks.values, yTicks.labels) {
            guard let fraction = yTicks.position(value) else { continue }
            let height = area.y(fraction)
            let isBase = value == 0 || (fraction == 0 && yTicks.scale == .logarithmic)
            body.line(area.left, height, area.right, height, [("stroke", body.ink), ("stroke-opacity", isBase ? ".6" : ".15")])
            body.label(text, x: area.left - 7, y: height + 4, anchor: "end")
        }
        // The figures of bars that hang down stand between these and the names.
        let hangs = series.contains { $0.mark == .bar && $0.y.contains { $0 < 0 } }
        let gap = hangs ? 12.0 : 0
        if isByCategory { drawNames(area, gap: gap, into: &body) } else { drawXTicks(xTicks, area, into: &body) }
        var bottom = area.bottom + 24 + (isByCategory ? gap : 0)
        let caption = isByCategory ? x.caption : xTicks.caption(x.caption)
        let lines = SVGText.wrapped(caption, width: ChartLayout.width - 8, size: size).filter { !$0.isEmpty }
        if !lines.isEmpty {
            // Centred under the plot where there is room for that.
            let half = (lines.map { SVGText.width($0, size: size) }.max() ?? 0) / 2
            let centre = max(min(area.x(0.5), ChartLayout.width - half - 2), half + 2)
            body.lines(lines, x: centre, y: bottom + 13, height: ChartLayout.lineHeight, anchor: "middle", [("fill-opacity", ".8")])
            bottom += ChartLayout.lineHeight * Double(lines.count) + 3
        }
        let plot = Plot(area: area, x: xTicks, y: yTicks)
        for (index, series) in series.enumerated() {
            switch series.mark {
            case .bar: drawBars(summed(series), index, plot, into: &body)
            case .histogram: drawHistogram(series, index, plot, into: &body)
            case .area: drawArea(series, index, plot, into: &body)
            case .line: drawLine(series, index, plot, into: &body)
            case .point:
                for run in runs(series, plot) { drawMarkers(run, index, plot, into: &body) }
            }
        }
        return bottom + 4
    }

    private func drawNames(_ area: PlotArea, gap: Double, into body: inout SVGText) {
        let size = ChartLayout.fontSize
        let slot = area.width / Double(categories.count)
        let widest = categories.map { SVGText.width($0, size: size) }.max() ?? 0
        // Of many names every so-many-th is written.
        let stride = categories.count > 12 ? max(1, Int(((widest + 6) / slot).rounded(.up))) : 1
        for (index, category) in categories.enumerated() where index % stride == 0 {
            body.label(
                SVGText.fitted(category, width: slot * Double(stride) - 2, size: size), x: area.left + (Double(index) + 0.5) * slot,
                y: area.bottom + 18 + gap, anchor: "middle")
        }
    }

    private func drawXTicks(_ ticks: Ticks, _ area: PlotArea, into body: inout SVGText) {
        var free = -Double.infinity
        for (value, text) in zip(ticks.values, ticks.labels) {
            guard let fraction = ticks.position(value) else { continue }
            let place = area.x(fraction)
            body.line(place, area.bottom, place, area.bottom + 4, [("stroke", body.ink), ("stroke-opacity", ".6")])
            let half = SVGText.width(text, size: ChartLayout.fontSize) / 2
            // A label that would touch the one before is left out; its mark stays.
            let centre = min(max(place, half + 1), ChartLayout.width - half - 1)
            guard centre - half > free else { continue }
            body.label(text, x: centre, y: area.bottom + 18, anchor: "middle")
            free = centre + half + 6
        }
    }

    // MARK: Extents

    /// The smallest and the largest value up the vertical axis, of what the horizontal one shows.
    private var yExtent: ClosedRange<Double> {
        let across: (low: Double?, high: Double?) = categories.isEmpty ? x.usableRange : (nil, nil)
        let (left, right) = (across.low ?? -.infinity, across.high ?? .infinity)
        var shown: [Double] = []
        for series in series.map(summed) {
            for (index, value) in series.y.enumerated() where value.isFinite && (y.scale == .linear || value > 0) {
                let start = series.x[index]
                let end = series.mark == .histogram ? series.upperEdges[index] : start
                if start.isNaN || (end >= left && start <= right) { shown.append(value) }
            }
        }
        guard let low = shown.min(), let high = shown.max() else { return y.scale == .linear ? 0...1 : 1...10 }
        return low...high
    }

    private var xExtent: ClosedRange<Double> {
        let shown = series.filter { $0.mark != .bar }.flatMap { $0.x + $0.upperEdges }
            .filter { $0.isFinite && (x.scale == .linear || $0 > 0) }
        guard let low = shown.min(), let high = shown.max() else { return x.scale == .linear ? 0...1 : 1...10 }
        return low...high
    }

    // MARK: Marks

    /// The places of a series' points as fractions of the plot, in runs without gaps: what cannot be shown breaks a line.
    private func runs(_ series: Series, _ plot: Plot) -> [[PlotClipping.Point]] {
        var runs: [[PlotClipping.Point]] = [[]]
        for (x, y) in zip(series.x, series.y) {
            let across = categories.isEmpty ? plot.x.position(x) : x.isFinite ? (x + 0.5) / Double(categories.count) : nil
            if let across, let up = plot.y.position(y) {
                runs[runs.count - 1].append((across, up))
            } else if runs.last?.isEmpty == false {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func path(_ points: [PlotClipping.Point], _ area: PlotArea) -> String {
        PlotClipping.thinned(points, columns: area.width * 2).enumerated().map {
            "\($0 == 0 ? "M" : "L")\(SVGText.number(area.x($1.x))) \(SVGText.number(area.y($1.y)))"
        }.joined()
    }

    /// Marks at the points that lie inside, and at none that a line was cut at.
    private func drawMarkers(_ run: [PlotClipping.Point], _ index: Int, _ plot: Plot, into body: inout SVGText) {
        let inside = -1e-9...1 + 1e-9
        for point in run where inside.contains(point.x) && inside.contains(point.y) {
            body.marker(index, x: plot.area.x(point.x), y: plot.area.y(point.y))
        }
    }

    private func drawLine(_ series: Series, _ index: Int, _ plot: Plot, into body: inout SVGText) {
        for run in runs(series, plot) {
            for part in PlotClipping.line(run) { body.add("path", [("d", path(part, plot.area))] + body.stroke(index)) }
            // Few points are marked, so that one can see what was measured.
            if run.count <= 24 { drawMarkers(run, index, plot, into: &body) }
        }
    }

    private func drawArea(_ series: Series, _ index: Int, _ plot: Plot, into body: inout SVGText) {
        let base = max(0, plot.y.position(0) ?? 0)
        for run in runs(series, plot) {
            guard let first = run.first, let last = run.last else { continue }
            let shape = PlotClipping.area(run + [(last.x, base), (first.x, base)])
            if !shape.isEmpty {
                body.add("path", [("d", path(shape, plot.area) + "z"), ("fill", body.colour(index)), ("fill-opacity", ".3")])
            }
            // The line is drawn along the values alone: neither sides nor base were measured.
            for part in PlotClipping.line(run) { body.add("path", [("d", path(part, plot.area))] + body.stroke(index)) }
        }
    }

    private func drawBars(_ series: Series, _ index: Int, _ plot: Plot, into body: inout SVGText) {
        let area = plot.area
        let bars = self.series.enumerated().filter { $0.element.mark == .bar }.map(\.offset)
        guard let order = bars.firstIndex(of: index) else { return }
        let slot = area.width / Double(max(categories.count, 1))
        let width = min(slot * 0.72 / Double(bars.count), 64)
        let base = min(max(plot.y.position(0) ?? 0, 0), 1)
        let texts = series.y.enumerated().map { NumberText.short($1, y.unit, written: series.writtenY[$0]) }
        let areTextsShown = bars.count == 1 && texts.allSatisfy { SVGText.width($0, size: 11.5) <= slot }
        for ((category, value), text) in zip(zip(series.x, series.y), texts) {
            guard let end = plot.y.position(value) else { continue }
            let fraction = min(max(end, 0), 1)
            let left = area.left + (category + 0.5) * slot + (Double(order) - Double(bars.count) / 2) * width
            let upper = area.y(max(base, fraction))
            // Where it is cut off a bar has no end, and one that lies outside is not drawn.
            let height = area.y(min(base, fraction)) - upper
            let gap = bars.count > 1 ? min(1, width / 4) : 0
            if height > 0 || end == fraction {
                body.add(
                    "rect",
                    [
                        ("x", SVGText.number(left + gap / 2)), ("y", SVGText.number(upper)), ("width", SVGText.number(max(width - gap, 0.3))),
                        ("height", SVGText.number(max(height, 0.6))),
                    ] + body.fill(index, .bar))
            }
            if areTextsShown {
                // Above the bar, or beneath one that hangs down.
                let place = value >= 0 ? upper - 5 : min(area.y(fraction) + 14, area.bottom + 10)
                body.label(text, x: left + width / 2, y: place, anchor: "middle", [("font-size", "11.5"), ("font-weight", "600")])
            }
        }
    }

    private func drawHistogram(_ series: Series, _ index: Int, _ plot: Plot, into body: inout SVGText) {
        let area = plot.area
        for ((lower, upper), count) in zip(zip(series.x, series.upperEdges), series.y) where count > 0 {
            guard let start = plot.x.position(max(lower, plot.x.range.lowerBound)), let end = plot.x.position(min(upper, plot.x.range.upperBound)),
                let height = plot.y.position(count), start < end
            else { continue }
            let width = (end - start) * area.width
            // Neighbours stand apart where there is room for that.
            let gap = width > 3 ? 0.8 : 0
            let top = area.y(min(max(height, 0), 1))
            body.add(
                "rect",
                [
                    ("x", SVGText.number(area.x(start) + gap / 2)), ("y", SVGText.number(top)),
                    ("width", SVGText.number(max(width - gap, 0.3))), ("height", SVGText.number(max(area.bottom - top, 0))),
                ] + body.fill(index, .histogram) + (self.series.count > 1 ? [("fill-opacity", ".6")] : []))
        }
    }
}
