extension FormulaBuilder {
    // MARK: Boxes and strikes

    func enclosed(_ enclosure: FormulaNode.Enclosure, _ body: FormulaNode) -> MathMLNode {
        let nodes = row(body.parts)
        switch enclosure {
        case .box: return .styled(nodes, "border:0.04em solid;padding:0.3em")
        case .upwardStrike: return .styled(nodes, strike(Self.upward))
        case .downwardStrike: return .styled(nodes, strike(Self.downward))
        case .cross: return .styled(nodes, strike("\(Self.upward),\(Self.downward)"))
        case .horizontalStrike: return .styled(nodes, strike("linear-gradient(currentColor,currentColor) 0 60%/100% 0.06em no-repeat", padding: "0"))
        case .phase:
            return .styled(
                nodes, "border-bottom:0.06em solid;padding:0.1em 0 0.1em 0.6em;\(strike("\(Self.upward) 0/0.55em 100% no-repeat", padding: nil))")
        case .actuarial: return .styled(nodes, "border:solid;border-width:0.05em 0.05em 0 0;padding:0.15em 0.1em 0 0")
        case .colored(let background, let border):
            let line = border.map { "border:0.04em solid \($0);" } ?? ""
            return .styled(nodes, "\(line)background:\(background);padding:0.3em;print-color-adjust:exact")
        }
    }

    private static let upward = diagonal("bottom")
    private static let downward = diagonal("top")

    /// A line from corner to corner. A gradient towards a corner has its middle on the line between the two others.
    private static func diagonal(_ side: String) -> String {
        "linear-gradient(to \(side) right,transparent calc(50% - 0.04em),currentColor calc(50% - 0.03em),currentColor calc(50% + 0.03em),"
            + "transparent calc(50% + 0.04em))"
    }

    /// A wide hat, check or tilde as lines over the whole of its base: fonts have them up to some width only, and Chromium grows no others.
    /// `nil` for other marks, and for one letter, over which the font's own stands.
    func drawn(_ mark: String, over isOver: Bool, _ base: FormulaNode) -> MathMLNode? {
        let side = isOver ? "top" : "bottom"
        guard let lines = Self.lines(mark, side) else { return nil }
        let nodes = row(base.parts)
        guard nodes.count > 1 || (nodes.first?.plainText.count ?? 0) > 1 else { return nil }
        return .styled(nodes, "padding-\(side):0.26em;\(strike(lines, padding: nil))")
    }

    private static func lines(_ mark: String, _ side: String) -> String? {
        switch mark {
        case "\u{302}": "\(upward) left \(side)/50% 0.2em no-repeat,\(downward) right \(side)/50% 0.2em no-repeat"
        case "ˇ": "\(downward) left \(side)/50% 0.2em no-repeat,\(upward) right \(side)/50% 0.2em no-repeat"
        case "˜", "~": wave(side)
        default: nil
        }
    }

    /// A hill and a valley, parts of ellipses.
    private static func wave(_ side: String) -> String {
        func arc(_ centre: String) -> String {
            "radial-gradient(ellipse 87% 300% at 50% \(centre),transparent 83%,currentColor 87%,currentColor 96%,transparent 100%)"
        }
        let (hill, valley) = side == "top" ? ("0", "0.07em") : ("calc(100% - 0.07em)", "100%")
        return "\(arc("300%")) 0 \(hill)/50% 0.13em no-repeat,\(arc("-200%")) 100% \(valley)/50% 0.13em no-repeat"
    }

    private func strike(_ background: String, padding: String? = "0.1em") -> String {
        "background:\(background);print-color-adjust:exact\(padding.map { ";padding:\($0)" } ?? "")"
    }

    // MARK: Sizes and places

    func box(_ box: FormulaNode.Box, _ body: FormulaNode) -> MathMLNode {
        let nodes = row(body.parts)
        func padded(_ attributes: [Attribute], _ children: [MathMLNode]) -> MathMLNode { .element("mpadded", children, attributes) }
        let noWidth = [Attribute("width", "0")]
        switch box {
        case .widthOnly: return padded([Attribute("height", "0"), Attribute("depth", "0")], [.element("mphantom", nodes)])
        case .heightOnly: return padded(noWidth, [.element("mphantom", nodes)])
        case .smashed(let height, let depth):
            return padded((height ? [Attribute("height", "0")] : []) + (depth ? [Attribute("depth", "0")] : []), nodes)
        case .lapRight: return padded(noWidth, nodes)
        case .lapLeft: return padded(noWidth, [.styled(nodes, "transform:translateX(-100%)")])
        case .lapCenter: return padded(noWidth, [.styled(nodes, "transform:translateX(-50%)")])
        case .raised(let length):
            let shift = length.em(scale: sizeMultiplier)
            // The offset alone leaves the box where it was.
            let side = shift < 0 ? "bottom" : "top"
            return padded(
                [Attribute("voffset", MathMLLength.em(shift)), Attribute("style", "padding-\(side):\(MathMLLength.em(abs(shift)))")], nodes)
        case .centered:
            // Tables are centred on the axis.
            return .element("mtable", [.element("mtr", [.element("mtd", nodes, [Attribute("style", "padding:0")])])])
        }
    }

    /// A rule is a border, which is printed, and has the text's colour.
    func rule(_ width: FormulaLength, _ height: FormulaLength, _ shift: FormulaLength?) -> MathMLNode {
        func em(_ length: FormulaLength) -> Double { length.em(scale: sizeMultiplier) }
        let rule = MathMLNode.element(
            "mspace", [],
            [Attribute("width", MathMLLength.em(em(width))), Attribute("style", "border-top:\(MathMLLength.em(max(em(height), 0))) solid")])
        guard let shift else { return rule }
        return .element("mpadded", [rule], [Attribute("voffset", MathMLLength.em(em(shift)))])
    }

    /// HTML's link, since Core has none: what is in `mtext` may be HTML, and hold a formula.
    func link(_ address: String, _ body: [FormulaNode]) -> MathMLNode {
        let formula = MathMLNode.element("math", [element(of: body)])
        return .element("mtext", [.element("a", [formula], [Attribute("href", address)])])
    }

    // MARK: Lines

    /// The parts of a formula that `\\` parts.
    func lines(of body: [FormulaNode]) -> [[FormulaNode]] {
        var lines: [[FormulaNode]] = [[]]
        for node in body {
            if case .lineBreak = node { lines.append([]) } else { lines[lines.count - 1].append(node) }
        }
        return lines
    }

    func stack(_ lines: [[FormulaNode]]) -> MathMLNode {
        var table = FormulaTable(rows: lines.map { [$0] })
        table.columns = [.aligned(style == .display ? "c" : "l", before: nil, after: nil)]
        table.cellStyle = style
        return self.table(table)
    }

    static let wholeWidth = "width:100%"

    func tagged(_ body: [FormulaNode], _ tag: [FormulaNode]) -> MathMLNode {
        var table = FormulaTable(rows: [[body]])
        table.columns = [.aligned("c", before: nil, after: nil)]
        table.tags = [.text(tag)]
        table.cellStyle = style
        table.stretch = 0
        return self.table(table)
    }

    /// What stands beside a vertical arrow, and takes no room.
    func diagramLabel(_ body: FormulaNode, isLeft: Bool) -> MathMLNode {
        let label = MathMLNode.element("mstyle", [script(body)], Self.styleAttributes(.script))
        return .element("mpadded", [isLeft ? .styled([label], "transform:translateX(-100%)") : label], [Attribute("width", "0")])
    }
}
