internal import Groundwork
internal import SiteBuilder
internal import SourceText

/// A file that `galley export` writes, with a line at its end by which it is known again.
///
/// The line holds the digest of what stands above it, so that a file that somebody wrote or changed by hand is never taken for
/// one that may be replaced.
struct ExportedFile: Sendable {
    /// How a format hides a line from readers.
    enum Comment: Sendable {
        /// HTML and Markdown.
        case markup
        /// After the end of a PDF.
        case percent

        fileprivate var ends: (String, String) {
            switch self {
            case .markup: ("<!-- ", " -->\n")
            case .percent: ("%", "\n")
            }
        }
    }

    /// With the line.
    let bytes: [UInt8]
    private static let mark = SiteSources.exportMark

    /// - Parameter companions: Files that go with it, by their paths from its folder.
    init(_ content: [UInt8], _ comment: Comment, companions: [String: [UInt8]] = [:]) {
        let digests = [QuickDigest(content).description] + companions.sorted { $0.key < $1.key }.map { Self.entry($0.key, $0.value) }
        bytes = content + Array((comment.ends.0 + Self.mark + digests.joined(separator: " ") + comment.ends.1).utf8)
    }

    private static func entry(_ path: String, _ bytes: [UInt8]) -> String { "\(QuickDigest(path))=\(QuickDigest(bytes))" }

    /// What the line at the end of a file says of the files that go with it; `nil` for a file that was not exported, or was changed since.
    private static func entries(at path: String) -> Set<String>? {
        guard let bytes = try? readFile(path), let start = bytes.dropLast().lastIndex(of: 0x0A).map({ $0 + 1 }) else { return nil }
        let line = String(decoding: bytes[start...], as: UTF8.self)
        guard let range = line.firstRange(of: mark) else { return nil }
        let words = line[range.upperBound...].split { $0 == " " || $0 == "\n" }.map(String.init)
        guard words.first == QuickDigest(Array(bytes[..<start])).description else { return nil }
        return Set(words.dropFirst())
    }

    /// The first file in the way that was not exported before, or was changed since; `nil` where all may be written.
    func obstacle(at target: String, companions: [String: [UInt8]] = [:]) -> String? {
        let known = Self.entries(at: target)
        if isTaken(target), known == nil, (try? readFile(target)) != bytes { return target }
        let folder = NotebookLocator.folder(of: target)
        for (name, bytes) in companions.sorted(by: { $0.key < $1.key }) {
            let path = folder + "/" + name
            guard isTaken(path), let present = try? readFile(path) else {
                if isTaken(path) { return path }
                continue
            }
            if present != bytes, known?.contains(Self.entry(name, present)) != true { return path }
        }
        return nil
    }
}
