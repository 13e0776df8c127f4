/// Cuts lines and areas at the edges of the plot, in fractions of it: 0 to 1 is inside, both ways.
enum PlotClipping {
    typealias Point = (x: Double, y: Double)

    /// The parts of a line through points that lie inside. A line that leaves ends where it crosses the edge.
    ///
    /// (Y.-D. Liang and B. A. Barsky, "A new concept and method for line clipping", ACM Transactions on Graphics, 1984.)
    static func line(_ points: [Point]) -> [[Point]] {
        var runs: [[Point]] = []
        var run: [Point] = []
        for (from, to) in zip(points, points.dropFirst()) {
            guard let (start, end) = segment(from, to) else {
                if !run.isEmpty { runs.append(run) }
                run = []
                continue
            }
            if let last = run.last, last == start {
                run.append(end)
            } else {
                if !run.isEmpty { runs.append(run) }
                run = [start, end]
            }
        }
        if !run.isEmpty { runs.append(run) }
        return runs
    }

    private static func segment(_ from: Point, _ to: Point) -> (Point, Point)? {
        let (width, height) = (to.x - from.x, to.y - from.y)
        var (enter, leave) = (0.0, 1.0)
        for (change, room) in [(-width, from.x), (width, 1 - from.x), (-height, from.y), (height, 1 - from.y)] {
            if change == 0 {
                if room < 0 { return nil }
            } else if change < 0 {
                enter = max(enter, room / change)
            } else {
                leave = min(leave, room / change)
            }
        }
        guard enter <= leave else { return nil }
        func point(_ share: Double) -> Point {
            if share == 0 { return from }
            if share == 1 { return to }
            return (min(max(from.x + share * width, 0), 1), min(max(from.y + share * height, 0), 1))
        }
        return (point(enter), point(leave))
    }

    /// The part of a closed shape that lies inside.
    ///
    /// (I. E. Sutherland and G. W. Hodgman, "Reentrant polygon clipping", Communications of the ACM, 1974.)
    static func area(_ points: [Point]) -> [Point] {
        var shape = points
        for (isAcross, edge, isBelow) in [(true, 0.0, false), (true, 1, true), (false, 0, false), (false, 1, true)] {
            func place(_ point: Point) -> Double { isAcross ? point.x : point.y }
            func isInside(_ point: Point) -> Bool { isBelow ? place(point) <= edge : place(point) >= edge }
            var cut: [Point] = []
            for (index, point) in shape.enumerated() {
                let before = shape[index == 0 ? shape.count - 1 : index - 1]
                if isInside(point) != isInside(before) {
                    let share = (edge - place(before)) / (place(point) - place(before))
                    cut.append(
                        isAcross
                            ? (edge, before.y + share * (point.y - before.y)) : (before.x + share * (point.x - before.x), edge))
                }
                if isInside(point) { cut.append(point) }
            }
            shape = cut
        }
        return shape
    }

    /// A long line with the points that show: of those that fall on one column of pixels the first, the lowest, the highest
    /// and the last.
    ///
    /// (U. Jugel et al., "M4: a visualization-oriented time series data aggregation", VLDB 2014.)
    static func thinned(_ points: [Point], columns: Double) -> [Point] {
        guard Double(points.count) > columns * 4 else { return points }
        var kept: [Point] = []
        var start = 0
        while start < points.count {
            let column = (points[start].x * columns).rounded(.down)
            var end = start + 1
            while end < points.count, (points[end].x * columns).rounded(.down) == column { end += 1 }
            let group = start..<end
            let low = group.min { points[$0].y < points[$1].y } ?? start
            let high = group.max { points[$0].y < points[$1].y } ?? start
            for index in Set([start, low, high, end - 1]).sorted() { kept.append(points[index]) }
            start = end
        }
        return kept
    }
}
