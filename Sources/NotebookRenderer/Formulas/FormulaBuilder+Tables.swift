extension FormulaBuilder {
    /// Rows and columns; alignment, rules and spaces are CSS of the cells, since Core's tables have no attributes for them.
    func table(_ table: FormulaTable) -> MathMLNode {
        let layout = FormulaTableLayout(table)
        let hasTags = table.tags.contains(where: isShown)
        var inner = self
        inner.style = table.cellStyle
        inner.textFont = FormulaTextFont()
        var rows: [MathMLNode] = []
        var number = firstNumber ?? 0
        for (index, cells) in table.rows.enumerated() {
            var row: [MathMLNode] = []
            for column in 0..<layout.columnCount {
                var nodes = column < cells.count ? inner.row(cells[column]) : []
                if column == 0 { nodes.insert(strut(table, row: index), at: 0) }
                row.append(.element("mtd", nodes, [Attribute("style", layout.style(row: index, column: column))]))
            }
            if hasTags {
                let tag = index < table.tags.count ? table.tags[index] : .none
                row.insert(.element("mtd", [], [Attribute("style", "padding:0;width:50%")]), at: 0)
                row.append(.element("mtd", [], [Attribute("style", "padding:0;width:50%")]))
                row.append(.element("mtd", self.tag(tag, &number), [Attribute("style", "padding:0 0 0 1em")]))
            }
            rows.append(.element("mtr", row))
        }
        var attributes = hasTags ? [Attribute("style", Self.wholeWidth)] : []
        // A table begins in text style, at the size around it.
        if table.cellStyle == .display { attributes.append(Attribute("displaystyle", "true")) }
        if inner.isTight != isTight { attributes.append(Attribute("scriptlevel", inner.isTight ? "1" : "0")) }
        return .element("mtable", rows, attributes)
    }

    /// Rows are numbered only where it is known which number is next.
    func isShown(_ tag: FormulaTable.Tag) -> Bool { tag != .none && (tag != .number || firstNumber != nil) }

    private func tag(_ tag: FormulaTable.Tag, _ number: inout Int) -> [MathMLNode] {
        switch tag {
        case .none: return []
        case .text(let body):
            var inner = self
            inner.style = .text
            return [.element("mstyle", inner.row(body), Self.styleAttributes(.text))]
        case .number:
            guard firstNumber != nil else { return [] }
            defer { number += 1 }
            return [.token("mtext", "(\(number))")]
        }
    }

    /// What keeps rows apart, whatever is in them.
    private func strut(_ table: FormulaTable, row: Int) -> MathMLNode {
        let line = (table.isDiagram ? 1.29 : 1.2) * table.stretch / (table.cellStyle == .script && !isTight ? 0.7 : 1)
        var depth = 0.3 * line
        if row < table.gaps.count, let gap = table.gaps[row] { depth += gap.em(scale: sizeMultiplier) }
        if table.addsLineSpace { depth += 0.3 }
        return .element(
            "mspace", [], [Attribute("height", MathMLLength.em(0.7 * line)), Attribute("depth", MathMLLength.em(max(depth, 0)))])
    }
}

/// Where the columns and rules of a table are.
private struct FormulaTableLayout {
    private struct Column {
        var alignment: Character = "c"
        var before: Double?
        var after: Double?
        /// The lines at its sides, for each whether it is dashed.
        var linesBefore: [Bool] = []
        var linesAfter: [Bool] = []
    }

    private var columns: [Column] = []
    private let table: FormulaTable
    var columnCount: Int { columns.count }

    init(_ table: FormulaTable) {
        self.table = table
        var pending: [Bool] = []
        for column in table.columns {
            switch column {
            case .line(let isDashed): pending.append(isDashed)
            case .aligned(let alignment, let before, let after):
                columns.append(Column(alignment: alignment, before: before, after: after, linesBefore: pending))
                pending = []
            }
        }
        let count = max(table.rows.map(\.count).max() ?? 0, 1)
        if columns.count > count { columns.removeLast(columns.count - count) }
        while columns.count < count { columns.append(Column()) }
        columns[columns.count - 1].linesAfter = pending
    }

    func style(row: Int, column index: Int) -> String {
        let column = columns[index]
        let usual = table.isSmall ? 0.2778 : 0.5
        let isFirst = index == 0
        let isLast = index == columns.count - 1
        let left = isFirst && !table.hasOuterSpace ? 0 : column.before ?? usual
        let right = isLast && !table.hasOuterSpace ? 0 : column.after ?? usual
        var parts = ["padding:\(left == right ? "0 \(MathMLLength.em(left))" : "0 \(MathMLLength.em(right)) 0 \(MathMLLength.em(left))")"]
        if left == 0, right == 0 { parts = ["padding:0"] }
        // Chromium sees the formula in a cell as a block, which text-align does not move.
        switch column.alignment {
        case "l": parts.append("text-align:left;text-align:-webkit-left")
        case "r": parts.append("text-align:right;text-align:-webkit-right")
        default: break
        }
        func rule(_ side: String, _ lines: [Bool]) {
            guard let isDashed = lines.first else { return }
            parts.append(lines.count > 1 ? "border-\(side):0.24em double" : "border-\(side):0.05em \(isDashed ? "dashed" : "solid")")
        }
        rule("left", column.linesBefore)
        rule("right", column.linesAfter)
        if row < table.lines.count { rule("top", table.lines[row]) }
        if row == table.rows.count - 1, row + 1 < table.lines.count { rule("bottom", table.lines[row + 1]) }
        return parts.joined(separator: ";")
    }
}
