/// Makes MathML of formulas, element for element as KaTeX 0.16 makes it (`output: "mathml"`), so that it does not matter
/// to a page which of the two set a formula.
struct FormulaBuilder {
    var style: FormulaNode.Style
    var font: String?
    var textFont = FormulaNode.TextFont.normal

    /// The whole of a formula.
    ///
    /// - Throws: ``UnsupportedFormula`` when KaTeX has to set it.
    static func mathML(_ tex: String, isDisplay: Bool) throws(UnsupportedFormula) -> [UInt8] {
        let body = try FormulaParser.parse(tex, isDisplay: isDisplay)
        let builder = FormulaBuilder(style: isDisplay ? .display : .text)
        let nodes = try builder.list(body)
        let isWrapped = nodes.count == 1 && ["mrow", "mtable"].contains(nodes[0].element?.name)
        var output: [UInt8] = []
        output.reserveCapacity(256 + tex.utf8.count * 12)
        output += "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"".utf8
        if isDisplay { output += " display=\"block\"".utf8 }
        output += "><semantics>".utf8
        if isWrapped {
            nodes[0].write(into: &output)
        } else {
            MathMLNode.element("mrow", nodes).write(into: &output)
        }
        output += "<annotation encoding=\"application/x-tex\">".utf8
        MathMLNode.escape(tex, into: &output)
        output += "</annotation></semantics></math>".utf8
        return output
    }

    // MARK: Lists

    /// Things side by side: runs of digits become one number, runs of text one text.
    func list(_ body: [FormulaNode], isGroup: Bool = false) throws(UnsupportedFormula) -> [MathMLNode] {
        if body.count == 1 {
            var node = try self.node(body[0])
            // An operator by itself in braces loses the space around it.
            if isGroup, var element = node.element, element.name == "mo" {
                element["lspace"] = "0em"
                element["rspace"] = "0em"
                node = .element(element)
            }
            return [node]
        }
        var nodes: [MathMLNode] = []
        nodes.reserveCapacity(body.count)
        for part in body {
            let node = try self.node(part)
            if let element = node.element, var last = nodes.last?.element, joins(element, to: last) {
                last.children += element.children
                nodes[nodes.count - 1] = .element(last)
                continue
            }
            nodes.append(node)
        }
        return nodes
    }

    private func joins(_ element: MathMLElement, to last: MathMLElement) -> Bool {
        switch (last.name, element.name) {
        case ("mtext", "mtext"): last["mathvariant"] == element["mathvariant"]
        case ("mn", "mn"): true
        case ("mn", "mi"): element.children == [.text(".")]
        default: false
        }
    }

    func row(_ body: [FormulaNode], isGroup: Bool = false) throws(UnsupportedFormula) -> MathMLNode {
        row(of: try list(body, isGroup: isGroup))
    }

    func row(of nodes: [MathMLNode]) -> MathMLNode { nodes.count == 1 ? nodes[0] : .element("mrow", nodes) }

    // MARK: Nodes

    func node(_ node: FormulaNode) throws(UnsupportedFormula) -> MathMLNode {
        switch node {
        case .symbol(let symbol): return self.symbol(symbol)
        case .prime: return .element("mo", [.text("′")], [attribute("mathvariant", variant(isVariable: false) ?? "normal")])
        case .composedRelation(let text):
            let variant = variant(isVariable: false) ?? "normal"
            return .element("mo", [.text(text)], variant == "italic" ? [] : [attribute("mathvariant", variant)])
        case .space: return .element("mtext", [.text("\u{A0}")])
        case .kern(let width): return .space(width)
        case .group(let body): return try row(body, isGroup: true)
        case .scripts(let base, let subscripted, let superscript): return try scripts(base, subscripted, superscript)
        case .largeOperator(let text, _): return .element("mo", [.text(text)])
        case .namedOperator(let name, _): return named(.element("mi", [.text(name)]), inScripts: false)
        case .operatorName(let body, _, _): return named(try operatorName(body), inScripts: false)
        case .fraction(let numerator, let denominator, let hasBar, let isBinomial, let size):
            return try fraction(numerator, denominator, hasBar: hasBar, isBinomial: isBinomial, size)
        case .root(let body, let index?): return .element("mroot", [try self.node(body), try self.node(index)])
        case .root(let body, nil): return .element("msqrt", [try self.node(body)])
        case .fenced(let body, let left, let right):
            var nodes = try list(body)
            if !left.isEmpty { nodes.insert(.element("mo", [.text(left)], [attribute("fence", "true")]), at: 0) }
            if !right.isEmpty { nodes.append(.element("mo", [.text(right)], [attribute("fence", "true")])) }
            return row(of: nodes)
        case .middle(let text):
            return .element(
                "mo", [.text(text)], [attribute("fence", "true"), attribute("lspace", "0.05em"), attribute("rspace", "0.05em")])
        case .sizedDelimiter(let text, let size, let isFence):
            let height = ["0em", "1.2em", "1.8em", "2.4em", "3em"][size]
            return .element(
                "mo", text.isEmpty ? [] : [.text(text)],
                [
                    attribute("fence", isFence ? "true" : "false"), attribute("stretchy", "true"), attribute("minsize", height),
                    attribute("maxsize", height),
                ])
        case .accent(let base, let mark, let isStretchy):
            let sign = MathMLNode.element("mo", [.text(mark)], isStretchy ? [attribute("stretchy", "true")] : [])
            return .element("mover", [try self.node(base), sign], [attribute("accent", "true")])
        case .line(let base, let isOver):
            let sign = MathMLNode.element("mo", [.text("‾")], [attribute("stretchy", "true")])
            return .element(isOver ? "mover" : "munder", [try self.node(base), sign], [attribute(isOver ? "accent" : "accentunder", "true")])
        case .brace(let base, let isOver):
            let sign = MathMLNode.element("mo", [.text(isOver ? "⏞" : "⏟")], [attribute("stretchy", "true")])
            return .element(isOver ? "mover" : "munder", [try self.node(base), sign])
        case .font(let name, let body):
            var inner = self
            inner.font = name
            return try inner.node(body)
        case .boldSymbol(let body): return try boldSymbol(body)
        case .text(let body, let font):
            var inner = self
            inner.textFont = font
            inner.font = nil
            return try inner.row(body)
        case .textCharacter(let text): return textCharacter(text)
        case .styled(let style, let body): return try styled(style, try FormulaBuilder(style: style, font: font, textFont: textFont).list(body))
        case .stack(let base, let over, let under, let isRelation): return try stack(base, over, under, isRelation: isRelation)
        case .table(let table): return try self.table(table)
        }
    }

    func attribute(_ name: String, _ value: String) -> MathMLElement.Attribute { .init(name: name, value: value) }

    private func symbol(_ symbol: FormulaSymbol) -> MathMLNode {
        let text = MathMLNode.text(symbol.text)
        switch symbol.symbolClass {
        case .variable:
            // The upright alphabet of TeX's text font has no small Greek.
            let isMissing = font == "mathrm" && textFont == .normal && !(symbol.text.utf8.count == 1)
            let variant = isMissing ? "italic" : variant(isVariable: true) ?? "italic"
            return .element("mi", [text], variant == "italic" ? [] : [attribute("mathvariant", variant)])
        case .ordinary:
            let variant = variant(isVariable: false) ?? "normal"
            if let byte = symbol.text.utf8.first, symbol.text.utf8.count == 1, (0x30...0x39).contains(byte) {
                return .element("mn", [text], variant == "normal" ? [] : [attribute("mathvariant", variant)])
            }
            return .element("mi", [text], variant == "italic" ? [] : [attribute("mathvariant", variant)])
        case .binary:
            return .element("mo", [text], variant(isVariable: true) == "bold-italic" ? [attribute("mathvariant", "bold-italic")] : [])
        case .relation, .inner: return .element("mo", [text])
        case .punctuation: return .element("mo", [text], [attribute("separator", "true")])
        case .opening, .closing: return .element("mo", [text], [attribute("stretchy", "false")])
        }
    }

    private func textCharacter(_ text: String) -> MathMLNode {
        let variant = variant(isVariable: false) ?? "normal"
        return .element("mtext", [.text(text)], variant == "normal" ? [] : [attribute("mathvariant", variant)])
    }

    /// The `mathvariant` of the fonts in force.
    private func variant(isVariable: Bool) -> String? {
        if textFont != .normal { return textFont.rawValue }
        switch font {
        case "mathrm": return "normal"
        case "mathit": return "italic"
        case "mathbf": return "bold"
        case "boldsymbol": return isVariable ? "bold-italic" : "bold"
        case "mathbb": return "double-struck"
        case "mathfrak": return "fraktur"
        case "mathscr", "mathcal": return "script"
        case "mathsf": return "sans-serif"
        case "mathtt": return "monospace"
        default: return nil
        }
    }
}
