extension Chart {
    /// Data in rows and columns.
    struct DataTable {
        var columns: [String]
        var rows: [[String]]
        /// Rows that are left out, since pages and records are to stay small.
        var omitted = 0

        /// More rows than these are only counted.
        static let rowLimit = 5000

        /// Leaves out what is too much.
        func limited() -> DataTable {
            guard rows.count > Self.rowLimit else { return self }
            return DataTable(columns: columns, rows: Array(rows.prefix(Self.rowLimit)), omitted: rows.count - Self.rowLimit)
        }

        /// What is said of the rows that are left out.
        var remark: String? { omitted == 0 ? nil : "\(NumberText.count(omitted)) more rows are not in this table." }
    }

    /// The numbers as they were given, a row for each: names or x values first, then a column for each series.
    var dataTable: DataTable {
        if let heatMap { return table(heatMap) }
        if series.contains(where: { $0.mark == .histogram }) { return histogramTable.limited() }
        let columns = series.enumerated().map { index, series in
            series.name.isEmpty ? (y.label.isEmpty ? (self.series.count == 1 ? "value" : "value \(index + 1)") : y.label) : series.name
        }
        let first = x.label.isEmpty ? (categories.isEmpty ? "x" : "name") : x.label
        let keys = rowKeys
        var rows = keys.map { key in [keyText(key)] + Array(repeating: "–", count: series.count) }
        let places = Dictionary(keys.enumerated().map { ($0.element.identity, $0.offset) }) { first, _ in first }
        for (column, series) in series.enumerated() {
            for (index, key) in Self.keys(of: series).enumerated() {
                guard let row = places[key.identity] else { continue }
                rows[row][column + 1] = NumberText.exact(series.y[index], y.unit, written: series.writtenY[index])
            }
        }
        return DataTable(columns: [first] + columns, rows: rows).limited()
    }

    // MARK: Rows

    /// What a row is of: a place, and the how many-th value of a series at that place.
    private struct RowKey {
        struct Identity: Hashable {
            var bits: UInt64
            var occurrence: Int
        }

        var x: Double
        var written: String?
        var occurrence: Int

        var identity: Identity { Identity(bits: x.bitPattern, occurrence: occurrence) }
    }

    private static func keys(of series: Series) -> [RowKey] {
        var seen: [UInt64: Int] = [:]
        return series.x.enumerated().map { index, x in
            // Zero has two signs and is one place.
            let x = x == 0 ? 0 : x
            let occurrence = seen[x.bitPattern, default: 0]
            seen[x.bitPattern] = occurrence + 1
            return RowKey(x: x, written: series.writtenX[index], occurrence: occurrence)
        }
    }

    /// The rows of all series: by x, or in the order in which names came up.
    private var rowKeys: [RowKey] {
        var keys: [RowKey] = []
        var seen: Set<RowKey.Identity> = []
        for key in series.flatMap(Self.keys) where seen.insert(key.identity).inserted { keys.append(key) }
        // What is no number comes last.
        func rank(_ x: Double) -> Double { x.isNaN ? .infinity : x }
        return keys.enumerated().sorted {
            (rank($0.element.x), $0.element.occurrence, $0.offset) < (rank($1.element.x), $1.element.occurrence, $1.offset)
        }.map(\.element)
    }

    private func keyText(_ key: RowKey) -> String { category(key.x) ?? NumberText.exact(key.x, x.unit, written: key.written) }

    private var histogramTable: DataTable {
        let histograms = series.filter { $0.mark == .histogram }
        let others = series.filter { $0.mark != .histogram }
        let label = x.label.isEmpty ? "" : x.label + " "
        let columns = histograms.enumerated().map { index, series in
            series.name.isEmpty ? (histograms.count == 1 ? "count" : "count \(index + 1)") : series.name
        }
        guard let first = histograms.first else { return DataTable(columns: columns, rows: []) }
        var rows = first.x.indices.map { bin -> [String] in
            let width = first.upperEdges[bin] - first.x[bin]
            let edges = [first.x[bin], first.upperEdges[bin]].map { NumberText.short($0, x.unit, resolution: width / 1000) }
            return edges + histograms.map { NumberText.exact($0.y[bin], y.unit) } + others.map { _ in "–" }
        }
        for (column, series) in others.enumerated() {
            for index in series.x.indices {
                var row = [NumberText.exact(series.x[index], x.unit, written: series.writtenX[index]), "–"] + histograms.map { _ in "–" }
                row += others.map { _ in "–" }
                row[2 + histograms.count + column] = NumberText.exact(series.y[index], y.unit, written: series.writtenY[index])
                rows.append(row)
            }
        }
        return DataTable(columns: ["\(label)from", "\(label)to"] + columns + others.map(\.name), rows: rows)
    }

    private func table(_ map: HeatMap) -> DataTable {
        let width = max(map.columns.count, map.values.map(\.count).max() ?? 0)
        let names = map.columns + Array(repeating: "", count: width - map.columns.count)
        let rows = (0..<max(map.rows.count, map.values.count)).map { row -> [String] in
            let values = map.values.indices.contains(row) ? map.values[row] : []
            let texts = values.enumerated().map { NumberText.exact($1, y.unit, written: map.written[[row, $0]]) }
            return [map.rows.indices.contains(row) ? map.rows[row] : ""] + texts
        }
        return DataTable(columns: [y.label] + names, rows: rows).limited()
    }
}
