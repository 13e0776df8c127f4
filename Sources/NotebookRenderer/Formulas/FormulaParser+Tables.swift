extension FormulaParser {
    /// An environment; `\begin` has been read.
    mutating func environment() throws(UnsupportedFormula) -> FormulaNode {
        let name = try environmentName()
        var table = FormulaTable(rows: [])
        switch name {
        case "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix":
            table.rows = try rows(keepsSingleEmptyRow: false)
            table.columns = Array(repeating: .aligned("c", before: nil, after: nil), count: table.rows.map(\.count).max() ?? 0)
        case "cases":
            table.stretch = 1.2
            table.columns = [.aligned("l", before: 0, after: 1), .aligned("l", before: 0, after: 0)]
            table.rows = try rows(keepsSingleEmptyRow: false)
        case "aligned", "split", "align*":
            table.cellStyle = .display
            table.addsLineSpace = true
            table.rows = try rows(keepsSingleEmptyRow: true)
            let count = table.rows.map(\.count).max() ?? 0
            if name == "align*", !isDisplay { throw UnsupportedFormula() }
            if name == "split", count > 2 { throw UnsupportedFormula() }
            table.columns = (0..<count).map { .aligned($0 % 2 == 1 ? "l" : "r", before: $0 % 2 == 1 || $0 == 0 ? 0 : 1, after: 0) }
            // As amsmath does, so that an operator at the start of a cell keeps its spaces.
            for row in table.rows.indices {
                for column in stride(from: 1, to: table.rows[row].count, by: 2) { table.rows[row][column].insert(.group([]), at: 0) }
            }
        case "gathered":
            table.cellStyle = .display
            table.addsLineSpace = true
            table.columns = [.aligned("c", before: nil, after: nil)]
            table.rows = try rows(keepsSingleEmptyRow: true)
        case "array":
            guard case .group(let columns) = try argument() else { throw UnsupportedFormula() }
            for column in columns {
                guard case .symbol(let symbol) = column, let letter = symbol.text.first, ["l", "c", "r"].contains(letter) else {
                    throw UnsupportedFormula()
                }
                table.columns.append(.aligned(letter, before: nil, after: nil))
            }
            table.hasOuterSpace = true
            table.rows = try rows(keepsSingleEmptyRow: false)
            if table.columns.isEmpty || table.rows.contains(where: { $0.count > table.columns.count }) { throw UnsupportedFormula() }
        default: throw UnsupportedFormula()
        }
        table.lines = Array(repeating: [], count: table.rows.count + 1)
        table.gaps = Array(repeating: nil, count: table.rows.count)
        try expect(.command("end"))
        guard try environmentName() == name else { throw UnsupportedFormula() }
        switch name {
        case "pmatrix": return .fenced([.table(table)], left: "(", right: ")", rightColor: nil)
        case "bmatrix": return .fenced([.table(table)], left: "[", right: "]", rightColor: nil)
        case "Bmatrix": return .fenced([.table(table)], left: "{", right: "}", rightColor: nil)
        case "vmatrix": return .fenced([.table(table)], left: "∣", right: "∣", rightColor: nil)
        case "Vmatrix": return .fenced([.table(table)], left: "∥", right: "∥", rightColor: nil)
        case "cases": return .fenced([.table(table)], left: "{", right: "", rightColor: nil)
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
