import Groundwork
import NotebookModel
import SiteBuilder
import SourceText
import TestSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder that is gone when the test is.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/galley-site-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw FileError(operation: "make folder", path: "/tmp", code: errno) }
        path = String(cString: made)
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: String) {
        if unlink(path) == 0 { return }
        for name in namesInFolder(path) { removeAll(path + "/" + name) }
        rmdir(path)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        if let slash = name.lastIndex(of: "/") { try makeFolder(path + "/" + name[..<slash]) }
        try writeFileAtomically(path + "/" + name, bytes)
    }

    func text(_ name: String) -> String? { (try? readFile(path + "/" + name)).map { String(decoding: $0, as: UTF8.self) } }
}

let templatesFolder = ReferenceData.packageRoot + "/Templates"

/// A page with a body of HTML.
func page(_ path: String, _ body: String = "<p>Text.</p>", source: String = "", _ change: (inout FrontMatter) -> Void = { _ in }) -> SitePage {
    var front = FrontMatter()
    front.title = SourceFile(path: path, text: "").path
    front.date = "2026-11-23"
    change(&front)
    return SitePage(sourcePath: path, file: SourceFile(path: path, text: source.isEmpty ? body : source), frontMatter: front, body: Array(body.utf8))
}

/// Builds a site of pages, with a base URL unless `configuration` says otherwise.
func build(
    _ pages: [SitePage], theme: String = "rich", in folder: String = "/nonexistent", overrides: String? = nil, drafts: Bool = false,
    on day: String = "2027-01-01", _ change: (inout SiteConfiguration) -> Void = { _ in }
) async throws -> Site {
    var configuration = SiteConfiguration()
    configuration.title = "Notes"
    configuration.baseURL = "https://example.org/blog/"
    change(&configuration)
    var builder = SiteBuilder(
        configuration: configuration, theme: try Theme(named: theme, in: templatesFolder, overrides: overrides), sourceFolder: folder,
        version: "0.1")
    builder.includesDrafts = drafts
    if let clock = SiteClock(day) { builder.clock = clock }
    return await builder.build(pages)
}
