internal import Groundwork
internal import SiteBuilder
internal import SourceText
private import Synchronization

/// The files that a render looks at, each stamped before it is read, so that a later one can tell whether any changed.
final class RenderLedger: Sendable {
    struct Entry: Sendable, Hashable {
        var path: String
        /// `nil` when there was no such file.
        var stamp: FileStamp?
        /// For files that changed so lately that the stamp alone does not vouch for them.
        var digest: QuickDigest?

        init(_ path: String) {
            self.path = path
            stamp = FileStamp(path)
            if let stamp, stamp.isFresh { digest = Self.digest(path, stamp) }
        }

        init(path: String, stamp: FileStamp?, digest: QuickDigest?) {
            self.path = path
            self.stamp = stamp
            self.digest = digest
        }

        init(_ reader: inout ByteReader) throws(ByteReader.Damage) {
            path = try reader.text()
            if try reader.flag() {
                stamp = FileStamp(
                    size: Int64(try reader.signed()), modified: Int64(try reader.signed()), changed: Int64(try reader.signed()),
                    inode: try reader.integer(), isFolder: try reader.flag())
            }
            if try reader.flag() { digest = try reader.digest() }
        }

        func write(into writer: inout ByteWriter) {
            writer.write(path)
            writer.write(stamp != nil)
            if let stamp {
                writer.write(stamp.size)
                writer.write(stamp.modified)
                writer.write(stamp.changed)
                writer.write(stamp.inode)
                writer.write(stamp.isFolder)
            }
            writer.write(digest != nil)
            if let digest { writer.write(digest) }
        }

        /// Whether what is at the path is what was there.
        var holds: Bool {
            let now = FileStamp(path)
            guard now == stamp else { return false }
            guard let digest, let now else { return true }
            return Self.digest(path, now) == digest
        }

        static func digest(_ path: String, _ stamp: FileStamp) -> QuickDigest? {
            if stamp.isFolder { return QuickDigest(namesInFolder(path).joined(separator: "\n")) }
            return (try? readFile(path)).map { QuickDigest($0) }
        }
    }

    private let state = Mutex<(entries: [String: Entry], isBroken: Bool)>(([:], false))

    /// Stamps a file or folder, once. To be called before it is read.
    func note(_ path: String) {
        if state.withLock({ $0.entries[path] != nil }) { return }
        let entry = Entry(path)
        state.withLock { if $0.entries[path] == nil { $0.entries[path] = entry } }
    }

    /// Stamps a file that the render itself wrote.
    func renew(_ path: String) {
        let entry = Entry(path)
        state.withLock { $0.entries[path] = entry }
    }

    /// The stamp of a file that was noted.
    func entry(_ path: String) -> Entry? { state.withLock { $0.entries[path] } }

    /// Says that a later render cannot rely on files alone.
    func spoil() { state.withLock { $0.isBroken = true } }

    /// In the order of paths; `nil` when a later render cannot rely on them.
    var entries: [Entry]? {
        state.withLock { state in state.isBroken ? nil : state.entries.values.sorted { $0.path < $1.path } }
    }
}
