internal import Groundwork

/// The notebooks in a folder.
public enum SiteSources {
    /// The paths of notebooks beneath `folder`, from it, sorted: `.md` and `.qmd` files, and `.ipynb` files without one of these beside
    /// that they are records of: `post.ipynb` and `post.SET.ipynb` are records of `post.md`.
    ///
    /// Hidden files and folders, folders that begin with `_` (but for Jekyll's `_posts`), build folders, and what `exclude` names
    /// are passed over, as are a README, links to folders and what `galley export` wrote: a draft's export says nothing of drafts.
    ///
    /// - Parameter exclude: Paths of folders and files, from `folder`, or patterns of them.
    public static func notebooks(in folder: String, excluding exclude: [String] = []) -> [String] {
        survey(folder, excluding: exclude).notebooks
    }

    /// What lies in a folder.
    public struct Survey: Sendable {
        /// As ``SiteSources/notebooks(in:excluding:)`` has them.
        public var notebooks: [String] = []
        /// Texts of other tools that are no notebooks by their names, sorted: `a.markdown`, `_index.md`.
        public var passedOver: [String] = []
        /// Files in which other tools keep what holds for all pages of a folder, sorted.
        public var settings: [String] = []
    }

    private static let foreignEndings: Set<String> = ["markdown", "mdx", "rmd", "rmarkdown", "mkd", "mkdn", "mdown"]

    /// Looks through a folder, as ``notebooks(in:excluding:)`` says.
    public static func survey(_ folder: String, excluding exclude: [String] = []) -> Survey {
        var survey = Survey()
        let excluded = exclude.compactMap { PathPattern($0) }
        var found: [String] = []
        var pending = [""]
        while let current = pending.popLast() {
            let path = current.isEmpty ? folder : folder + "/" + current
            for name in namesInFolder(path) {
                let relative = SitePath.join(current, name)
                if isSettings(name, in: current) { survey.settings.append(relative) }
                if name.hasPrefix(".") || name.hasPrefix("_") && name != "_posts" && !name.hasPrefix("_index.") || name == "node_modules" { continue }
                if excluded.contains(where: { $0.matches(relative) }) { continue }
                if isRealFolder(folder + "/" + relative) {
                    pending.append(relative)
                    continue
                }
                let kind = SitePath.fileExtension(name)
                if name.hasPrefix("_index.") || foreignEndings.contains(kind) {
                    if !name.uppercased().hasPrefix("README.") { survey.passedOver.append(relative) }
                } else if ["md", "qmd", "ipynb"].contains(kind), !name.uppercased().hasPrefix("README."),
                    !isExport(folder + "/" + relative)
                {
                    found.append(relative)
                }
            }
        }
        let stems = Set(found.filter { !$0.hasSuffix(".ipynb") }.map(SitePath.withoutExtension))
        survey.notebooks = found.filter { !$0.hasSuffix(".ipynb") || !isRecord($0, of: stems) }.sorted()
        survey.passedOver.sort()
        survey.settings.sort()
        return survey
    }

    /// What the last line says of a file that `galley export` wrote.
    package static let exportMark = "made by galley export, "

    /// Whether a file ends with the line by which exports are known, also where it was changed since.
    private static func isExport(_ path: String) -> Bool {
        // Most notebooks end with no comment, so they are not read here.
        guard text(endOfFile(path, count: 64)).hasSuffix("-->"), let bytes = try? readFile(path) else { return false }
        return text(bytes).split(whereSeparator: \.isNewline).last?.hasPrefix("<!-- " + exportMark) ?? false
    }

    /// Without white space at the end.
    private static func text(_ bytes: [UInt8]) -> String {
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// Whether other tools keep settings of a folder's pages in a file: Quarto, Hugo and Eleventy.
    private static func isSettings(_ name: String, in folder: String) -> Bool {
        name == "_metadata.yml" || name == "_metadata.yaml" || name.hasPrefix("_index.") || name.hasSuffix(".11tydata.json")
            || !folder.isEmpty && name == SitePath.fileName(folder) + ".json"
    }

    /// Notebooks that would have one record and one page: `post.md` and `post.qmd`.
    public static func clashes(among notebooks: [String]) -> [(String, String)] {
        var known: [String: String] = [:]
        var clashes: [(String, String)] = []
        for path in notebooks {
            let stem = SitePath.withoutExtension(path)
            if let other = known[stem] { clashes.append((other, path)) } else { known[stem] = path }
        }
        return clashes
    }

    private static func isRecord(_ path: String, of stems: Set<String>) -> Bool {
        var stem = path[...]
        while let dot = stem.lastIndex(of: "."), !stem[dot...].contains("/") {
            stem = stem[..<dot]
            if stems.contains(String(stem)) { return true }
        }
        return false
    }
}
