extension FormulaParser {
    /// An environment; `\begin` has been read.
    mutating func environment() throws(UnsupportedFormula) -> FormulaNode {
        let name = try environmentName()
        var table: FormulaTable
        switch name {
        case "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix":
            table = FormulaTable(rows: [], alignments: [], rowSpacing: "0.16em", columnSpacing: "1em", cellStyle: .text)
            table.rows = try rows(keepsSingleEmptyRow: false)
            table.alignments = Array(repeating: "c", count: table.rows.map(\.count).max() ?? 0)
        case "cases":
            table = FormulaTable(rows: [], alignments: ["l", "l"], rowSpacing: "0.36em", columnSpacing: "1em", cellStyle: .text)
            table.rows = try rows(keepsSingleEmptyRow: false)
        case "aligned", "split", "align*":
            table = FormulaTable(rows: [], alignments: [], rowSpacing: "0.25em", columnSpacing: "", cellStyle: .display)
            table.rows = try rows(keepsSingleEmptyRow: true)
            let count = table.rows.map(\.count).max() ?? 0
            if name == "align*", !isDisplay { throw UnsupportedFormula() }
            if name == "split", count > 2 { throw UnsupportedFormula() }
            table.alignments = (0..<count).map { $0 % 2 == 1 ? "l" : "r" }
            table.columnSpacing = (1..<max(count, 1)).map { $0 % 2 == 1 ? "0em" : "1em" }.joined(separator: " ")
            // As amsmath does, so that an operator at the start of a cell keeps its spaces.
            for row in table.rows.indices {
                for column in stride(from: 1, to: table.rows[row].count, by: 2) { table.rows[row][column].insert(.group([]), at: 0) }
            }
        case "gathered":
            table = FormulaTable(rows: [], alignments: ["c"], rowSpacing: "0.25em", columnSpacing: "0em", cellStyle: .display)
            table.rows = try rows(keepsSingleEmptyRow: true)
        case "array":
            guard case .group(let columns) = try argument() else { throw UnsupportedFormula() }
            table = FormulaTable(rows: [], alignments: [], rowSpacing: "0.16em", columnSpacing: "1em", cellStyle: .text)
            for column in columns {
                guard case .symbol(let symbol) = column, let letter = symbol.text.first, ["l", "c", "r"].contains(letter) else {
                    throw UnsupportedFormula()
                }
                table.alignments.append(letter)
            }
            table.rows = try rows(keepsSingleEmptyRow: false)
            if table.alignments.isEmpty || table.rows.contains(where: { $0.count > table.alignments.count }) { throw UnsupportedFormula() }
        default: throw UnsupportedFormula()
        }
        try expect(.command("end"))
        guard try environmentName() == name else { throw UnsupportedFormula() }
        switch name {
        case "pmatrix": return .fenced([.table(table)], left: "(", right: ")")
        case "bmatrix": return .fenced([.table(table)], left: "[", right: "]")
        case "Bmatrix": return .fenced([.table(table)], left: "{", right: "}")
        case "vmatrix": return .fenced([.table(table)], left: "∣", right: "∣")
        case "Vmatrix": return .fenced([.table(table)], left: "∥", right: "∥")
        case "cases": return .fenced([.table(table)], left: "{", right: "")
        default: return .table(table)
        }
    }

    private mutating func environmentName() throws(UnsupportedFormula) -> String {
        skipSpaces()
        try expect(Self.openBrace)
        var name: [UInt8] = []
        while case .character(let byte) = next, byte != UInt8(ascii: "}") {
            name.append(byte)
            advance()
        }
        try expect(Self.closeBrace)
        return String(decoding: name, as: UTF8.self)
    }

    /// Rows up to `\end`; a last row that is empty is left out.
    private mutating func rows(keepsSingleEmptyRow: Bool) throws(UnsupportedFormula) -> [[[FormulaNode]]] {
        var rows: [[[FormulaNode]]] = [[]]
        while true {
            let cell = try nested { (parser) throws(UnsupportedFormula) in try parser.expression() }
            rows[rows.count - 1].append(cell)
            switch next {
            case Self.ampersand: advance()
            case .command("\\"):
                advance()
                // A height in brackets or a star may follow.
                if case .character(UInt8(ascii: "*")) = following { throw UnsupportedFormula() }
                if following == Self.openBracket { throw UnsupportedFormula() }
                rows.append([])
            case .command("end"):
                if rows[rows.count - 1].count == 1, cell.isEmpty, rows.count > 1 || !keepsSingleEmptyRow { rows.removeLast() }
                return rows
            default: throw UnsupportedFormula()
            }
        }
    }
}
