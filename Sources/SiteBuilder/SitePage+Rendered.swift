public import NotebookModel
public import NotebookRenderer

extension SitePage {
    /// A page of a rendered notebook.
    ///
    /// - Parameters:
    ///   - sourcePath: the notebook's path from the site's folder.
    ///   - outputPath: the page's path, when it is not the source's with `.html`.
    ///   - record: the run that the outputs come from.
    public init(
        _ rendered: RenderedPage, of notebook: Notebook, sourcePath: String, outputPath: String? = nil, record: RunRecord? = nil
    ) {
        self.init(
            sourcePath: sourcePath, outputPath: outputPath, file: notebook.file, frontMatter: notebook.frontMatter,
            fallbackTitle: rendered.title, body: rendered.body, contents: rendered.contents.map(ContentsEntry.init),
            summary: rendered.summary.isEmpty ? nil : rendered.summary, readingMinutes: rendered.readingMinutes,
            run: record.flatMap { $0.cells.isEmpty ? nil : Run($0) })
        linkPlaces = Dictionary(rendered.links.map { ($0.destination, $0.range) }, uniquingKeysWith: { first, _ in first })
    }
}

extension SitePage.ContentsEntry {
    init(_ entry: RenderedPage.ContentsEntry) {
        self.init(id: entry.id, title: entry.title, children: entry.children.map(Self.init))
    }
}
