public import NotebookModel
public import NotebookRenderer

extension SitePage {
    /// A page of a rendered notebook.
    ///
    /// - Parameters:
    ///   - sourcePath: the notebook's path from the site's folder.
    ///   - outputPath: the page's path, when it is not the source's with `.html`.
    ///   - record: the run that the outputs come from.
    ///   - hasStaleOutputs: whether some of them are older than their code.
    public init(
        _ rendered: RenderedPage, of notebook: Notebook, sourcePath: String, outputPath: String? = nil, record: RunRecord? = nil,
        hasStaleOutputs: Bool = false
    ) {
        self.init(
            sourcePath: sourcePath, outputPath: outputPath, file: notebook.file, frontMatter: notebook.frontMatter,
            fallbackTitle: rendered.title, body: rendered.body, contents: rendered.contents.map(ContentsEntry.init),
            summary: rendered.summary.isEmpty ? nil : rendered.summary, readingMinutes: rendered.readingMinutes,
            run: record.flatMap { Run.known(of: $0, notebook.cells, hasStaleOutputs: hasStaleOutputs) })
        linkPlaces = Dictionary(rendered.links.map { ($0.destination, $0.range) }, uniquingKeysWith: { first, _ in first })
    }
}

extension SitePage.ContentsEntry {
    init(_ entry: RenderedPage.ContentsEntry) {
        self.init(id: entry.id, title: entry.title, children: entry.children.map(Self.init))
    }
}
