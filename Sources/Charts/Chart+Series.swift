extension Chart {
    // MARK: Lines, points, areas

    /// A line through points. Both sequences are equally long; otherwise the chart says what they are in the place of a picture.
    public func line(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .line, x: x.map { ChartValue($0) }, y: y.map { ChartValue($0) })
    }

    /// A line through values at 0, 1, 2, …
    public func line(_ values: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        let y = values.map { ChartValue($0) }
        return adding(name, .line, x: y.indices.map { ChartValue($0) }, y: y)
    }

    public func point(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .point, x: x.map { ChartValue($0) }, y: y.map { ChartValue($0) })
    }

    /// The area between a line and zero.
    public func area(x: some Sequence<some ChartNumber>, y: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        adding(name, .area, x: x.map { ChartValue($0) }, y: y.map { ChartValue($0) })
    }

    /// The area under values at 0, 1, 2, …
    public func area(_ values: some Sequence<some ChartNumber>, name: String = "") -> Chart {
        let y = values.map { ChartValue($0) }
        return adding(name, .area, x: y.indices.map { ChartValue($0) }, y: y)
    }

    // MARK: Points given one by one

    /// A line through points.
    public func line<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .line, points.map { (ChartValue($0.0), ChartValue($0.1)) })
    }

    public func point<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .point, points.map { (ChartValue($0.0), ChartValue($0.1)) })
    }

    /// The area between a line through points and zero.
    public func area<X: ChartNumber, Y: ChartNumber>(_ points: some Sequence<(X, Y)>, name: String = "") -> Chart {
        adding(name, .area, points.map { (ChartValue($0.0), ChartValue($0.1)) })
    }

    /// A line through a collection's elements: where each is, such as `x: \.context, y: \.bytes`.
    public func line<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .line, elements.map { (ChartValue(x($0)), ChartValue(y($0))) })
    }

    public func point<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .point, elements.map { (ChartValue(x($0)), ChartValue(y($0))) })
    }

    /// The area between a line through a collection's elements and zero.
    public func area<Element>(
        _ elements: some Sequence<Element>, x: (Element) -> some ChartNumber, y: (Element) -> some ChartNumber, name: String = ""
    ) -> Chart {
        adding(name, .area, elements.map { (ChartValue(x($0)), ChartValue(y($0))) })
    }

    // MARK: Bars

    /// Bars by name, in the order written. Several series stand side by side.
    public func bar(_ values: KeyValuePairs<String, some ChartNumber>, name: String = "") -> Chart {
        bar(values.map { ($0.key, $0.value) }, name: name)
    }

    /// Bars by name, in the order given. Values of one name are added, and the chart says so.
    public func bar(_ values: [(String, some ChartNumber)], name: String = "") -> Chart {
        var chart = self
        var places: [String: Int] = [:]
        for (place, category) in categories.enumerated() { places[category] = place }
        var x: [ChartValue] = []
        for (category, _) in values {
            let place = places[category] ?? chart.categories.count
            if place == chart.categories.count {
                places[category] = place
                chart.categories.append(category)
            }
            x.append(ChartValue(place))
        }
        return chart.adding(name, .bar, x: x, y: values.map { ChartValue($0.1) })
    }

    /// Bars of a collection's elements: their names and their values, such as `label: \.name`.
    public func bar<Element, Value: ChartNumber>(
        _ elements: some Sequence<Element>, label: (Element) -> String, value: (Element) -> Value, name: String = ""
    ) -> Chart {
        bar(elements.map { (label($0), value($0)) }, name: name)
    }

    // MARK: Heat maps

    /// A grid of values as shades of one colour, or of two where some are negative; `values` row by row, as many rows as
    /// `rows`, each as long as `columns`: otherwise the chart shows the sizes in the place of a picture.
    public func heatMap(rows: [String], columns: [String], values: [[some ChartNumber]]) -> Chart {
        var map = HeatMap(rows: rows, columns: columns, values: values.map { $0.map(\.chartNumber) })
        for (row, line) in values.enumerated() {
            for (column, value) in line.enumerated() {
                if let digits = value.chartDigits { map.written[[row, column]] = digits }
            }
        }
        var chart = self
        if heatMap != nil { chart.refuse("a chart holds one heat map") }
        chart.heatMap = map
        if values.count != rows.count {
            chart.refuse("the heat map has \(Self.counted(values.count, "row")) of values for \(Self.counted(rows.count, "row name"))")
        }
        for (row, line) in values.enumerated() where line.count != columns.count {
            chart.refuse(
                "row \(row + 1) of the heat map has \(Self.counted(line.count, "value")) for \(Self.counted(columns.count, "column name"))")
            break
        }
        return chart.checked()
    }

    // MARK: Adding

    private func adding(_ name: String, _ mark: Mark, _ points: [(x: ChartValue, y: ChartValue)]) -> Chart {
        adding(name, mark, x: points.map(\.x), y: points.map(\.y))
    }

    private func adding(_ name: String, _ mark: Mark, x: [ChartValue], y: [ChartValue]) -> Chart {
        let count = min(x.count, y.count)
        var series = Series(name: name, mark: mark, x: x.prefix(count).map(\.number), y: y.prefix(count).map(\.number))
        for place in 0..<count {
            if let digits = x[place].digits { series.writtenX[place] = digits }
            if let digits = y[place].digits { series.writtenY[place] = digits }
        }
        var chart = self
        if x.count != y.count {
            let kind = name.isEmpty ? "\(mark)" : "\(mark) \"\(name)\""
            chart.refuse("the \(kind) has \(Self.counted(x.count, "horizontal value")) and \(Self.counted(y.count, "vertical value"))")
        }
        return chart.adding(series)
    }

    func adding(_ series: Series) -> Chart {
        var chart = self
        chart.series.append(series)
        return chart.checked()
    }

    /// Notes why the chart cannot be drawn; the first reason is the one that is shown.
    mutating func refuse(_ reason: String) {
        problem = problem ?? reason
    }

    /// What shares no axes cannot be drawn together.
    private func checked() -> Chart {
        var chart = self
        if heatMap != nil, !series.isEmpty { chart.refuse("a heat map and other series do not share their axes: make two charts of them") }
        if series.contains(where: { $0.mark == .histogram }), series.contains(where: { $0.mark == .bar }) {
            chart.refuse("bars by name and a histogram do not share their axes: make two charts of them")
        }
        return chart
    }

    static func counted(_ count: Int, _ noun: String) -> String { "\(NumberText.count(count)) \(noun)\(count == 1 ? "" : "s")" }
}

/// A number to be drawn, with its digits where they are others.
private struct ChartValue {
    var number: Double
    var digits: String?

    init(_ value: some ChartNumber) {
        number = value.chartNumber
        digits = value.chartDigits
    }
}
