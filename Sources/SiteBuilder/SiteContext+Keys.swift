import SourceText
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
        writer.write(job.template)
        for (name, value) in zip(job.context.keys, job.context.values) {
            guard name.write(into: &writer) else { return nil }
            if let name = name.stringValue, Self.sharedNames.contains(name) { continue }
            guard value.write(into: &writer) else { return nil }
        }
        if let entry = job.entry { write(entry, into: &writer) }
        if job.path == "feed.xml" { for entry in feedPosts { write(entry, into: &writer) } }
        return QuickDigest(writer.bytes)
    }

    /// What goes into a page's HTML when its references are put in.
    private func write(_ entry: PageEntry, into writer: inout ByteWriter) {
        writer.write(QuickDigest(entry.page.body))
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
