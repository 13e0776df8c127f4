extension FormulaBuilder {
    // MARK: Scripts

    func scripts(
        _ base: FormulaNode?, _ subscripted: FormulaNode?, _ superscript: FormulaNode?
    ) throws(UnsupportedFormula) -> MathMLNode {
        var nodes: [MathMLNode]
        // Whether scripts stand above and below: one alone, and both together, which KaTeX decides differently.
        var isStackedAlone = false
        var isStackedTogether = false
        switch base {
        case nil: nodes = [.element("mrow")]
        case .kern?: throw UnsupportedFormula()
        case .largeOperator(_, let limits)?:
            isStackedAlone = limits.areLimits && (style == .display || limits.isExplicit)
            isStackedTogether = limits.areLimits && style == .display
            nodes = [try node(base ?? .group([]))]
        case .namedOperator(let name, let limits)?:
            isStackedAlone = limits.areLimits && (style == .display || limits.isExplicit)
            isStackedTogether = limits.areLimits && style == .display
            nodes = [named(.element("mi", [.text(name)]), inScripts: true)]
        case .operatorName(let body, let isStarred, let limits)?:
            isStackedAlone = isStarred && (limits || style == .display)
            isStackedTogether = isStackedAlone
            nodes = [named(try operatorName(body), inScripts: true)]
        case .brace(_, let isOver)?:
            isStackedAlone = isOver == (superscript != nil)
            isStackedTogether = false
            // With both, KaTeX keeps only the script on the brace's side in place.
            if subscripted != nil, superscript != nil { throw UnsupportedFormula() }
            nodes = [try node(base ?? .group([]))]
        case let other?: nodes = [try node(other)]
        }
        if let subscripted { nodes.append(try node(subscripted)) }
        if let superscript { nodes.append(try node(superscript)) }
        let name =
            switch (subscripted != nil, superscript != nil) {
            case (true, true): isStackedTogether ? "munderover" : "msubsup"
            case (true, false): isStackedAlone ? "munder" : "msub"
            default: isStackedAlone ? "mover" : "msup"
            }
        return .element(name, nodes)
    }

    /// An operator's word with the invisible sign of application.
    func named(_ word: MathMLNode, inScripts: Bool) -> MathMLNode {
        let parts = [word, .element("mo", [.text("\u{2061}")])]
        return inScripts ? .element("mrow", parts) : .fragment(parts)
    }

    func operatorName(_ body: [FormulaNode]) throws(UnsupportedFormula) -> MathMLNode {
        var inner = self
        inner.font = "mathrm"
        let nodes = try inner.list(body)
        // What is more than a word would need KaTeX's own rules.
        for node in nodes {
            if case .space = node { continue }
            guard let element = node.element, ["mi", "mn", "mtext"].contains(element.name) else { throw UnsupportedFormula() }
        }
        return .element("mi", [.text(nodes.map(\.plainText).joined())], [attribute("mathvariant", "normal")])
    }

    // MARK: Fractions and styles

    func fraction(
        _ numerator: FormulaNode, _ denominator: FormulaNode, hasBar: Bool, isBinomial: Bool, _ size: FormulaNode.FractionSize
    ) throws(UnsupportedFormula) -> MathMLNode {
        var fraction = MathMLNode.element("mfrac", [try node(numerator), try node(denominator)], hasBar ? [] : [attribute("linethickness", "0px")])
        let isLarge: Bool? =
            switch size {
            case .automatic: nil
            case .display: style == .display ? nil : true
            case .text: style == .display ? false : nil
            }
        if style == .script || style == .scriptscript, size != .automatic { throw UnsupportedFormula() }
        if let isLarge {
            fraction = .element("mstyle", [fraction], [attribute("displaystyle", isLarge ? "true" : "false"), attribute("scriptlevel", "0")])
        }
        guard isBinomial else { return fraction }
        return row(of: [
            .element("mo", [.text("(")], [attribute("fence", "true")]), fraction, .element("mo", [.text(")")], [attribute("fence", "true")]),
        ])
    }

    func styled(_ style: FormulaNode.Style, _ nodes: [MathMLNode]) throws(UnsupportedFormula) -> MathMLNode {
        let level =
            switch style {
            case .display, .text: "0"
            case .script: "1"
            case .scriptscript: "2"
            }
        return .element("mstyle", nodes, [attribute("scriptlevel", level), attribute("displaystyle", style == .display ? "true" : "false")])
    }

    // MARK: Symbols upon symbols

    func boldSymbol(_ body: FormulaNode) throws(UnsupportedFormula) -> MathMLNode {
        var inner = self
        inner.font = "boldsymbol"
        var core = body
        while case .group(let parts) = core, parts.count == 1 { core = parts[0] }
        guard body.isCharacter else {
            if case .symbol(let symbol)? = body.parts.first, symbol.symbolClass == .binary || symbol.symbolClass == .relation {
                throw UnsupportedFormula()
            }
            return .element("mi", [try inner.node(body)])
        }
        // Operators keep the class that they have without it.
        guard case .symbol(let symbol) = core, symbol.symbolClass == .variable || symbol.symbolClass == .ordinary,
            var element = try inner.node(body).element
        else { throw UnsupportedFormula() }
        element.name = "mi"
        return .element(element)
    }

    func stack(
        _ base: FormulaNode, _ over: FormulaNode?, _ under: FormulaNode?, isRelation: Bool
    ) throws(UnsupportedFormula) -> MathMLNode {
        let inner = MathMLNode.element("mo", try list(base.parts))
        let script: MathMLNode
        if let over {
            script = .element("mover", [inner, try node(over)])
        } else if let under {
            script = .element("munder", [inner, try node(under)])
        } else {
            script = inner
        }
        var symbolClass: FormulaSymbol.Class?
        if case .symbol(let first)? = base.parts.first { symbolClass = first.symbolClass }
        if isRelation || symbolClass == .relation { return .element("mo", [script]) }
        if symbolClass == .binary { return .element("mo", [script], [attribute("lspace", "0.22em"), attribute("rspace", "0.22em")]) }
        return .element("mi", [script])
    }

    // MARK: Tables

    func table(_ table: FormulaTable) throws(UnsupportedFormula) -> MathMLNode {
        var rows: [MathMLNode] = []
        var inner = self
        inner.style = table.cellStyle
        for row in table.rows {
            var cells: [MathMLNode] = []
            for cell in row { cells.append(.element("mtd", [try styled(table.cellStyle, [try inner.row(cell, isGroup: true)])])) }
            rows.append(.element("mtr", cells))
        }
        let words: [Character: String] = ["l": "left", "c": "center", "r": "right"]
        var attributes = [attribute("rowspacing", table.rowSpacing)]
        if !table.alignments.isEmpty {
            attributes.append(attribute("columnalign", table.alignments.compactMap { words[$0] }.joined(separator: " ")))
        }
        attributes.append(attribute("columnspacing", table.columnSpacing))
        return .element("mtable", rows, attributes)
    }
}
