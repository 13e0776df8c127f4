/// What stands in a row, with what TeX needs to know to space it.
struct FormulaItem {
    enum Kind { case atom, space, open, close }

    var kind: Kind
    var node: MathMLNode
    var symbolClass = FormulaSymbol.Class.ordinary
    /// Whether it is one `mo`, which carries the spaces at its sides itself.
    var isOperator = false
    /// Runs of the same kind, such as digits, become one token.
    var run: Run?

    enum Run: Hashable {
        case number
        case word
        case text(style: String?)
        /// A full stop, which belongs to the number before it.
        case point
    }

    static func atom(_ node: MathMLNode, _ symbolClass: FormulaSymbol.Class, run: Run? = nil) -> FormulaItem {
        FormulaItem(kind: .atom, node: node, symbolClass: symbolClass, run: run)
    }

    static func `operator`(_ text: String, _ symbolClass: FormulaSymbol.Class, _ attributes: [MathMLElement.Attribute] = []) -> FormulaItem {
        FormulaItem(kind: .atom, node: .token("mo", text, attributes), symbolClass: symbolClass, isOperator: true)
    }

    static func space(_ node: MathMLNode) -> FormulaItem { FormulaItem(kind: .space, node: node) }

    /// The beginning of an element that what follows stands in, without being a group of its own.
    static func open(_ element: MathMLElement) -> FormulaItem { FormulaItem(kind: .open, node: .element(element)) }

    static let close = FormulaItem(kind: .close, node: .text(""))

    /// Both as one token, where they are of one run.
    func joined(with next: FormulaItem) -> FormulaItem? {
        guard let run, let nextRun = next.run, run == nextRun || run == .number && nextRun == .point, var element = node.element else { return nil }
        var joined = self
        element.children = [.text(node.plainText + next.node.plainText)]
        // More than one letter are upright of themselves.
        if run == .word { element["mathvariant"] = nil }
        joined.node = .element(element)
        return joined
    }
}

/// Puts TeX's spaces between the items of a row.
struct FormulaRow {
    private var items: [FormulaItem]
    private let isTight: Bool
    /// In mu, by item.
    private var leading: [Int]
    private var trailing: [Int]

    init(_ items: [FormulaItem], isTight: Bool) {
        self.items = items
        self.isTight = isTight
        leading = Array(repeating: 0, count: items.count)
        trailing = leading
    }

    func nodes(after left: FormulaSymbol.Class?, before right: FormulaSymbol.Class?) -> [MathMLNode] {
        var row = self
        row.demoteSigns(left, right)
        row.space(left, right)
        return row.written()
    }

    private var atoms: [Int] { items.indices.filter { items[$0].kind == .atom } }

    /// Makes ordinary symbols of operators that join nothing, such as the minus of `(-1)`.
    private mutating func demoteSigns(_ left: FormulaSymbol.Class?, _ right: FormulaSymbol.Class?) {
        var previous: Int?
        var before = left
        for index in atoms {
            let symbolClass = items[index].symbolClass
            if symbolClass == .binary, FormulaSpacing.endsBinary(before: before) {
                items[index].symbolClass = .ordinary
            } else if let previous, items[previous].symbolClass == .binary, FormulaSpacing.endsBinary(after: symbolClass) {
                items[previous].symbolClass = .ordinary
            }
            previous = index
            before = items[index].symbolClass
        }
        if let previous, items[previous].symbolClass == .binary, FormulaSpacing.endsBinary(after: right) { items[previous].symbolClass = .ordinary }
    }

    private mutating func space(_ left: FormulaSymbol.Class?, _ right: FormulaSymbol.Class?) {
        var previous: Int?
        for index in atoms {
            if let before = previous.map({ items[$0].symbolClass }) ?? left {
                let width = FormulaSpacing.space(before, items[index].symbolClass, isTight: isTight)
                if let previous, items[previous].isOperator, !items[index].isOperator { trailing[previous] = width } else { leading[index] = width }
            }
            previous = index
        }
        if let previous, let right {
            trailing[previous] = FormulaSpacing.space(items[previous].symbolClass, right, isTight: isTight)
        }
    }

    private func written() -> [MathMLNode] {
        var open: [MathMLElement] = []
        var nodes: [[MathMLNode]] = [[]]
        func add(_ node: MathMLNode) { nodes[nodes.count - 1].append(node) }
        for (index, item) in items.enumerated() {
            switch item.kind {
            case .space: add(item.node)
            case .open:
                guard let element = item.node.element else { continue }
                open.append(element)
                nodes.append([])
            case .close:
                guard var element = open.popLast(), let children = nodes.popLast() else { continue }
                element.children = children
                add(.element(element))
            case .atom where item.isOperator: add(spacedOperator(index))
            case .atom:
                if leading[index] != 0 { add(.element("mspace", [], [.init("width", MathMLLength.mu(leading[index]))])) }
                add(shielded(index))
                if trailing[index] != 0 { add(.element("mspace", [], [.init("width", MathMLLength.mu(trailing[index]))])) }
            }
        }
        return nodes[0]
    }

    /// Firefox puts a space of its own between upright and italic names, as between a function and its argument.
    private func shielded(_ index: Int) -> MathMLNode {
        let node = items[index].node
        guard let element = node.element, element.name == "mi", element["mathvariant"] != nil || node.plainText.count > 1 else { return node }
        let hasNeighbour = [index - 1, index + 1].contains { other in
            items.indices.contains(other) && ["mi", "msub", "msup", "msubsup"].contains(items[other].node.name)
        }
        return hasNeighbour ? .element("mpadded", [node]) : node
    }

    /// An operator with its spaces, where a browser would not give it the same.
    private func spacedOperator(_ index: Int) -> MathMLNode {
        guard var element = items[index].node.element else { return items[index].node }
        let spaces = (leading[index], trailing[index])
        if let usual = FormulaSymbols.usualSpaces(items[index].node.plainText), usual.left == spaces.0, usual.right == spaces.1,
            !usual.isOnlyBetween || isBetweenTerms(index)
        {
            return items[index].node
        }
        element["lspace"] = MathMLLength.mu(spaces.0)
        element["rspace"] = MathMLLength.mu(spaces.1)
        return .element(element)
    }

    /// Whether a browser takes an operator for one that joins two: spaces and texts at its sides do not count to it.
    private func isBetweenTerms(_ index: Int) -> Bool {
        func isTerm(_ index: Int) -> Bool {
            guard items.indices.contains(index), items[index].kind == .atom, let element = items[index].node.element else { return false }
            return !element.children.isEmpty && !["mtext", "mspace", "mphantom", "mpadded"].contains(element.name)
        }
        return isTerm(index - 1) && isTerm(index + 1)
    }
}
