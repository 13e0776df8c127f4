/// A formula as TeX's grammar has it, whoever read it.
indirect enum FormulaNode: Hashable {
    enum Style: Hashable { case display, text, script, scriptscript }

    case symbol(FormulaSymbol)
    /// A space that lines do not break at.
    case space
    case kern(FormulaLength)
    case group([FormulaNode])
    case scripts(base: FormulaNode?, subscript: FormulaNode?, superscript: FormulaNode?)
    case largeOperator(String, Limits)
    case namedOperator(String, Limits)
    /// `\operatorname`, and `\operatorname*` where its limits are.
    case operatorName([FormulaNode], Limits)
    /// `\mathop`, and the base of `\overset` and the like.
    case operatorBody([FormulaNode], Limits)
    case fraction(FormulaFraction)
    case root(FormulaNode, index: FormulaNode?)
    /// The empty text is the delimiter that is not shown.
    case fenced([FormulaNode], left: String, right: String, rightColor: String?)
    case middle(String)
    case sizedDelimiter(String, size: Int, FormulaSymbol.Class)
    case accent(FormulaNode, mark: String, isStretchy: Bool)
    case accentUnder(FormulaNode, mark: String)
    case line(FormulaNode, isOver: Bool)
    case brace(FormulaNode, mark: String, isOver: Bool)
    /// An arrow as long as what stands over and under it; those of diagrams are never short.
    case arrow(String, over: FormulaNode?, under: FormulaNode?, isLong: Bool)
    case font(FormulaLetters.Font, FormulaNode)
    case text([FormulaNode], TextFont?)
    case textCharacter(String)
    case styled(Style, [FormulaNode])
    /// At a size of LaTeX's, 1 being the formula's own.
    case sized(Double, [FormulaNode])
    case colored(String, [FormulaNode])
    /// With the spaces of another class.
    case classed(FormulaSymbol.Class, [FormulaNode])
    case table(FormulaTable)
    case enclosed(Enclosure, FormulaNode)
    case phantom([FormulaNode])
    case box(Box, FormulaNode)
    case rule(width: FormulaLength, height: FormulaLength, shift: FormulaLength?)
    /// `\pmb`.
    case poorBold(FormulaSymbol.Class, [FormulaNode])
    case link(String, [FormulaNode])
    case verbatim(String)
    case lineBreak(FormulaLength?)
    case choice(display: [FormulaNode], text: [FormulaNode], script: [FormulaNode], scriptscript: [FormulaNode])
    /// A formula of its own line with what names it.
    case tagged([FormulaNode], tag: [FormulaNode])
    /// What stands beside a vertical arrow of a diagram.
    case diagramLabel(FormulaNode, isLeft: Bool)
    /// The stroke of `\not` through what follows.
    case negation
    /// Several that stand for themselves.
    case splice([FormulaNode])

    struct Limits: Hashable {
        /// Whether scripts stand above and below in displays.
        var areLimits: Bool
        /// Whether they do so everywhere.
        var isExplicit = false
    }

    /// What a command for text changes of the font around it.
    enum TextFont: String, Hashable {
        case roman, sansSerif, monospace
        case bold, medium
        case italic, upright
    }

    enum Enclosure: Hashable {
        case box
        case upwardStrike, downwardStrike, cross, horizontalStrike
        case phase, actuarial
        case colored(background: String, border: String?)
    }

    /// How much of a body's size counts, and where it stands.
    enum Box: Hashable {
        case widthOnly
        /// Height and depth of what is not shown.
        case heightOnly
        case smashed(height: Bool, depth: Bool)
        case lapLeft, lapRight, lapCenter
        case raised(FormulaLength)
        case centered
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

    /// One thing above or below another, wherever it stands.
    static func stack(_ base: FormulaNode, _ shifted: FormulaNode, isUnder: Bool, as symbolClass: FormulaSymbol.Class) -> FormulaNode {
        let body = FormulaNode.operatorBody(base.parts, .init(areLimits: true, isExplicit: true))
        return .classed(symbolClass, [.scripts(base: body, subscript: isUnder ? shifted : nil, superscript: isUnder ? nil : shifted)])
    }

    /// How many primes a superscript begins with, and what follows them.
    static func primes(of superscript: FormulaNode?) -> (count: Int, rest: FormulaNode?) {
        guard let superscript else { return (0, nil) }
        let parts = superscript.parts
        let count = parts.prefix { $0 == .prime }.count
        let rest = Array(parts.dropFirst(count))
        return (count, count == 0 ? superscript : rest.isEmpty ? nil : .group(rest))
    }

    /// Whether it is no higher than a line of text, but for scripts.
    var isFlat: Bool {
        switch self {
        case .symbol, .space, .kern, .text, .textCharacter, .namedOperator, .middle: true
        case .group(let body), .splice(let body), .classed(_, let body), .operatorName(let body, _), .colored(_, let body): body.allSatisfy(\.isFlat)
        case .font(_, let body): body.isFlat
        case .scripts(let base, let subscripted, let superscript):
            [base, subscripted, superscript].allSatisfy { node in
                guard let node else { return true }
                if case .scripts = node { return false }
                return node.isFlat
            }
        default: false
        }
    }

    /// The prime that `'` stands for.
    static var prime: FormulaNode { .symbol(FormulaSymbol("′", .ordinary)) }
}

/// A length in one of TeX's units.
struct FormulaLength: Hashable {
    var value: Double
    /// As TeX writes it: `em`, `mu`, `pt` and so on.
    var unit: String

    init(_ value: Double, _ unit: String) {
        self.value = value
        self.unit = unit
    }

    static func mu(_ value: Int) -> FormulaLength { FormulaLength(Double(value), "mu") }

    /// Points in one of a unit (The TeXbook, chapter 10), ten of which make one em.
    private static let points: [String: Double] = [
        "pt": 1, "mm": 7227.0 / 2540, "cm": 7227.0 / 254, "in": 72.27, "bp": 803.0 / 800, "pc": 12, "dd": 1238.0 / 1157, "cc": 14856.0 / 1157,
        "nd": 685.0 / 642, "nc": 1370.0 / 107, "sp": 1.0 / 65536, "px": 803.0 / 800,
    ]

    /// In em of the text at hand.
    ///
    /// - Parameter scale: how large that text is beside the formula's own.
    func em(scale: Double) -> Double {
        switch unit {
        case "mu": value / 18
        case "em": value / scale
        case "ex": value * 0.431 / scale
        default: value * (Self.points[unit] ?? 0) / 10 / scale
        }
    }
}

struct FormulaFraction: Hashable {
    enum Size: Hashable { case automatic, display, text, script, scriptscript }

    var numerator: FormulaNode
    var denominator: FormulaNode
    var hasBar = true
    /// How thick the bar is, where the author said so.
    var barSize: FormulaLength?
    var left = ""
    var right = ""
    var size = Size.automatic
}

/// Rows and columns of a formula.
struct FormulaTable: Hashable {
    enum Column: Hashable {
        /// `l`, `c` or `r`, with the spaces on both sides in em where they are not the usual ones.
        case aligned(Character, before: Double?, after: Double?)
        case line(isDashed: Bool)
    }

    enum Tag: Hashable {
        case none
        /// The next number of the page.
        case number
        case text([FormulaNode])
    }

    var rows: [[[FormulaNode]]]
    var columns: [Column] = []
    /// The lines above each row and below the last: for each whether it is dashed.
    var lines: [[Bool]] = []
    /// What is added below a row.
    var gaps: [FormulaLength?] = []
    var tags: [Tag] = []
    /// How far rows are apart, 1 being 1.2 em.
    var stretch = 1.0
    /// Whether rows are lines of a display, which stand further apart.
    var addsLineSpace = false
    /// Whether there is space beside the outer columns.
    var hasOuterSpace = false
    /// Of `\smallmatrix`.
    var isSmall = false
    var isDiagram = false
    var cellStyle = FormulaNode.Style.text
}

/// The formula holds something that is left to KaTeX.
struct UnsupportedFormula: Error {}
