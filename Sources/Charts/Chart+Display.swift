public import CellRuntime

extension Chart: Displayable {
    public var displayRepresentations: [DisplayRepresentation] { [.html(html), .svg(svg), .plainText(plainText)] }

    /// The picture, and beneath it its numbers in a table that opens on demand.
    var html: String {
        let table = dataTable
        var rows = "<tr>" + table.columns.map { "<th scope=\"col\">\(SVGText.escaped($0))</th>" }.joined() + "</tr>"
        rows = "<thead>\(rows)</thead><tbody>"
        for row in table.rows {
            rows +=
                "<tr>"
                + row.enumerated().map { index, cell in
                    index == 0 ? "<th scope=\"row\">\(SVGText.escaped(cell))</th>" : "<td>\(SVGText.escaped(cell))</td>"
                }.joined() + "</tr>"
        }
        let note = hiddenCount > 0 ? "<p>\(SVGText.escaped(hiddenNote))</p>" : ""
        return "<div class=\"chart\">\(drawing(standalone: false))\(note)<details class=\"chart-data\"><summary>Data</summary>"
            + "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Data of the chart\"><table>\(rows)</tbody></table></div></details></div>"
    }

    /// What the picture shows, in a sentence: for people who do not see it.
    var summary: String {
        let kind: String
        if let heatMap {
            return [title, "Heat map of \(heatMap.rows.count) rows and \(heatMap.columns.count) columns."]
                .filter { !$0.isEmpty }.joined(separator: ". ")
        }
        switch series.first?.mark {
        case .line?: kind = "Line chart"
        case .point?: kind = "Point chart"
        case .area?: kind = "Area chart"
        case .bar?: kind = "Bar chart"
        case .histogram?: kind = "Histogram"
        case nil: kind = "Chart without values"
        }
        var parts = [title.isEmpty ? kind : "\(kind): \(title)"]
        for series in series {
            let shown = series.y.filter(\.isFinite)
            guard let low = shown.min(), let high = shown.max() else { continue }
            let name = series.name.isEmpty ? "" : "\(series.name): "
            parts.append("\(name)\(shown.count) values from \(ValueFormat.text(low, y.unit)) to \(ValueFormat.text(high, y.unit))")
        }
        return parts.joined(separator: ". ")
    }

    /// The numbers as rows: names or x values first, then a column for each series.
    var dataTable: (columns: [String], rows: [[String]]) {
        if let heatMap {
            let rows = heatMap.rows.enumerated().map { index, name in
                [name] + (index < heatMap.values.count ? heatMap.values[index].map { ValueFormat.text($0, y.unit) } : [])
            }
            return ([y.label] + heatMap.columns, rows)
        }
        let columns = series.enumerated().map { index, series in
            series.name.isEmpty ? (y.label.isEmpty ? "value \(index + 1)" : y.label) : series.name
        }
        let first = x.label.isEmpty ? (categories.isEmpty ? "x" : "name") : x.label
        var keys: [Double] = []
        var seen: Set<Double> = []
        for key in series.flatMap(\.x) where seen.insert(key).inserted { keys.append(key) }
        if categories.isEmpty { keys.sort() }
        let values = series.map { Dictionary(zip($0.x, $0.y), uniquingKeysWith: { _, last in last }) }
        let rows = keys.map { key -> [String] in
            let name = categories.isEmpty || key < 0 || Int(key) >= categories.count ? ValueFormat.text(key, x.unit) : categories[Int(key)]
            return [name] + values.map { $0[key].map { ValueFormat.text($0, y.unit) } ?? "–" }
        }
        return ([first] + columns, rows)
    }

    /// Values that the axes cannot show: not finite, or not positive on a logarithmic scale.
    var hiddenCount: Int {
        if heatMap != nil { return 0 }
        var count = 0
        for series in series {
            for (x, y) in zip(series.x, series.y) {
                let isShown =
                    y.isFinite && x.isFinite && (self.y.scale == .linear || y > 0)
                    && (self.x.scale == .linear || x > 0 || series.mark == .bar)
                if !isShown { count += 1 }
            }
        }
        return count
    }

    private var hiddenNote: String {
        "\(hiddenCount) \(hiddenCount == 1 ? "value is" : "values are") not shown: not finite, or not positive on a logarithmic scale."
    }

    /// The numbers in columns, for terminals.
    var plainText: String {
        let table = dataTable
        let all = [table.columns] + table.rows
        let widths = table.columns.indices.map { column in all.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        let lines = all.map { row in
            widths.indices.map { column in
                let text = row.count > column ? row[column] : ""
                let room = String(repeating: " ", count: max(0, widths[column] - text.count))
                return column == 0 ? text + room : room + text
            }.joined(separator: "  ")
        }
        return ([title].filter { !$0.isEmpty } + lines + (hiddenCount > 0 ? [hiddenNote] : [])).joined(separator: "\n")
    }
}
