import JSON
public import NotebookModel
public import SourceText

/// A rendered notebook on its way into a site.
public struct SitePage: Sendable {
    /// An entry of the table of contents.
    public struct ContentsEntry: Sendable, Hashable {
        /// The heading's identifier in the page.
        public var id: String
        /// HTML.
        public var title: String
        public var children: [ContentsEntry]

        public init(id: String, title: String, children: [ContentsEntry] = []) {
            self.id = id
            self.title = title
            self.children = children
        }
    }

    /// What the footer says of the run that the outputs come from.
    public struct Run: Sendable, Hashable {
        /// What is known of how the outputs came about; nothing else is said.
        public enum Claim: Sendable, Hashable {
            /// Running all cells in order gave every output.
            case inOrder
            /// Some outputs were kept from an earlier run.
            case incremental
            /// Some outputs are older than the code that they stand under, or some cells were not run.
            case outdated
            /// The record has no digests.
            case unverified
            /// Another program saved them.
            case saved(SavedOutputs)

            /// As templates know it.
            var name: String {
                switch self {
                case .inOrder: "in-order"
                case .incremental: "incremental"
                case .outdated: "outdated"
                case .unverified: "unverified"
                case .saved: "saved"
                }
            }
        }

        public var claim: Claim
        public var environment: RunEnvironment
        public var parameters: [Parameter]
        /// ISO 8601 in UTC.
        public var date: String
        /// Seconds.
        public var duration: Double

        /// The run of a record whose outputs all stand on the page.
        public init(_ record: RunRecord) {
            self.init(record, of: [], hasStaleOutputs: false)
        }

        private init(_ record: RunRecord, of cells: [Cell], hasStaleOutputs: Bool) {
            claim = Self.claim(record, cells, hasStaleOutputs: hasStaleOutputs)
            environment = record.environment
            parameters = record.parameters
            date = record.date
            duration = record.duration
        }

        /// What there is to say of a page's outputs.
        ///
        /// - Parameters:
        ///   - cells: The page's cells, in order.
        ///   - hasStaleOutputs: Whether some outputs are older than their code.
        /// - Returns: `nil` where nothing ran.
        static func known(of record: RunRecord, _ cells: [Cell], hasStaleOutputs: Bool) -> Run? {
            record.hasRun ? Run(record, of: cells, hasStaleOutputs: hasStaleOutputs) : nil
        }

        private static func claim(_ record: RunRecord, _ cells: [Cell], hasStaleOutputs: Bool) -> Claim {
            if case .saved(let saved) = record.origin { return .saved(saved) }
            guard record.integrity == .intact else { return .unverified }
            let records = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
            if hasStaleOutputs || cells.contains(where: { $0.options.eval && records[$0.id] == nil }) { return .outdated }
            guard record.mode == .fresh else { return .incremental }
            let counts = cells.compactMap { records[$0.id]?.executionCount }
            return zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 } ? .inOrder : .outdated
        }
    }

    /// The notebook's path from the site's folder.
    public var sourcePath: String
    /// The path of the page, when it is not the source's with `.html`.
    public var outputPath: String?
    /// The notebook's text, for the places of diagnostics.
    public var file: SourceFile
    public var frontMatter: FrontMatter
    /// The title where the front matter gives none.
    public var fallbackTitle: String?
    /// HTML.
    public var body: [UInt8]
    public var contents: [ContentsEntry]
    /// The beginning of the prose, for lists and link previews where the front matter gives no description.
    public var summary: String?
    /// How long reading takes; counted from the body where it is not given.
    public var readingMinutes: Int?
    /// Where the author wrote which reference.
    public var linkPlaces: [String: SourceRange] = [:]
    public var run: Run?

    public init(
        sourcePath: String, outputPath: String? = nil, file: SourceFile, frontMatter: FrontMatter, fallbackTitle: String? = nil,
        body: [UInt8], contents: [ContentsEntry] = [], summary: String? = nil, readingMinutes: Int? = nil, run: Run? = nil
    ) {
        self.sourcePath = sourcePath
        self.outputPath = outputPath
        self.file = file
        self.frontMatter = frontMatter
        self.fallbackTitle = fallbackTitle
        self.body = body
        self.contents = contents
        self.summary = summary
        self.readingMinutes = readingMinutes
        self.run = run
    }

    /// The path of the page from the site's root.
    public var path: String { outputPath ?? SitePath.page(ofSource: sourcePath) }

    /// The front matter's title, the first heading's, or the file's name.
    public var title: String {
        if let title = frontMatter.title ?? fallbackTitle, !title.isEmpty { return title }
        return SitePath.fileName(SitePath.withoutExtension(sourcePath))
    }

    /// The template that lays the page out.
    var layout: String { frontMatter.extra["layout"]?.stringValue.map { "\($0).html" } ?? "post.html" }
}
