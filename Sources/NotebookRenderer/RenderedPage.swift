public import SourceText

/// The body of a page and what else a site needs to know of it.
public struct RenderedPage: Sendable, Hashable {
    /// An entry of the table of contents.
    public struct ContentsEntry: Sendable, Hashable {
        /// The heading's identifier in the page.
        public var id: String
        /// HTML without links.
        public var title: String
        public var children: [ContentsEntry]

        public init(id: String, title: String, children: [ContentsEntry] = []) {
            self.id = id
            self.title = title
            self.children = children
        }
    }

    /// A reference that the author wrote.
    public struct Link: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            case link, image
        }

        public var kind: Kind
        public var destination: String
        public var range: SourceRange
    }

    /// What a page makes use of, so that a theme can leave out what it does not.
    public enum Feature: String, Sendable, Hashable, CaseIterable {
        case code, cells, math, tables, callouts, footnotes, figures
        case terminalColors = "terminal-colors"
        case citations
    }

    /// HTML, to stand inside the page's main element.
    public var body: [UInt8]
    /// The front matter's title, or the text of a heading of level 1 that begins the notebook (which is then not in the body).
    public var title: String?
    public var contents: [ContentsEntry]
    /// The front matter's description, or the beginning of the first paragraph, as text.
    public var summary: String
    /// What a reader reads: the prose's text with a line for each block, and the cells' text outputs.
    public var plainText: String
    public var wordCount: Int
    /// At 220 words a minute, at least 1.
    public var readingMinutes: Int
    public var features: Set<Feature>
    public var links: [Link]
    public var diagnostics: [Diagnostic]

    public var bodyText: String { String(decoding: body, as: UTF8.self) }
}
