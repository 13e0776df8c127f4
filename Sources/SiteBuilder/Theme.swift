import Groundwork
import SourceText

/// The templates and style sheets that pages are made with, found file by file along a list of folders.
public struct Theme: Sendable {
    /// The folders, the one that takes precedence first.
    public let folders: [String]
    /// Templates by name.
    let templates: [String: SourceFile]
    /// The style sheet, put together and minified.
    let styleSheet: String
    /// The script of enhancements; empty when the theme has none.
    let script: String
    /// The script of the page that searches the site; empty when the theme has none.
    let searchScript: String

    /// The parts of the style sheet, in order.
    static let styleNames = ["tokens.css", "content.css", "theme.css", "extra.css"]

    /// Reads a theme.
    ///
    /// - Parameters:
    ///   - name: a folder of `templatesFolder`.
    ///   - overrides: a folder whose files take precedence.
    /// - Throws: ``ThemeError`` when there is no such theme or a file of it cannot be read.
    public init(named name: String, in templatesFolder: String, overrides: String? = nil) throws(ThemeError) {
        let available = Theme.names(in: templatesFolder)
        guard available.contains(name) else {
            throw ThemeError(
                summary: "there is no theme “\(name)” in \(templatesFolder)",
                solution: nearestName(to: name, among: available).map { "did you mean “\($0)”?" }
                    ?? (available.isEmpty ? nil : "the themes are \(available.joined(separator: ", "))"))
        }
        if let overrides, !isFolder(overrides) {
            throw ThemeError(summary: "the theme folder \(overrides) does not exist", solution: nil)
        }
        try self.init(folders: Theme.folders(named: name, in: templatesFolder, overrides: overrides))
    }

    init(folders: [String]) throws(ThemeError) {
        self.folders = folders
        var templates: [String: SourceFile] = [:]
        var parts: [String: String] = [:]
        for folder in folders {
            for name in namesInFolder(folder) {
                let kind = SitePath.fileExtension(name)
                guard ["html", "xml", "css", "js"].contains(kind) else { continue }
                if templates[name] != nil || parts[name] != nil { continue }
                let path = folder + "/" + name
                let file: SourceFile
                do {
                    file = try SourceFile(path: path, bytes: readFile(path))
                } catch {
                    throw ThemeError(summary: "cannot read \(path): \(error)", solution: nil)
                }
                if kind == "css" || kind == "js" { parts[name] = file.text } else { templates[name] = file }
            }
        }
        self.templates = templates
        styleSheet = StyleSheet.minified(Theme.styleNames.compactMap { parts[$0] }.joined(separator: "\n"))
        script = parts["enhance.js"] ?? ""
        searchScript = parts["search.js"] ?? ""
    }

    /// The folders that the files of a theme are looked for in; earlier ones take precedence.
    public static func folders(named name: String, in templatesFolder: String, overrides: String? = nil) -> [String] {
        [overrides, templatesFolder + "/" + name, templatesFolder + "/shared"].compactMap { $0 }
    }

    /// What lies in folders.
    public static func files(in folders: [String]) -> [String] { folders.flatMap { folder in namesInFolder(folder).map { folder + "/" + $0 } } }

    /// The themes that a folder holds.
    public static func names(in templatesFolder: String) -> [String] {
        namesInFolder(templatesFolder).filter { $0 != "shared" && isFolder(templatesFolder + "/" + $0) }
    }
}

/// A theme is missing or cannot be read.
public struct ThemeError: Error, Sendable, Hashable, CustomStringConvertible {
    public let summary: String
    public let solution: String?

    public var description: String { solution.map { "\(summary); \($0)" } ?? summary }
}
