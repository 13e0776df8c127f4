public import SourceText

/// A Markdown text as a tree of values: CommonMark, GitHub's additions, footnotes, math, callouts and attributes.
///
/// The nodes lie in one array in document order, each before its descendants, so that a tree of any depth is made,
/// walked and released without recursion. The first node is the document.
public struct MarkdownDocument: Sendable, Hashable {
    public var nodes: [MarkdownNode]

    public init(nodes: [MarkdownNode]) {
        self.nodes = nodes
    }

    /// The indices of a node's children, in order.
    public func children(of index: Int) -> Children {
        guard nodes.indices.contains(index) else { return Children(nodes: nodes, position: 0, end: 0) }
        return Children(nodes: nodes, position: index + 1, end: nodes[index].end)
    }

    public struct Children: Sequence, IteratorProtocol {
        fileprivate let nodes: [MarkdownNode]
        fileprivate var position: Int
        fileprivate let end: Int

        public mutating func next() -> Int? {
            guard position < end else { return nil }
            defer { position = nodes[position].end }
            return position
        }
    }

    /// The text that a reader sees in a node: without markup, breaks as spaces, footnote references left out.
    public func plainText(of index: Int) -> String {
        guard nodes.indices.contains(index) else { return "" }
        var text = ""
        for node in nodes[index..<nodes[index].end] {
            switch node.kind {
            case .text(let content), .code(let content), .math(let content, _): text += content
            case .softBreak, .lineBreak: text += " "
            default: break
            }
        }
        return text
    }
}

/// One block or inline of a document.
public struct MarkdownNode: Sendable, Hashable {
    public var kind: Kind
    /// Where it stands in the source. Blocks are exact to the line; inlines are exact on the first line of their
    /// block, and elsewhere but for what the block's continuation lines are indented by unevenly.
    public var range: SourceRange
    /// The index after the node's last descendant.
    public var end: Int

    public init(_ kind: Kind, range: SourceRange, end: Int) {
        self.kind = kind
        self.range = range
        self.end = end
    }

    public enum Kind: Sendable, Hashable {
        // Blocks.
        case document
        case paragraph
        case heading(level: Int, attributes: MarkdownAttributes)
        case thematicBreak
        case blockQuote
        /// `> [!NOTE]` or `::: {.callout-note}`; its children are the callout's body.
        case callout(MarkdownCallout)
        /// `::: {.class}` … `:::` that is no callout.
        case division(MarkdownAttributes)
        case list(MarkdownList)
        /// `isChecked` is `nil` but for items of task lists.
        case item(isChecked: Bool?)
        case codeBlock(MarkdownCodeBlock)
        case htmlBlock(String)
        /// Display math on lines of its own, in TeX.
        case mathBlock(String, attributes: MarkdownAttributes)
        /// Its children are rows; the first is the header.
        case table(alignments: [MarkdownAlignment])
        case tableRow(isHeader: Bool)
        case tableCell(MarkdownAlignment)
        /// What `: caption {#tbl-id}` below or above a table says; its children are inlines.
        case tableCaption(MarkdownAttributes)
        /// All of them stand at the document's end, in the order of their first references.
        case footnoteDefinition(label: String)

        // Inlines.
        case text(String)
        case softBreak
        case lineBreak
        case code(String)
        case html(String)
        case emphasis
        case strong
        case strikethrough
        /// `[text]{.class}`, and links and code with attributes after them.
        case span(MarkdownAttributes)
        case link(destination: String, title: String)
        case image(destination: String, title: String, attributes: MarkdownAttributes)
        /// In TeX, without its dollars.
        case math(String, isDisplay: Bool)
        /// `number` counts the footnotes in the order of their first references; `reference` the references to one, both from 1.
        case footnoteReference(label: String, number: Int, reference: Int)
    }
}

/// How a column of a table is aligned.
public enum MarkdownAlignment: String, Sendable, Hashable {
    case none, left, center, right
}

public struct MarkdownList: Sendable, Hashable {
    /// The first number of an ordered list; `nil` for bullets.
    public var start: Int?
    /// Whether items are shown without the space of paragraphs.
    public var isTight: Bool

    public init(start: Int?, isTight: Bool) {
        self.start = start
        self.isTight = isTight
    }
}

public struct MarkdownCodeBlock: Sendable, Hashable {
    public var literal: String
    /// What stands after the opening fence, escapes resolved.
    public var info: String
    public var isFenced: Bool
    /// Whether a closing fence was found; `true` for indented blocks.
    public var isClosed: Bool

    public init(literal: String, info: String, isFenced: Bool, isClosed: Bool) {
        self.literal = literal
        self.info = info
        self.isFenced = isFenced
        self.isClosed = isClosed
    }

    /// The info string's first word, braces and a leading dot taken off: `swift` of `{.swift #id}`.
    public var language: String {
        let inner = info.hasPrefix("{") ? info.dropFirst() : info[...]
        let word = inner.prefix { !" \t},=".contains($0) }
        return String(word.hasPrefix(".") ? word.dropFirst() : word)
    }
}

public struct MarkdownCallout: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case note, tip, important, warning, caution
    }

    public var kind: Kind
    /// What the author calls it instead of its kind's name.
    public var title: String?
    /// `nil`: always open; otherwise whether it starts folded.
    public var isCollapsed: Bool?
    /// What else its fence says.
    public var attributes: MarkdownAttributes

    public init(kind: Kind, title: String? = nil, isCollapsed: Bool? = nil, attributes: MarkdownAttributes = MarkdownAttributes()) {
        self.kind = kind
        self.title = title
        self.isCollapsed = isCollapsed
        self.attributes = attributes
    }
}
