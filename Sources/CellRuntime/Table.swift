/// Rows and columns, shown as a table.
public struct Table: Displayable, Sendable, Hashable {
    public var columns: [String]
    public var rows: [[String]]
    /// Columns whose cells are numbers, set to the right.
    private var numeric: [Bool]

    /// Rows that are shorter than `columns` are filled up, longer ones cut.
    public init(columns: [String], rows: [[Any]]) {
        self.columns = columns
        self.rows = rows.map { row in
            columns.indices.map { $0 < row.count ? Self.text(of: row[$0]) : "" }
        }
        numeric = columns.indices.map { column in
            !rows.isEmpty && rows.allSatisfy { $0.count <= column || Self.isNumber($0[column]) }
        }
    }

    /// A row for each value, a column for each stored property.
    public init<Row>(_ values: some Sequence<Row>) {
        let mirrors = values.map { Mirror(reflecting: $0) }
        var names: [String] = []
        for child in mirrors.first?.children ?? .init([]) { names.append(child.label ?? "\(names.count)") }
        if names.isEmpty {
            self.init(columns: ["value"], rows: values.map { [$0] })
        } else {
            self.init(columns: names.map(Self.columnName), rows: mirrors.map { $0.children.map(\.value) })
        }
    }

    /// Two columns: the keys, sorted as text, and their values.
    public init<Key, Value>(_ dictionary: [Key: Value]) {
        let rows = dictionary.map { ("\($0.key)", $0.value) }.sorted { $0.0 < $1.0 }
        self.init(columns: ["key", "value"], rows: rows.map { [$0.0, $0.1] })
    }

    /// Comma-separated values (RFC 4180), the first row holding the names.
    public init(csv: String, separator: Character = ",") {
        var records = Self.records(csv, separator: separator)
        let names = records.isEmpty ? [] : records.removeFirst()
        self.init(columns: names, rows: records)
        numeric = names.indices.map { column in
            !records.isEmpty && records.allSatisfy { $0.count <= column || $0[column].isEmpty || Double($0[column]) != nil }
        }
    }

    public var displayRepresentations: [DisplayRepresentation] { [.html(html), .markdown(markdown), .plainText(plainText)] }

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
}

extension Table {
    private var html: String {
        func cell(_ tag: String, _ text: String, _ column: Int) -> String {
            let style = numeric[column] ? " style=\"text-align:right\"" : ""
            return "<\(tag)\(style)>\(Self.escaped(text))</\(tag)>"
        }
        let head = columns.indices.map { cell("th", columns[$0], $0) }.joined()
        let body = rows.map { row in "<tr>" + row.indices.map { cell("td", row[$0], $0) }.joined() + "</tr>" }
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(body.joined())</tbody></table>"
    }

    private var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }.joined(separator: " | ") + " |"
        }
        let rule = numeric.map { $0 ? "---:" : "---" }
        return ([line(columns), "| " + rule.joined(separator: " | ") + " |"] + rows.map(line)).joined(separator: "\n")
    }

    private var plainText: String {
        let widths = columns.indices.map { column in
            ([columns[column]] + rows.map { $0[column] }).map(\.count).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let fill = String(repeating: " ", count: widths[column] - cells[column].count)
                return numeric[column] ? fill + cells[column] : cells[column] + fill
            }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(columns), rule] + rows.map(line)).joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static func records(_ text: String, separator: Character) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var isQuoted = false
        var rest = Substring(text)
        func isLineEnd(_ character: Character) -> Bool { character == "\n" || character == "\r\n" || character == "\r" }
        while let character = rest.popFirst() {
            if isQuoted {
                if character != "\"" {
                    field.append(character)
                } else if rest.first == "\"" {
                    field.append("\"")
                    rest.removeFirst()
                } else {
                    isQuoted = false
                }
            } else if character == "\"", field.isEmpty {
                isQuoted = true
            } else if character == separator {
                record.append(field)
                field = ""
            } else if isLineEnd(character) {
                if !(record.isEmpty && field.isEmpty) { records.append(record + [field]) }
                record = []
                field = ""
            } else {
                field.append(character)
            }
        }
        if !(record.isEmpty && field.isEmpty) { records.append(record + [field]) }
        return records
    }
}
