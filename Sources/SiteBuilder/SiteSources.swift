/// The notebooks in a folder.
public enum SiteSources {
    /// The paths of notebooks beneath `folder`, from it, sorted: `.md` and `.qmd` files, and `.ipynb` files without one of these beside
    /// that they are records of: `post.ipynb` and `post.SET.ipynb` are records of `post.md`.
    ///
    /// Hidden files and folders, folders that begin with `_`, build folders, and what `exclude` names are passed over, as
    /// are a README and links to folders.
    ///
    /// - Parameter exclude: Paths of folders and files, from `folder`, or patterns of them.
    public static func notebooks(in folder: String, excluding exclude: [String] = []) -> [String] {
        let excluded = exclude.compactMap { PathPattern($0) }
        var found: [String] = []
        var pending = [""]
        while let current = pending.popLast() {
            let path = current.isEmpty ? folder : folder + "/" + current
            for name in namesInFolder(path) {
                if name.hasPrefix(".") || name.hasPrefix("_") || name == "node_modules" { continue }
                let relative = SitePath.join(current, name)
                if excluded.contains(where: { $0.matches(relative) }) { continue }
                if isRealFolder(folder + "/" + relative) {
                    pending.append(relative)
                    continue
                }
                let kind = SitePath.fileExtension(name)
                if ["md", "qmd", "ipynb"].contains(kind), !name.uppercased().hasPrefix("README.") { found.append(relative) }
            }
        }
        let stems = Set(found.filter { !$0.hasSuffix(".ipynb") }.map(SitePath.withoutExtension))
        return found.filter { !$0.hasSuffix(".ipynb") || !isRecord($0, of: stems) }.sorted()
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
