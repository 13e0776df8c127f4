import Groundwork
import NotebookModel
internal import SourceText
import TemplateEngine

extension SiteContext {
    /// What a file is made of: with equal keys the same build of the command makes equal bytes.
    ///
    /// It holds all that the template sees, and all of the theme, so that nothing has to be said of what depends on what.
    func key(of job: Job) -> QuickDigest? {
        guard let templatesKey else { return nil }
        var writer = ByteWriter()
        writer.write(templatesKey)
        writer.write(job.path)
        switch job.content {
        case .words(let limit):
            writer.write(limit)
            for entry in job.entries {
                for text in [entry.page.path, entry.page.title] + entry.page.frontMatter.tags { writer.write(text) }
                writer.write(entry.scan.digest)
            }
        case .template(let template, let context):
            writer.write(template)
            for (name, value) in zip(context.keys, context.values) {
                guard name.write(into: &writer) else { return nil }
                if let name = name.stringValue, Self.sharedNames.contains(name) { continue }
                guard value.write(into: &writer) else { return nil }
            }
            for entry in job.entries { write(entry, into: &writer) }
        }
        return QuickDigest(writer.bytes)
    }

    /// What goes into a page's HTML when its references are put in.
    private func write(_ entry: PageEntry, into writer: inout ByteWriter) {
        writer.write(entry.scan.digest)
        for target in entry.targets {
            switch target {
            case .unchanged: writer.write("-")
            case .fragment(let text): writer.write("#" + text)
            case .site(let path, let suffix):
                writer.write("/" + path)
                writer.write(suffix)
                writer.write(sizes[path]?.width ?? -1)
                writer.write(sizes[path]?.height ?? -1)
            }
        }
    }

    /// Names that have the same values in every template, which ``templatesKey(of:shared:)`` stands for.
    static let sharedNames: Set<String> = ["words", "styles", "script", "galley"]

    /// The theme's templates by name, and what all of them see.
    static func templatesKey(of theme: Theme, shared: TemplateMap) -> QuickDigest? {
        var writer = ByteWriter()
        for name in sharedNames.sorted() { guard shared[name]?.write(into: &writer) != false else { return nil } }
        for name in theme.templates.keys.sorted() {
            writer.write(name)
            writer.write(theme.templates[name]?.text ?? "")
        }
        return QuickDigest(writer.bytes)
    }
}
