public import Groundwork
public import SourceText

/// A site as values: each path with its bytes, and what the author should know.
public struct Site: Sendable {
    /// Every file by its path from the site's root.
    public var files: [String: [UInt8]]
    public var diagnostics: [Diagnostic]
    /// What the files that templates make were made of.
    public var keys: [String: QuickDigest] = [:]
    /// Files that were not made, as the output folder holds what would come out.
    public var standing: Set<String> = []

    /// The notebooks, as shown to the author, that pages and what leads to them are made of.
    public var makers: [String: String] = [:]
    /// The minute at which a page comes or goes by itself, in ``SiteClock``'s count: the site is as it should be until then.
    public var changesAt: Int?

    public init(files: [String: [UInt8]] = [:], diagnostics: [Diagnostic] = []) {
        self.files = files
        self.diagnostics = diagnostics
    }

    /// The text of a file, for tests and the preview.
    package func text(_ path: String) -> String? {
        files[path].map { String(decoding: $0, as: UTF8.self) }
    }
}
