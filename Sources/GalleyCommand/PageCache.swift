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
    /// Pictures of link previews by their paths, as this command drew them.
    private let knownCards: [String: QuickDigest]
    /// The command and the libraries that pages are made with.
    private let base: QuickDigest
    private let known: [String: Kept]
    private let used = Mutex<(pages: [String: Kept], hasNew: Bool)>(([:], false))

    private static let mark = "galley pages 2"
    /// More than this is not kept.
    private static let limit = 256 << 20

    init(path: String, base: QuickDigest) {
        self.path = path
        self.base = base
        (known, knownCards) = (try? readFile(path)).flatMap { try? Self.read($0, base: base) } ?? ([:], [:])
    }

    private static func read(_ bytes: [UInt8], base: QuickDigest) throws(ByteReader.Damage) -> ([String: Kept], [String: QuickDigest]) {
        var reader = ByteReader(bytes)
        guard try reader.text() == mark, try reader.digest() == base else { throw ByteReader.Damage() }
        let pages = try reader.list { (reader) throws(ByteReader.Damage) in
            (try reader.text(), Kept(key: try reader.digest(), content: try reader.content()))
        }
        let cards = try reader.list { (reader) throws(ByteReader.Damage) in (try reader.text(), try reader.digest()) }
        return (
            Dictionary(pages, uniquingKeysWith: { first, _ in first }), Dictionary(cards, uniquingKeysWith: { first, _ in first })
        )
    }

    /// The page of a notebook, if it was made of the same text.
    func page(sourcePath: String, path: String) -> SitePage? {
        guard let kept = known[sourcePath], !fileExists(NotebookLocator.recordPath(of: path)), let text = try? readFile(path),
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

    /// The picture of a link preview that this command drew, if it still lies in the output folder.
    func card(_ path: String, in output: String) -> [UInt8]? {
        guard let digest = knownCards[path], let bytes = try? readFile(output + "/" + path), QuickDigest(bytes) == digest else { return nil }
        return bytes
    }

    /// Writes what is new; a cache that cannot be written costs the next render its time, no more.
    ///
    /// - Parameter cards: The pictures of link previews by their paths.
    func save(cards: [String: [UInt8]]) {
        let (pages, hasNew) = used.withLock { $0 }
        let cards = cards.mapValues { QuickDigest($0) }
        guard hasNew || pages.count != known.count || cards != knownCards else { return }
        guard pages.values.reduce(0, { $0 + $1.content.count }) <= Self.limit else { return }
        var writer = ByteWriter()
        writer.write(Self.mark)
        writer.write(base)
        writer.write(Array(pages)) { writer, page in
            writer.write(page.key)
            writer.write(page.value.key)
            writer.write(page.value.content)
        }
        writer.write(Array(cards)) { writer, card in
            writer.write(card.key)
            writer.write(card.value)
        }
        try? makeFolder(NotebookLocator.folder(of: path))
        try? writeFileAtomically(path, writer.bytes)
    }
}
