internal import HTML
internal import JSON
public import Markdown
public import NotebookModel
internal import SourceText

/// Renders notebooks to the bodies of pages.
public enum PageRenderer {
    /// The files outside of a notebook that pages depend on, whether they are there or not.
    public static var libraryPaths: [String] { Typesetting.libraryPaths }

    /// Renders one notebook.
    ///
    /// Everything is escaped but what the author asked to be HTML: HTML in the prose, and outputs of type `text/html` or
    /// `image/svg+xml`. The body refers to nothing outside that the author did not refer to, and holds no script of ours.
    /// - Parameters:
    ///   - document: the notebook's text; the cells' places refer to it.
    ///   - record: what the run left; without one, cells are shown as not run.
    ///   - highlight: classifies Swift.
    public static func render(
        _ notebook: Notebook, document written: MarkdownDocument, record: RunRecord?, options: PageOptions = PageOptions(),
        highlight: @escaping SwiftHighlighter
    ) -> RenderedPage {
        var page = PageState()
        var hidden = HiddenContent(notebook)
        let document = hidden.removed(from: written)
        page.diagnostics = hidden.diagnostics
        page.options = options
        page.words = options.words
        page.notebook = notebook
        page.hasRecord = record != nil
        page.highlight = highlight
        for cell in record?.cells ?? [] { page.records[cell.id] = cell }
        // What is hidden has no number.
        let cells = Self.cells(of: notebook, in: document, isWhole: document.nodes.count == written.nodes.count)
        page.references = ReferenceTable(document: document, cells: cells, words: options.words)
        readBibliography(into: &page)

        var renderer = MarkdownRenderer(document: document, style: .page)
        renderer.cells = cells
        let title = headings(of: document, titled: notebook.frontMatter.title, &renderer)
        page.headingShift = renderer.headingShift
        for node in document.nodes {
            if case .heading(_, let attributes) = node.kind, let id = attributes.id { page.slugs.reserve(id) }
        }
        var writer = HTMLWriter(reservingCapacity: notebook.file.text.utf8.count * 2)
        renderer.render(into: &writer, page: &page)
        page.diagnostics += ForeignMarkup.diagnostics(document, in: notebook)
        page.citeSilently()
        page.writeReferenceList(into: &writer)

        let text = String(decoding: page.plainText, as: UTF8.self)
        let words = wordCount(page.plainText)
        return RenderedPage(
            body: writer.bytes, title: title, contents: tree(page.headings),
            summary: notebook.frontMatter.description ?? summary(of: document, page), plainText: text, wordCount: words,
            readingMinutes: max(1, (words + 110) / 220), features: page.features, links: page.links, diagnostics: page.diagnostics)
    }

    /// The cells by their nodes. In a document that parts were taken out of, a node is known by its range in the notebook.
    private static func cells(of notebook: Notebook, in document: MarkdownDocument, isWhole: Bool) -> [Int: Cell] {
        var cells: [Int: Cell] = [:]
        if isWhole {
            for cell in notebook.cells { if let node = cell.node { cells[node] = cell } }
            return cells
        }
        let found = notebook.cells.filter { $0.node != nil }
        let places = Dictionary(found.map { ($0.range, $0) }) { first, _ in first }
        for (index, node) in document.nodes.enumerated() {
            switch node.kind {
            case .codeBlock: if let cell = places[node.range], cell.kind == .code { cells[index] = cell }
            case .code: if let cell = places[node.range], cell.kind == .inlineValue { cells[index] = cell }
            default: break
            }
        }
        return cells
    }

    /// Takes the title from a first heading of level 1 when the front matter has none, and moves headings one level
    /// down where some are of the title's level: a page has one heading of level 1.
    private static func headings(of document: MarkdownDocument, titled title: String?, _ renderer: inout MarkdownRenderer) -> String? {
        var title = title
        if title == nil, let first = document.children(of: 0).first(where: { _ in true }), case .heading(1, _) = document.nodes[first].kind {
            title = document.plainText(of: first)
            renderer.omitted.insert(first)
        }
        let hasTopLevel = document.nodes.indices.contains { index in
            if case .heading(1, _) = document.nodes[index].kind { !renderer.omitted.contains(index) } else { false }
        }
        renderer.headingShift = hasTopLevel ? 1 : 0
        return title
    }

    private static func readBibliography(into page: inout PageState) {
        var entries: [BibliographyEntry] = []
        for (path, text) in page.options.bibliography {
            let (read, problem) = BibliographyEntry.read(text)
            entries += read
            if let problem {
                page.diagnostics.append(
                    Diagnostic(.error, identifier: "bad-bibliography", summary: "the bibliography cannot be read: \(problem)", path: path))
            } else if read.isEmpty, text.contains(where: { !$0.isWhitespace }) {
                page.diagnostics.append(
                    Diagnostic(
                        .error, identifier: "bad-bibliography", summary: "no work was found in the bibliography", path: path,
                        solutions: ["BibTeX and CSL-JSON are read"]))
            }
        }
        // Works in the front matter itself, as Pandoc has them.
        if let references = page.notebook?.frontMatter.extra["references"]?.arrayValue {
            entries += references.compactMap(BibliographyEntry.init(csl:))
        }
        page.citations = CitationTable(entries)
        for key in page.citations.repeated {
            page.diagnostics.append(
                Diagnostic(
                    .warning, identifier: "bad-bibliography", summary: "several works have the key “\(key)”; the first is cited",
                    path: page.options.bibliography.first?.path ?? ""))
        }
    }

    /// The headings of levels 2 to 4 as a tree; a level that is left out leaves no gap.
    private static func tree(_ headings: [(level: Int, entry: RenderedPage.ContentsEntry)]) -> [RenderedPage.ContentsEntry] {
        var stack: [(level: Int, entries: [RenderedPage.ContentsEntry])] = [(0, [])]
        func fold() {
            let last = stack.removeLast()
            if var parent = stack[stack.count - 1].entries.popLast() {
                parent.children = last.entries
                stack[stack.count - 1].entries.append(parent)
            } else {
                stack[stack.count - 1].entries += last.entries
            }
        }
        for heading in headings where heading.level <= 4 {
            while stack.count > 1, stack[stack.count - 1].level > heading.level { fold() }
            if stack[stack.count - 1].level < heading.level { stack.append((heading.level, [])) }
            stack[stack.count - 1].entries.append(heading.entry)
        }
        while stack.count > 1 { fold() }
        return stack[0].entries
    }

    /// The first paragraph's text, cut at a word past 200 characters.
    private static func summary(of document: MarkdownDocument, _ page: PageState) -> String {
        guard let first = document.children(of: 0).first(where: { document.nodes[$0].kind == .paragraph }) else { return "" }
        let text = page.plain(document.plainText(of: first)).trimmed
        guard text.count > 220 else { return text }
        let head = text.prefix(200)
        return (head.lastIndex(of: " ").map { String(head[..<$0]) } ?? String(head)) + "…"
    }

    /// Runs of letters; every ideograph and kana counts as a word of its own.
    private static func wordCount(_ text: [UInt8]) -> Int {
        var count = 0
        var isInWord = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte <= 0x20 {
                isInWord = false
            } else if byte >= 0xE3, byte <= 0xE9 {
                count += 1
                isInWord = false
                index += 2
            } else if !isInWord {
                isInWord = true
                count += 1
            }
            index += 1
        }
        return count
    }
}
