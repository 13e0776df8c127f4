/// Comma-separated values (RFC 4180).
enum CSVText {
    /// The records of a text. Empty lines are none; a line with one empty field in quotes is one.
    static func records(_ text: String, separator: Character) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var isQuoted = false
        var hasQuotes = false
        var rest = Substring(text)
        func isLineEnd(_ character: Character) -> Bool { character == "\n" || character == "\r\n" || character == "\r" }
        func endRecord() {
            if !(record.isEmpty && field.isEmpty && !hasQuotes) { records.append(record + [field]) }
            record = []
            field = ""
            hasQuotes = false
        }
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
                hasQuotes = true
            } else if character == separator {
                record.append(field)
                field = ""
            } else if isLineEnd(character) {
                endRecord()
            } else {
                field.append(character)
            }
        }
        endRecord()
        return records
    }

    /// A record; fields are quoted where they have to be.
    static func line(_ fields: [String]) -> String {
        // A line with one empty field would be no record.
        if fields == [""] { return "\"\"" }
        return fields.map { field in
            let needsQuotes = field.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
            return needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
        }.joined(separator: ",")
    }
}
