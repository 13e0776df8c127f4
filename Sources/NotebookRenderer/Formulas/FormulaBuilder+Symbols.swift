/// The fonts that `\text` and its like have chosen.
struct FormulaTextFont: Hashable {
    var family = FormulaNode.TextFont.roman
    var isBold = false
    var isItalic = false

    mutating func change(_ change: FormulaNode.TextFont) {
        switch change {
        case .roman, .sansSerif, .monospace: family = change
        case .bold: isBold = true
        case .medium: isBold = false
        case .italic: isItalic = true
        case .upright: isItalic = false
        }
    }

    /// In CSS; `nil` where nothing was chosen.
    var style: String? {
        var parts: [String] = []
        switch family {
        case .sansSerif: parts.append("font-family:sans-serif")
        case .monospace: parts.append("font-family:monospace")
        default: break
        }
        if isBold { parts.append("font-weight:bold") }
        if isItalic { parts.append("font-style:italic") }
        return parts.isEmpty ? nil : parts.joined(separator: ";")
    }
}

extension FormulaBuilder {
    func symbol(_ symbol: FormulaSymbol) -> FormulaItem {
        switch symbol.symbolClass {
        case .variable: return letter(symbol.text)
        case .ordinary: return ordinary(symbol.text)
        case .binary, .relation, .inner, .punctuation, .large: return .operator(symbol.text, symbol.symbolClass, operatorAttributes(symbol.text))
        case .opening, .closing:
            return .operator(FormulaSymbols.fence(symbol.text), symbol.symbolClass, [Attribute("stretchy", "false")] + boldAttributes)
        }
    }

    private func letter(_ text: String) -> FormulaItem {
        if let character = text.first, text.count == 1, let font, let letter = FormulaLetters.letter(character, font, isBold: isBold) {
            return .atom(.token("mi", letter), .ordinary)
        }
        // The upright alphabet of TeX's text font has no small Greek.
        let isUpright = font == .mathrm && text.utf8.count == 1
        guard isUpright else { return .atom(.token("mi", text), .ordinary) }
        return .atom(.token("mi", text, [Attribute("mathvariant", "normal")]), .ordinary, run: .word)
    }

    private func ordinary(_ text: String) -> FormulaItem {
        if text == "′" || text == "‵" { return .operator(text, .ordinary) }
        let isDigit = text.utf8.count == 1 && (0x30...0x39).contains(text.utf8.first ?? 0)
        // What is no variable becomes bold and stays upright.
        let alphabet = font == .boldsymbol ? .mathbf : font
        if let character = text.first, text.count == 1, let alphabet, let letter = FormulaLetters.letter(character, alphabet, isBold: isBold) {
            return .atom(.token(isDigit ? "mn" : "mi", letter), .ordinary, run: isDigit ? .number : nil)
        }
        if isDigit { return .atom(.token("mn", text), .ordinary, run: .number) }
        if text == "." { return .atom(.token("mi", text), .ordinary, run: .point) }
        // TeX's ∂ is slanted, and so are its letters without dots.
        let isUpright = FormulaLetters.isItalicAlone(text) && !["∂", "ı", "ȷ"].contains(text)
        let attributes = (isUpright ? [Attribute("mathvariant", "normal")] : []) + boldAttributes
        return .atom(.token("mi", FormulaSymbols.fence(text), attributes), .ordinary)
    }

    /// For what has no bold letter.
    private var boldAttributes: [Attribute] {
        font == .boldsymbol || isBold ? [Attribute("style", "font-weight:bold")] : []
    }

    private func operatorAttributes(_ text: String) -> [Attribute] {
        (FormulaSymbols.growsUpright(text) ? [Attribute("stretchy", "false")] : []) + boldAttributes
    }

    func textItem(_ text: String) -> FormulaItem {
        let style = textFont.style
        return .atom(.token("mtext", text, style.map { [Attribute("style", $0)] } ?? []), .ordinary, run: .text(style: style))
    }

    func text(_ body: [FormulaNode], _ change: FormulaNode.TextFont?) -> MathMLNode {
        var inner = self
        inner.font = nil
        inner.isBold = false
        if let change { inner.textFont.change(change) }
        return inner.element(of: body)
    }

    // MARK: Operators

    /// A word with the invisible sign of application.
    func applied(_ word: MathMLNode) -> MathMLNode { .element("mrow", [word, .token("mo", "\u{2061}")]) }

    func named(_ name: String) -> MathMLNode { .token("mi", name) }

    func operatorName(_ body: [FormulaNode]) -> MathMLNode {
        var inner = self
        inner.font = .mathrm
        inner.isBold = false
        let nodes = inner.row(body)
        guard nodes.allSatisfy({ ["mi", "mn", "mo", "mtext", "mspace"].contains($0.name) }) else { return .row(nodes) }
        let word = nodes.map(\.plainText).joined()
        let text = String(word.map { $0 == "−" ? "-" : $0 == "∗" ? "*" : $0 })
        return .token("mi", text, FormulaLetters.isItalicAlone(text) ? [Attribute("mathvariant", "normal")] : [])
    }

    /// One operator stays one, so that it is as large as its kind; it does not grow with what stands over it.
    func operatorBody(_ body: [FormulaNode]) -> MathMLNode {
        let node = element(of: body)
        guard var element = node.element, element.name == "mo" else { return node }
        element["stretchy"] = "false"
        element["lspace"] = "0"
        element["rspace"] = "0"
        return .element(element)
    }

    /// With the spaces of another class; one symbol becomes an operator.
    func classed(_ symbolClass: FormulaSymbol.Class, _ body: [FormulaNode]) -> FormulaItem {
        if body.count == 1, case .symbol(let symbol) = body[0], symbolClass.atom != .ordinary, symbol.symbolClass == .ordinary,
            !FormulaLetters.isItalicAlone(symbol.text), symbol.text.first?.isNumber == false
        {
            return self.symbol(FormulaSymbol(symbol.text, symbolClass))
        }
        let items = self.items(of: body)
        if items.count == 1, items[0].kind == .atom {
            var item = items[0]
            item.symbolClass = symbolClass
            item.run = nil
            if !item.isOperator { item.node = .row(row(body)) }
            return item
        }
        return .atom(.row(FormulaRow(items, isTight: isTight).nodes(after: nil, before: nil)), symbolClass)
    }
}
