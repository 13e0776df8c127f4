import Groundwork
internal import SourceText

/// Which notebook, or which site, each file of an output folder is made of.
///
/// The list of what Galley wrote is published with the folder, so it tells paths from the output folder only where they lead up a few folders;
/// of others it tells a digest.
struct FileOrigins: Sendable {
    private let folder: String
    private let origins: [String: String]

    private static let maximumSteps = 3

    /// - Parameter origin: a path of the system.
    init(folder: String, _ paths: some Sequence<String>, of origin: (String) -> String?) {
        self.folder = folder
        let base = resolvedPath(folder)
        var known: [String: String] = [:]
        var origins: [String: String] = [:]
        for path in paths {
            guard let base, let source = origin(path) else { continue }
            let told = known[source] ?? resolvedPath(source).map { Self.told($0, from: base) }
            known[source] = told
            origins[path] = told
        }
        self.origins = origins
    }

    subscript(path: String) -> String? { origins[path] }

    private static func told(_ source: String, from base: String) -> String {
        let from = base.split(separator: "/")
        let to = source.split(separator: "/")
        let shared = zip(from, to).prefix { $0 == $1 }.count
        let steps = from.count - shared
        if steps > maximumSteps { return "#\(QuickDigest(source))" }
        return ([Substring](repeating: "..", count: steps) + to[shared...]).joined(separator: "/")
    }

    /// Whether a notebook's record lies at `path`, or what stands in its place: the two have one page, and which of them makes it is told
    /// where they are read.
    private static func isRecord(_ path: String, of notebook: String) -> Bool {
        guard path.hasSuffix(".ipynb"), let dot = notebook.lastIndex(of: ".") else { return false }
        return path.dropLast(".ipynb".count) == notebook[..<dot]
    }

    /// The files that are made of something else now, where what they were made of is still there.
    func others(_ earlier: [String: String]) -> [ChangeSet.Taken] {
        origins.compactMap { path, origin in
            // A site takes over what one of its own notebooks made.
            guard let other = earlier[path], other != origin, !other.hasPrefix(origin + "/"), !other.hasPrefix("#"),
                !Self.isRecord(other, of: origin), !Self.isRecord(origin, of: other), fileExists(folder + "/" + other)
            else { return nil }
            return ChangeSet.Taken(path: path, origin: other)
        }.sorted { $0.path < $1.path }
    }
}
