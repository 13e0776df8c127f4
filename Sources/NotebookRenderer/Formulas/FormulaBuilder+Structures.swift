extension FormulaBuilder {
    // MARK: Scripts

    func scripts(_ base: FormulaNode?, _ subscripted: FormulaNode?, _ superscript: FormulaNode?) -> [FormulaItem] {
        let (primes, superscript) = FormulaNode.primes(of: superscript)
        var isStacked = false
        var isApplied = false
        var symbolClass = FormulaSymbol.Class.ordinary
        var node = MathMLNode.element("mrow")
        switch base {
        case nil: break
        case .largeOperator(let text, let limits)?:
            isStacked = areStacked(limits)
            var attributes = [Attribute("lspace", "0"), Attribute("rspace", "0")]
            if isStacked, style != .display { attributes.append(Attribute("movablelimits", "false")) }
            node = .token("mo", text, attributes)
            symbolClass = .large
        case .namedOperator(let name, let limits)?:
            isStacked = areStacked(limits)
            (node, symbolClass, isApplied) = (named(name), .large, true)
        case .operatorName(let body, let limits)?:
            isStacked = areStacked(limits)
            (node, symbolClass, isApplied) = (operatorName(body), .large, true)
        case .operatorBody(let body, let limits)?:
            isStacked = areStacked(limits)
            node = operatorBody(body)
            if isStacked, style != .display, var element = node.element, element.name == "mo" {
                element["movablelimits"] = "false"
                node = .element(element)
            }
            symbolClass = .large
        case .brace(_, _, let isOver)?:
            node = self.element(of: [base ?? .space])
            // A script on the brace's side stands beyond it; another is a script of the whole.
            if let label = isOver ? superscript : subscripted {
                node = .element(isOver ? "mover" : "munder", [node, script(label)])
                guard let other = isOver ? subscripted : superscript else { return [.atom(node, .ordinary)] }
                return [.atom(.element(isOver ? "msub" : "msup", [node, script(other)]), .ordinary)]
            }
        case let other?:
            let items = self.items(of: [other])
            if let first = items.first(where: { $0.kind == .atom }), items.count == 1 { symbolClass = first.symbolClass }
            node = .row(FormulaRow(items, isTight: isTight).nodes(after: nil, before: nil))
        }
        var nodes = [node]
        if let subscripted { nodes.append(script(subscripted)) }
        var above = superscript.map { script($0) }
        if primes > 0, isStacked {
            // Over an operator a prime is a script as any other.
            let signs = Array(repeating: MathMLNode.token("mo", "′", Self.noSpaces), count: primes)
            above = .row(signs + (above.map { [$0] } ?? []))
        } else if primes > 0 {
            let signs = self.signs(primes, on: base == nil ? [] : [node], takesRoom: subscripted == nil && superscript == nil)
            if subscripted == nil, superscript == nil { return [.atom(isApplied ? applied(signs) : signs, symbolClass)] }
            nodes[0] = signs
            let width = Self.primeWidth * Double(primes)
            if let whole = above {
                above = .element("mrow", [space(width / 0.7), whole])
            } else if let below = subscripted {
                // A subscript that is narrower leaves the rest of their room to what follows.
                let rest = width - 0.35 * Double(script(below).plainText.count)
                if rest > 0.02 { nodes[1] = .element("mrow", [nodes[1], space(rest / 0.7)]) }
            }
        }
        if let above { nodes.append(above) }
        let name =
            switch (subscripted != nil, above != nil) {
            case (true, true): isStacked ? "munderover" : "msubsup"
            case (true, false): isStacked ? "munder" : "msub"
            default: isStacked ? "mover" : "msup"
            }
        let whole = MathMLNode.element(name, nodes)
        return [.atom(isApplied ? applied(whole) : whole, symbolClass)]
    }

    /// How wide a prime is.
    private static let primeWidth = 0.28
    private static let noSpaces = [Attribute("lspace", "0"), Attribute("rspace", "0")]

    /// Primes after a base. The sign is high and small of itself, and fonts have another for scripts, which not all browsers take: so it
    /// stands on the line, and takes no room where a subscript is to stand beneath it.
    private func signs(_ count: Int, on base: [MathMLNode], takesRoom: Bool) -> MathMLNode {
        if takesRoom { return .element("mrow", base + Array(repeating: .token("mo", "′"), count: count)) }
        let signs = Array(repeating: MathMLNode.token("mo", "′", Self.noSpaces), count: count)
        return .element("mrow", base + [.element("mpadded", signs, [Attribute("width", "0")])])
    }

    private func areStacked(_ limits: FormulaNode.Limits) -> Bool { limits.areLimits && (style == .display || limits.isExplicit) }

    // MARK: Fractions and styles

    func fraction(_ fraction: FormulaFraction) -> MathMLNode {
        var outer = self
        switch fraction.size {
        case .automatic: break
        case .display: outer.style = .display
        case .text: outer.style = .text
        case .script: outer.style = .script
        case .scriptscript: outer.style = .scriptscript
        }
        var inner = outer
        switch outer.style {
        case .display: inner.style = .text
        case .text: inner.style = .script
        case .script, .scriptscript: inner.style = .scriptscript
        }
        var attributes: [Attribute] = []
        if !fraction.hasBar {
            attributes = [Attribute("linethickness", "0")]
        } else if let size = fraction.barSize {
            attributes = [Attribute("linethickness", MathMLLength.em(size.em(scale: outer.sizeMultiplier)))]
        }
        var node = MathMLNode.element("mfrac", [inner.element(fraction.numerator), inner.element(fraction.denominator)], attributes)
        if outer.style != style { node = .element("mstyle", [node], Self.styleAttributes(outer.style)) }
        guard !fraction.left.isEmpty || !fraction.right.isEmpty else { return node }
        return .element("mrow", fence(fraction.left) + [node] + fence(fraction.right))
    }

    static func styleAttributes(_ style: FormulaNode.Style) -> [Attribute] {
        let level =
            switch style {
            case .display, .text: "0"
            case .script: "1"
            case .scriptscript: "2"
            }
        return [Attribute("displaystyle", style == .display ? "true" : "false"), Attribute("scriptlevel", level)]
    }

    func styled(_ style: FormulaNode.Style, _ body: [FormulaNode]) -> [FormulaItem] {
        var inner = self
        inner.style = style
        if style == self.style { return inner.items(of: body) }
        return [.open(MathMLElement(name: "mstyle", attributes: Self.styleAttributes(style), children: []))] + inner.items(of: body) + [.close]
    }

    func sized(_ size: Double, _ body: [FormulaNode]) -> [FormulaItem] {
        var inner = self
        inner.scale = size
        var attributes = [Attribute("mathsize", MathMLLength.em(size / sizeMultiplier))]
        if isTight {
            inner.style = .text
            attributes = Self.styleAttributes(.text) + [Attribute("mathsize", MathMLLength.em(size / scale))]
        }
        return [.open(MathMLElement(name: "mstyle", attributes: attributes, children: []))] + inner.items(of: body) + [.close]
    }

    // MARK: Delimiters

    func fenceAttributes(_ text: String) -> [Attribute] {
        var attributes = [Attribute("fence", "true"), Attribute("stretchy", "true")]
        if !FormulaSymbols.isBracket(text) { attributes.append(Attribute("symmetric", "true")) }
        return attributes
    }

    private func fence(_ text: String, isStretchy: Bool = true, color: String? = nil) -> [MathMLNode] {
        guard !text.isEmpty else { return [space(0.12)] }
        var attributes = isStretchy ? fenceAttributes(text) : [Attribute("fence", "true"), Attribute("stretchy", "false")]
        if let color { attributes.append(Attribute("mathcolor", color)) }
        let item = FormulaItem.operator(FormulaSymbols.fence(text), .ordinary, attributes)
        return FormulaRow([item], isTight: isTight).nodes(after: nil, before: nil)
    }

    func fenced(_ body: [FormulaNode], left: String, right: String, rightColor: String?) -> MathMLNode {
        // Chromium leaves room for the tallest form of a sign that could grow.
        let isFlat = body.allSatisfy(\.isFlat)
        func fence(_ text: String, color: String? = nil) -> [MathMLNode] { self.fence(text, isStretchy: !isFlat, color: color) }
        var nodes = fence(left)
        var part: [FormulaNode] = []
        /// Firefox would stretch an operator with limits together with the fences, rather than the fences around it.
        func inside() -> [MathMLNode] {
            let nodes = row(part, after: .opening, before: .closing)
            guard nodes.contains(where: { ["munderover", "munder", "mover"].contains($0.name) }) else { return nodes }
            return [.element("mrow", nodes.count > 1 ? nodes : nodes + [.element("mspace", [], [Attribute("width", "0")])])]
        }
        for node in body {
            if case .middle(let text) = node {
                nodes += inside() + fence(text)
                part = []
            } else {
                part.append(node)
            }
        }
        return .element("mrow", nodes + inside() + fence(right, color: rightColor))
    }

    func sized(_ text: String, _ size: Int, _ symbolClass: FormulaSymbol.Class) -> FormulaItem {
        let height = ["0", "1.2em", "1.8em", "2.4em", "3em"][min(size, 4)]
        let isFence = symbolClass == .opening || symbolClass == .closing
        return .operator(
            FormulaSymbols.fence(text), symbolClass,
            [
                Attribute("fence", isFence ? "true" : "false"), Attribute("stretchy", "true"), Attribute("symmetric", "true"),
                Attribute("minsize", height), Attribute("maxsize", height),
            ])
    }

    // MARK: Marks

    func accent(_ base: FormulaNode, _ mark: String, isStretchy: Bool) -> MathMLNode {
        // Fonts that have the circle as a mark put it beside the letter.
        if mark == "◯" { return .styled(row(base.parts), "border:0.05em solid;border-radius:1em;padding:0.05em 0.2em") }
        if textMarkBase(base) != nil, let combining = FormulaSymbols.combiningMarks[mark] {
            return .row(row([.textCharacter((textMarkBase(base) ?? "") + combining)]))
        }
        if isStretchy, let drawn = drawn(mark, over: true, base) { return drawn }
        var attributes = [Attribute("stretchy", isStretchy ? "true" : "false")]
        // The arrow of a vector is smaller than the sign for it.
        if mark == "→", !isStretchy { attributes.append(Attribute("style", "font-size:70%")) }
        return .element("mover", [element(base), .token("mo", mark, attributes)], [Attribute("accent", "true")])
    }

    private func textMarkBase(_ base: FormulaNode) -> String? {
        let parts = base.parts
        guard parts.count == 1, case .textCharacter(let text) = parts[0] else { return nil }
        // The mark takes the dot's place.
        return ["ı": "i", "ȷ": "j"][text] ?? text
    }

    func brace(_ base: FormulaNode, _ mark: String, isOver: Bool) -> MathMLNode {
        .element(isOver ? "mover" : "munder", [element(base), .token("mo", mark, [Attribute("stretchy", "true")])])
    }

    func arrow(_ mark: String, over: FormulaNode?, under: FormulaNode?, isLong: Bool) -> MathMLNode {
        func label(_ node: FormulaNode) -> MathMLNode { .styled([script(node)], "padding:0 \(isLong ? 1.8 : 0.6)em") }
        let sign = MathMLNode.token("mo", mark, [Attribute("stretchy", "true"), Attribute("lspace", "0"), Attribute("rspace", "0")])
        switch (over, under) {
        case (let over?, let under?): return .element("munderover", [sign, label(under), label(over)])
        case (let over?, nil): return .element("mover", [sign, label(over)])
        case (nil, let under?): return .element("munder", [sign, label(under)])
        case (nil, nil): return .element("mover", [sign, .element("mspace", [], [Attribute("width", isLong ? "4em" : "2em")])])
        }
    }
}
