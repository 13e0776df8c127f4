/// The notebooks in a folder.
public enum SiteSources {
    /// The paths of notebooks beneath `folder`, from it, sorted: `.md` files, and `.ipynb` files without an `.md` beside
    /// that they are records of: `post.ipynb` and `post.SET.ipynb` are records of `post.md`.
    ///
    /// Hidden files and folders, folders that begin with `_`, build folders, and what `exclude` names are passed over, as
    /// are a README and links to folders.
    public static func notebooks(in folder: String, excluding exclude: [String] = []) -> [String] {
        var found: [String] = []
        var pending = [""]
        while let current = pending.popLast() {
            let path = current.isEmpty ? folder : folder + "/" + current
            for name in namesInFolder(path) {
                if name.hasPrefix(".") || name.hasPrefix("_") || name == "node_modules" { continue }
                let relative = SitePath.join(current, name)
                if exclude.contains(where: { relative == $0 || relative.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }) { continue }
                if isRealFolder(folder + "/" + relative) {
                    pending.append(relative)
                    continue
                }
                let kind = SitePath.fileExtension(name)
                if kind == "md" || kind == "ipynb", !name.uppercased().hasPrefix("README.") { found.append(relative) }
            }
        }
        let markdown = Set(found.filter { $0.hasSuffix(".md") })
        return found.filter { $0.hasSuffix(".md") || !isRecord($0, of: markdown) }.sorted()
    }

    private static func isRecord(_ path: String, of markdown: Set<String>) -> Bool {
        var stem = path[...]
        while let dot = stem.lastIndex(of: "."), !stem[dot...].contains("/") {
            stem = stem[..<dot]
            if markdown.contains(stem + ".md") { return true }
        }
        return false
    }
}
