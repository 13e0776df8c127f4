/// A formula as TeX's grammar has it.
indirect enum FormulaNode: Hashable {
    enum Style: Hashable { case display, text, script, scriptscript }
    enum FractionSize: Hashable { case automatic, display, text }

    case symbol(FormulaSymbol)
    case prime
    /// A sign that is built of two in TeX and is one character in Unicode, such as ≠.
    case composedRelation(String)
    /// A space that lines do not break at.
    case space
    /// In mu, of which 18 make one em.
    case kern(Int)
    case group([FormulaNode])
    case scripts(base: FormulaNode?, subscript: FormulaNode?, superscript: FormulaNode?)
    case largeOperator(String, Limits)
    case namedOperator(String, Limits)
    /// `\operatorname`, and `\operatorname*` where `isStarred`.
    case operatorName([FormulaNode], isStarred: Bool, limits: Bool)
    case fraction(numerator: FormulaNode, denominator: FormulaNode, hasBar: Bool, isBinomial: Bool, size: FractionSize)
    case root(FormulaNode, index: FormulaNode?)
    case fenced([FormulaNode], left: String, right: String)
    case middle(String)
    case sizedDelimiter(String, size: Int, isFence: Bool)
    case accent(FormulaNode, mark: String, isStretchy: Bool)
    case line(FormulaNode, isOver: Bool)
    case brace(FormulaNode, isOver: Bool)
    case font(String, FormulaNode)
    case boldSymbol(FormulaNode)
    case text([FormulaNode], TextFont)
    case textCharacter(String)
    case styled(Style, [FormulaNode])
    case stack(base: FormulaNode, over: FormulaNode?, under: FormulaNode?, isRelation: Bool)
    case table(FormulaTable)

    struct Limits: Hashable {
        /// Whether scripts stand above and below in displays.
        var areLimits: Bool
        /// Whether the author said so.
        var isExplicit = false
    }

    enum TextFont: String, Hashable {
        case normal, bold, italic, monospace
        case sansSerif = "sans-serif"
    }

    /// The content of an argument, without braces that hold one thing.
    var normalized: FormulaNode {
        if case .group(let body) = self, body.count == 1 { return body[0] }
        return self
    }

    /// The things in an argument.
    var parts: [FormulaNode] {
        if case .group(let body) = self { return body }
        return [self]
    }

    /// Whether it is one character.
    var isCharacter: Bool {
        switch self {
        case .symbol, .prime: true
        case .group(let body): body.count == 1 && body[0].isCharacter
        case .font(_, let body): body.isCharacter
        default: false
        }
    }
}

/// Rows and columns of a formula.
struct FormulaTable: Hashable {
    var rows: [[[FormulaNode]]]
    /// `l`, `c`, `r`.
    var alignments: [Character]
    /// In em.
    var rowSpacing: String
    var columnSpacing: String
    var cellStyle: FormulaNode.Style
}

/// The formula holds something that is left to KaTeX.
struct UnsupportedFormula: Error {}
