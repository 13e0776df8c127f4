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
        let note = notes.map { "<p>\(SVGText.escaped($0))</p>" }.joined()
        let remark = table.remark.map { "<p>\(SVGText.escaped($0))</p>" } ?? ""
        return "<div class=\"chart\">\(drawing(standalone: false))\(note)<details class=\"chart-data\"><summary>Data</summary>"
            + "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Data of the chart\"><table>\(rows)</tbody></table></div>"
            + "\(remark)</details></div>"
    }

    /// What the picture shows, in a sentence: for people who do not see it.
    var summary: String {
        if let problem { return [title, "This chart is not drawn: \(problem)"].filter { !$0.isEmpty }.joined(separator: ". ") }
        if let heatMap {
            let size = "Heat map of \(Self.counted(heatMap.rows.count, "row")) and \(Self.counted(heatMap.columns.count, "column"))"
            let range = range(of: heatMap.values.flatMap { $0 })
            return [title, size + (range.map { ": \($0)" } ?? "")].filter { !$0.isEmpty }.joined(separator: ". ")
        }
        let kind: String
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
            let name = series.name.isEmpty ? "" : "\(series.name): "
            if series.mark == .histogram {
                let bins = "in \(Self.counted(series.y.count, "bin"))"
                if let range = range(of: series.samples, unit: x.unit) { parts.append("\(name)\(range), \(bins)") }
            } else if let range = range(of: series.y, written: series.writtenY) {
                parts.append(name + range)
            }
        }
        return parts.joined(separator: ". ")
    }

    /// `3 values from 2.34561 to 2.34655`: the ends with as many digits as tell them apart.
    private func range(of values: [Double], written: [Int: String] = [:], unit: ChartUnit? = nil) -> String? {
        let shown = values.enumerated().filter(\.element.isFinite)
        guard let low = shown.min(by: { $0.element < $1.element }), let high = shown.max(by: { $0.element < $1.element }) else { return nil }
        func text(_ end: (offset: Int, element: Double)) -> String {
            NumberText.short(
                end.element, unit ?? y.unit, resolution: (high.element - low.element) / 100, written: written[end.offset])
        }
        let count = Self.counted(shown.count, "value")
        if low.element == high.element { return shown.count == 1 ? "\(count), \(text(low))" : "\(count), all \(text(low))" }
        return "\(count) from \(text(low)) to \(text(high))"
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
        let heading = [title, problem.map { "This chart is not drawn: \($0)." } ?? ""].filter { !$0.isEmpty }
        return (heading + lines + [table.remark].compactMap(\.self) + notes).joined(separator: "\n")
    }
}
