/// Finds models by the names that notebooks use.
enum ModelLocation {
    static func find(_ name: String, progress: (@Sendable (DownloadProgress) -> Void)?) throws(ModelError) -> String {
        if FileSystem.isFile(name) || FileSystem.isFolder(name) { return name }
        var places: [String] = [name]
        if !name.contains("/") {
            for folder in modelFolders {
                if let path = match(name, in: folder) { return path }
                places.append("\(folder)/\(name)[.*].gguf")
            }
            throw .notFound(
                name: name, places: places,
                help: "put a .gguf file or a Hugging Face folder into the models folder, give a path, or say organisation/name")
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(isRepositoryPart) else {
            throw .notFound(name: name, places: places, help: "check the path")
        }
        return try ModelHub().folder(of: name, places: places, progress: progress)
    }

    /// Where the author keeps models, in the order in which they are searched.
    static var modelFolders: [String] {
        if let folder = FileSystem.environment("GALLEY_MODELS") { return [folder] }
        if let data = FileSystem.environment("XDG_DATA_HOME") { return ["\(data)/galley/models"] }
        return ["\(FileSystem.home)/.local/share/galley/models"]
    }

    /// A folder or file of that name, or the first file called name.gguf, name.TYPE.gguf or name-TYPE.gguf.
    private static func match(_ name: String, in folder: String) -> String? {
        let exact = "\(folder)/\(name)"
        if FileSystem.isFile(exact) || FileSystem.isFolder(exact) { return exact }
        let names = FileSystem.names(in: folder)
        let lower = name.lowercased()
        if let file = names.first(where: { $0.lowercased() == lower + ".gguf" }) { return "\(folder)/\(file)" }
        let candidates = names.filter { file in
            let file = file.lowercased()
            guard file.hasSuffix(".gguf"), file.hasPrefix(lower) else { return false }
            let rest = file.dropFirst(lower.count)
            return rest.hasPrefix(".") || rest.hasPrefix("-")
        }
        return candidates.first.map { "\(folder)/\($0)" }
    }

    private static func isRepositoryPart(_ part: Substring) -> Bool {
        !part.isEmpty && part != "." && part != ".."
            && part.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
    }
}
