internal import Groundwork
internal import NotebookParser
internal import SiteBuilder
internal import SourceText
private import Synchronization

/// The pages of prose as they were rendered last, by the text that they were made of.
///
/// A page is kept when nothing was to be said about it, and when it depends on nothing but its text: no cells, no record, no
/// bibliography.
final class PageCache: Sendable {
    private struct Kept: Sendable {
        var key: QuickDigest
        var content: [UInt8]
    }

    private let path: String
    /// The command and the libraries that pages are made with.
    private let base: QuickDigest
    private let earlier: Earlier

    /// What the last render left.
    private struct Earlier: Sendable {
        var pages: [String: Kept] = [:]
        /// What files of the site were made of, by the paths at which they were written.
        var files: [String: Made] = [:]
    }

    /// A file that was made of known things: by a template, or a picture of a link preview.
    struct Made: Sendable, Hashable {
        var key: QuickDigest
        var entry: RenderLedger.Entry
    }

    private let used = Mutex<(pages: [String: Kept], hasNew: Bool)>(([:], false))

    private static let mark = "galley pages 4"
    /// More than this is not kept.
    private static let limit = 256 << 20

    init(path: String, base: QuickDigest) {
        self.path = path
        self.base = base
        earlier = (try? readFile(path)).flatMap { try? Self.read($0, base: base) } ?? Earlier()
    }

    private static func read(_ bytes: [UInt8], base: QuickDigest) throws(ByteReader.Damage) -> Earlier {
        var reader = ByteReader(bytes)
        guard try reader.text() == mark, try reader.digest() == base else { throw ByteReader.Damage() }
        let pages = try reader.list { (reader) throws(ByteReader.Damage) in
            (try reader.text(), Kept(key: try reader.digest(), content: try reader.content()))
        }
        let files = try reader.list { (reader) throws(ByteReader.Damage) in
            let key = try reader.digest()
            let entry = try RenderLedger.Entry(&reader)
            return (entry.path, Made(key: key, entry: entry))
        }
        return Earlier(
            pages: Dictionary(pages, uniquingKeysWith: { first, _ in first }),
            files: Dictionary(files, uniquingKeysWith: { first, _ in first }))
    }

    /// The page of a notebook, if it was made of the same text.
    func page(sourcePath: String, path: String) -> SitePage? {
        guard let kept = earlier.pages[sourcePath], !fileExists(NotebookLocator.recordPath(of: path)), let text = try? readFile(path),
            kept.key == QuickDigest(text), let file = try? SourceFile(path: path, bytes: text)
        else { return nil }
        var reader = ByteReader(kept.content)
        guard let page = try? SitePage(&reader, sourcePath: sourcePath, file: file, frontMatter: NotebookParsing.frontMatter(of: file)) else {
            return nil
        }
        used.withLock { $0.pages[sourcePath] = kept }
        return page
    }

    /// Keeps a page that depends on its text alone.
    func keep(_ page: SitePage) {
        var writer = ByteWriter()
        page.write(into: &writer)
        let kept = Kept(key: QuickDigest(page.file.text), content: writer.bytes)
        used.withLock { used in
            used.pages[page.sourcePath] = kept
            used.hasNew = true
        }
    }

    /// Whether a file stands as it was written when it was made of the same things.
    func isThere(_ path: String, key: QuickDigest) -> Bool {
        guard let made = earlier.files[path], made.key == key else { return false }
        return made.entry.stamp != nil && made.entry.holds
    }

    /// Writes what is new; a cache that cannot be written costs the next render its time, no more.
    ///
    /// - Parameter files: What was made of known things, by the paths at which it was written.
    func save(files: [String: Made]) {
        let (pages, hasNew) = used.withLock { $0 }
        guard hasNew || pages.count != earlier.pages.count || files != earlier.files else { return }
        guard pages.values.reduce(0, { $0 + $1.content.count }) <= Self.limit else { return }
        var writer = ByteWriter()
        writer.write(Self.mark)
        writer.write(base)
        writer.write(Array(pages)) { writer, page in
            writer.write(page.key)
            writer.write(page.value.key)
            writer.write(page.value.content)
        }
        writer.write(Array(files.values)) { writer, made in
            writer.write(made.key)
            made.entry.write(into: &writer)
        }
        try? makeFolder(NotebookLocator.folder(of: path))
        try? writeFileAtomically(path, writer.bytes)
    }
}
