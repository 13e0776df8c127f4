internal import Groundwork

/// Makes MathML Core of formulas: what Chromium, Firefox and WebKit all lay out.
///
/// Letters are Unicode's own, as Core knows no `mathvariant`; columns, rules, boxes and strikes are CSS in `style` attributes, so that a formula
/// is right in feeds and files that have no style sheet, too. The spaces are TeX's: where they are not those that a browser gives to an
/// operator anyhow, they are stated.
struct FormulaBuilder {
    typealias Attribute = MathMLElement.Attribute

    var style: FormulaNode.Style
    var font: FormulaLetters.Font?
    /// Whether `\boldsymbol` is around a font.
    var isBold = false
    var textFont = FormulaTextFont()
    /// How large `\Large` and its like make things.
    var scale = 1.0
    /// The number of the first equation that has one.
    var firstNumber: Int?

    /// The size of the text at hand beside the formula's own.
    var sizeMultiplier: Double {
        switch style {
        case .display, .text: scale
        case .script: scale * 0.7
        case .scriptscript: scale * 0.5
        }
    }

    var isTight: Bool { style == .script || style == .scriptscript }

    /// The whole of a formula.
    ///
    /// - Parameters:
    ///   - tex: what the author wrote, kept as an annotation.
    ///   - firstNumber: the number of the first row that asks for one; rows are not numbered where it is `nil`.
    static func mathML(_ body: [FormulaNode], tex: String, isDisplay: Bool, firstNumber: Int? = nil) -> [UInt8] {
        var builder = FormulaBuilder(style: isDisplay ? .display : .text)
        builder.firstNumber = firstNumber
        let root = builder.root(of: body)
        let isWide = root.element?["style"] == FormulaBuilder.wholeWidth
        var output: [UInt8] = []
        output.reserveCapacity(256 + tex.utf8.count * 12)
        output += "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"".utf8
        if isDisplay { output += " display=\"block\"".utf8 }
        output += isWide ? " style=\"width:100%\"><semantics style=\"width:100%\">".utf8 : "><semantics>".utf8
        root.write(into: &output)
        output += "<annotation encoding=\"application/x-tex\">".utf8
        escape(tex.utf8, .katex, into: &output)
        output += "</annotation></semantics></math>".utf8
        return output
    }

    private func root(of body: [FormulaNode]) -> MathMLNode {
        if body.count == 1, case .tagged(let inner, let tag) = body[0] { return tagged(inner, tag) }
        if body.count == 1, case .table(let table) = body[0], table.tags.contains(where: isShown) { return self.table(table) }
        let lines = self.lines(of: body)
        if lines.count > 1 { return stack(lines) }
        let nodes = row(body)
        return nodes.count == 1 && nodes[0].name == "mrow" ? nodes[0] : .element("mrow", nodes)
    }

    // MARK: Rows

    /// Things side by side with the spaces between them.
    ///
    /// - Parameters:
    ///   - left: what stands before, when that counts for the spaces.
    ///   - right: what follows.
    func row(_ nodes: [FormulaNode], after left: FormulaSymbol.Class? = nil, before right: FormulaSymbol.Class? = nil) -> [MathMLNode] {
        var isTight = isTight
        // The style that is all there is counts for the spaces, too.
        if nodes.count == 1, case .styled(let style, _) = nodes[0] { isTight = style == .script || style == .scriptscript }
        return FormulaRow(items(of: nodes), isTight: isTight).nodes(after: left, before: right)
    }

    func element(of nodes: [FormulaNode]) -> MathMLNode { .row(row(nodes)) }

    /// One element of an argument.
    func element(_ node: FormulaNode) -> MathMLNode { element(of: node.parts) }

    /// The same in a script.
    func script(_ node: FormulaNode) -> MathMLNode {
        var inner = self
        inner.style = isTight ? .scriptscript : .script
        return inner.element(node)
    }

    func items(of nodes: [FormulaNode]) -> [FormulaItem] {
        var items: [FormulaItem] = []
        items.reserveCapacity(nodes.count)
        var isNegated = false
        for node in nodes {
            if case .negation = node {
                isNegated = true
                continue
            }
            for item in self.items(isNegated ? node.negated : node) {
                if let last = items.last, let joined = last.joined(with: item) {
                    items[items.count - 1] = joined
                } else {
                    items.append(item)
                }
            }
            isNegated = false
        }
        if isNegated { items.append(.operator("\u{338}", .relation)) }
        return items
    }

    // MARK: Nodes

    private func items(_ node: FormulaNode) -> [FormulaItem] {
        switch node {
        case .symbol(let symbol): return [self.symbol(symbol)]
        case .space: return [textItem("\u{A0}")]
        case .kern(let length): return [.space(space(length.em(scale: sizeMultiplier)))]
        case .group(let body): return [.atom(element(of: body), .ordinary)]
        case .scripts(let base, let subscripted, let superscript): return scripts(base, subscripted, superscript)
        case .largeOperator(let text, _): return [.operator(text, .large)]
        case .namedOperator(let name, _): return [.atom(applied(named(name)), .large)]
        case .operatorName(let body, _): return [.atom(applied(operatorName(body)), .large)]
        case .operatorBody(let body, _): return [.atom(operatorBody(body), .large)]
        case .fraction(let fraction): return [.atom(self.fraction(fraction), .ordinary)]
        case .root(let body, let index?):
            var inner = self
            inner.style = .scriptscript
            return [.atom(.element("mroot", [element(body), inner.element(index)]), .ordinary)]
        case .root(let body, nil): return [.atom(.element("msqrt", row(body.parts)), .ordinary)]
        case .fenced(let body, let left, let right, let color): return [.atom(fenced(body, left: left, right: right, rightColor: color), .inner)]
        case .middle(let text): return [.operator(FormulaSymbols.fence(text), .ordinary, fenceAttributes(text))]
        case .sizedDelimiter(let text, let size, let symbolClass): return [sized(text, size, symbolClass)]
        case .accent(let base, let mark, let isStretchy): return [.atom(accent(base, mark, isStretchy: isStretchy), .ordinary)]
        case .accentUnder(let base, let mark):
            if let drawn = drawn(mark, over: false, base) { return [.atom(drawn, .ordinary)] }
            let sign = MathMLNode.token("mo", mark, [Attribute("stretchy", "true")])
            return [.atom(.element("munder", [element(base), sign], [Attribute("accentunder", "true")]), .ordinary)]
        case .line(let base, let isOver):
            let side = isOver ? "top" : "bottom"
            return [.atom(.styled(row(base.parts), "border-\(side):0.05em solid;padding-\(side):0.15em"), .ordinary)]
        case .brace(let base, let mark, let isOver): return [.atom(brace(base, mark, isOver: isOver), .ordinary)]
        case .arrow(let mark, let over, let under, let isLong):
            return [.atom(arrow(mark, over: over, under: under, isLong: isLong), .relation)]
        case .font(let font, let body):
            var inner = self
            inner.font = font
            inner.isBold = isBold || self.font == .boldsymbol
            return inner.items(body)
        case .text(let body, let change): return [.atom(text(body, change), .ordinary)]
        case .textCharacter(let text): return [textItem(text)]
        case .styled(let style, let body): return styled(style, body)
        case .sized(let size, let body): return sized(size, body)
        case .colored(let color, let body):
            return [.open(MathMLElement(name: "mstyle", attributes: [Attribute("mathcolor", color)], children: []))] + items(of: body) + [.close]
        case .classed(let symbolClass, let body): return [classed(symbolClass, body)]
        case .table(let table): return [.atom(self.table(table), .ordinary)]
        case .enclosed(let enclosure, let body): return [.atom(enclosed(enclosure, body), .ordinary)]
        case .phantom(let body):
            return [.open(MathMLElement(name: "mphantom", attributes: [], children: []))] + items(of: body) + [.close]
        case .box(let box, let body): return [.atom(self.box(box, body), .ordinary)]
        case .rule(let width, let height, let shift): return [.atom(rule(width, height, shift), .ordinary)]
        case .poorBold(let symbolClass, let body):
            return [.atom(.styled(row(body), "text-shadow:0.02em 0.01em 0.04px"), symbolClass)]
        case .link(let address, let body): return [.atom(link(address, body), .ordinary)]
        case .verbatim(let text): return [.atom(.token("mtext", text, [Attribute("style", "font-family:monospace")]), .ordinary)]
        case .lineBreak: return [.space(space(0.5))]
        case .choice(let display, let text, let script, let scriptscript):
            switch style {
            case .display: return items(of: display)
            case .text: return items(of: text)
            case .script: return items(of: script)
            case .scriptscript: return items(of: scriptscript)
            }
        case .tagged(let body, _): return items(of: body)
        case .diagramLabel(let body, let isLeft): return [.atom(diagramLabel(body, isLeft: isLeft), .ordinary)]
        case .splice(let body): return items(of: body)
        case .negation: return []
        }
    }

    // MARK: Spaces

    /// A space of a width in em, which may be negative.
    func space(_ em: Double) -> MathMLNode {
        // Core takes no negative widths, CSS does.
        .element("mspace", [], [em < 0 ? Attribute("style", "margin-left:\(MathMLLength.em(em))") : Attribute("width", MathMLLength.em(em))])
    }
}
