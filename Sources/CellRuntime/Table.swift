internal import Groundwork

/// Rows and columns, shown as a table.
///
/// Both may be changed at will: rows need not be of one length, and need not be as long as `columns`. All cells are shown.
public struct Table: Displayable, Sendable, Hashable {
    public var columns: [String]
    public var rows: [[String]]
    /// Whether the cells that the table was made of are numbers, by column; of columns added since the texts tell.
    private var isNumeric: [Bool]
    /// That the rows were not all of one length, which may be a mistake.
    private let note: String?

    /// Rows that are shorter than `columns` or than others are filled up, and the table says so; cells beyond `columns` stand in
    /// columns without a name.
    public init(columns: [String], rows: [[Any]]) {
        let width = max(columns.count, rows.map(\.count).max() ?? 0)
        self.columns = columns
        self.rows = rows.map { $0.map(Self.text) + Array(repeating: "", count: width - $0.count) }
        note = Self.note(rows.map(\.count), columns: columns.count)
        isNumeric = (0..<width).map { column in
            !rows.isEmpty && rows.allSatisfy { $0.count <= column || Self.isNumber($0[column]) }
        }
    }

    /// A row for each value, a column for each stored property, inherited ones first. Values that are collections of their own are
    /// rows of as many columns as the longest has; dictionaries have a column for each key.
    public init<Row>(_ values: some Sequence<Row>) {
        let members = values.map { Self.members(of: $0) }
        guard members.contains(where: { $0 != nil }) else {
            self.init(columns: ["value"], rows: values.map { [$0] })
            return
        }
        var names: [String] = []
        var places: [String: Int] = [:]
        for member in members.compactMap(\.self).joined() where places[member.name] == nil {
            places[member.name] = names.count
            names.append(member.name)
        }
        // Elements of collections have places and no names.
        let arePlaces = names.allSatisfy { Int($0) != nil } && members.allSatisfy { $0 != nil }
        let rows: [[Any]] = members.map { members in
            if arePlaces { return (members ?? []).map(\.value) }
            var row = [Any](repeating: String?.none as Any, count: names.count)
            for member in members ?? [] { if let place = places[member.name] { row[place] = member.value } }
            return row
        }
        self.init(columns: names, rows: rows)
    }

    /// Two columns: the keys, sorted as text, and their values.
    public init<Key, Value>(_ dictionary: [Key: Value]) {
        let rows = dictionary.map { ("\($0.key)", $0.value) }.sorted { $0.0 < $1.0 }
        self.init(columns: ["key", "value"], rows: rows.map { [$0.0, $0.1] })
    }

    public var displayRepresentations: [DisplayRepresentation] { [.html(html), .markdown(markdown), .plainText(plainText)] }

    // MARK: Values

    /// What a row is made of; `nil` for a value that is a cell by itself.
    private static func members(of value: Any) -> [(name: String, value: Any)]? {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.flatMap { members(of: $0.value) }
        case .dictionary:
            let pairs = mirror.children.map { pair in Mirror(reflecting: pair.value).children.map(\.value) }.filter { $0.count == 2 }
            return pairs.map { (text(of: $0[0]), $0[1]) }.sorted { $0.0 < $1.0 }
        // A case is told by its name, not by what it carries.
        case .enum: return nil
        default: break
        }
        // Dates, addresses, durations and the like are what they say, not what they are made of.
        if mirror.displayStyle == .struct || mirror.displayStyle == .class {
            let type = String(reflecting: type(of: value))
            if type.hasPrefix("Foundation") || type.hasPrefix("Swift.") { return nil }
        }
        var chain: [Mirror] = [mirror]
        while let parent = chain.last?.superclassMirror { chain.append(parent) }
        let children = chain.reversed().flatMap(\.children)
        if children.isEmpty { return nil }
        return children.enumerated().map { (columnName($1.label ?? "\($0)"), $1.value) }
    }

    private static func columnName(_ label: String) -> String {
        label.hasPrefix(".") ? String(label.dropFirst()) : label
    }

    private static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional { return mirror.children.first.map { text(of: $0.value) } ?? "" }
        return String(describing: value)
    }

    private static func isNumber(_ value: Any) -> Bool {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional { return mirror.children.first.map { isNumber($0.value) } ?? true }
        return value is any BinaryInteger || value is any BinaryFloatingPoint
    }

    // MARK: CSV

    /// Comma-separated values (RFC 4180), the first row holding the names. A byte-order mark is no part of the first name.
    public init(csv: String, separator: Character = ",") {
        let text = csv.unicodeScalars.first == "\u{FEFF}" ? String(csv.unicodeScalars.dropFirst()) : csv
        var records = CSVText.records(text, separator: separator)
        let names = records.isEmpty ? [] : records.removeFirst()
        self.init(columns: names, rows: records)
        isNumeric = isNumeric.indices.map { column in
            !records.isEmpty && records.allSatisfy { $0.count <= column || $0[column].isEmpty || Double($0[column]) != nil }
        }
    }

    /// The table as comma-separated values (RFC 4180), the first row holding the names.
    public var csv: String {
        let grid = grid
        return ([grid.columns] + grid.rows).map { CSVText.line($0) + "\n" }.joined()
    }
}

extension Table {
    /// The table with all rows, and the names, of one length.
    private var grid: (columns: [String], rows: [[String]], isNumeric: [Bool]) {
        let width = max(columns.count, rows.map(\.count).max() ?? 0)
        func filled(_ row: [String]) -> [String] { row.count == width ? row : row + Array(repeating: "", count: width - row.count) }
        let rows = rows.map(filled)
        let numeric = (0..<width).map { column in
            if isNumeric.indices.contains(column) { return isNumeric[column] }
            return !rows.isEmpty && rows.allSatisfy { $0[column].isEmpty || Double($0[column]) != nil }
        }
        return (filled(columns), rows, numeric)
    }

    private static func note(_ counts: [Int], columns: Int) -> String? {
        let uneven = counts.filter { $0 != columns }
        guard let least = uneven.min(), let most = uneven.max() else { return nil }
        let cells = least == most ? "\(least)" : "\(least) to \(most)"
        let have = uneven.count == 1 ? "has" : "have"
        return "\(uneven.count) of \(counts.count) rows \(have) not as many cells as there are columns: \(cells), not \(columns)."
    }

    private var html: String {
        let grid = grid
        func cell(_ tag: String, _ text: String, _ column: Int) -> String {
            let style = grid.isNumeric[column] ? " style=\"text-align:right\"" : ""
            return "<\(tag)\(style)>\(escaped(text))</\(tag)>"
        }
        func lines(_ rows: some Sequence<[String]>) -> String {
            rows.map { row in "<tr>" + row.indices.map { cell("td", row[$0], $0) }.joined() + "</tr>" }.joined()
        }
        let head = grid.columns.indices.map { cell("th", grid.columns[$0], $0) }.joined()
        let remark = note.map { "<p>\(escaped($0))</p>" } ?? ""
        func table(_ rows: some Sequence<[String]>) -> String {
            "<table><thead><tr>\(head)</tr></thead><tbody>\(lines(rows))</tbody></table>"
        }
        guard grid.rows.count > Self.shownRows + 20 else { return table(grid.rows) + remark }
        // A long table shows its beginning; the rest unfolds.
        let rest = grid.rows.dropFirst(Self.shownRows)
        return table(grid.rows.prefix(Self.shownRows))
            + "<details><summary>\(rest.count) more rows</summary>\(table(rest))</details>" + remark
    }

    /// So many rows stand above the fold of a long table.
    private static let shownRows = 100

    private var markdown: String {
        let grid = grid
        func text(_ cell: String) -> String {
            cell.replacing("|", with: "\\|").replacing("\r\n", with: "<br>").replacing("\n", with: "<br>")
        }
        func line(_ cells: [String]) -> String { "| " + cells.map(text).joined(separator: " | ") + " |" }
        let rule = grid.isNumeric.map { $0 ? "---:" : "---" }
        let lines = [line(grid.columns), "| " + rule.joined(separator: " | ") + " |"] + grid.rows.map(line)
        return lines.joined(separator: "\n") + (note.map { "\n\n\($0)" } ?? "")
    }

    private var plainText: String {
        let grid = grid
        let widths = grid.columns.indices.map { column in
            ([grid.columns[column]] + grid.rows.map { $0[column] }).map(\.count).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let fill = String(repeating: " ", count: widths[column] - cells[column].count)
                return grid.isNumeric[column] ? fill + cells[column] : cells[column] + fill
            }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(grid.columns), rule] + grid.rows.map(line) + [note].compactMap(\.self)).joined(separator: "\n")
    }
}
