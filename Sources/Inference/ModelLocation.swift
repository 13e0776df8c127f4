internal import Groundwork

/// Finds models by the names that notebooks use.
package enum ModelLocation {
    static func find(_ name: String, progress: (@Sendable (DownloadProgress) -> Void)?) throws(ModelError) -> String {
        if isRegularFile(name) || isFolder(name) { return name }
        var places: [String] = [name]
        if !name.contains("/") {
            var near: [String] = []
            for folder in modelFolders {
                let names = folderContents(folder).filter { !$0.hasPrefix(".") }.sorted()
                let matches = match(name, in: names)
                if matches.count > 1 {
                    throw .notFound(
                        name: name, places: matches.map { "\(folder)/\($0)" },
                        help: "these are it in several quantisations: give the whole name of one")
                }
                if let only = matches.first { return "\(folder)/\(only)" }
                places.append("\(folder)/\(name)[.Q4_K_M and the like].gguf")
                near += Self.near(name, in: names)
            }
            let hint = near.isEmpty ? "" : "there is \(near.map { "\"\($0)\"" }.joined(separator: ", ")): give such a name; or "
            throw .notFound(
                name: name, places: places,
                help: hint + "put a .gguf file or a Hugging Face folder into the models folder, give a path, or say organisation/name")
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

    /// The file or folder of that name; else the .gguf files whose name is that and at most a quantisation's.
    package static func match(_ name: String, in names: [String]) -> [String] {
        if let exact = names.first(where: { $0.utf8.elementsEqual(name.utf8) }) { return [exact] }
        let wanted = name.lowercased()
        let same = names.filter { $0.lowercased() == wanted || $0.lowercased() == wanted + ".gguf" }
        if !same.isEmpty { return same }
        return names.filter { file in
            let file = file.lowercased()
            guard file.hasSuffix(".gguf"), file.hasPrefix(wanted) else { return false }
            let rest = file.dropFirst(wanted.count).dropLast(5)
            return (rest.hasPrefix(".") || rest.hasPrefix("-")) && isQuantization(rest.dropFirst())
        }
    }

    /// Whether a text is how llama.cpp and those who publish its files call a type of weights: `q4_k_m`, `iq2_xxs`, `bf16`, `ud-q4_k_xl`.
    private static func isQuantization(_ text: Substring) -> Bool {
        for prefix in ["ud-", "i1-"] where text.hasPrefix(prefix) { return isQuantization(text.dropFirst(prefix.count)) }
        var parts = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        let first = parts.removeFirst()
        if ["f16", "f32", "bf16", "fp16", "fp32"].contains(first) { return parts.isEmpty }
        if first == "mxfp4" { return parts.isEmpty || parts == ["moe"] }
        guard let letters = ["iq", "tq", "q"].first(where: { first.hasPrefix($0) }) else { return false }
        let digits = first.dropFirst(letters.count)
        guard digits.count == 1, digits.allSatisfy(\.isNumber) else { return false }
        return parts.allSatisfy { ["0", "1", "2", "4", "8", "k", "s", "m", "l", "xl", "xs", "xxs", "nl"].contains($0) }
    }

    /// Models whose names begin as this one does, or it as theirs: what may have been meant.
    private static func near(_ name: String, in names: [String]) -> [String] {
        let wanted = name.lowercased()
        func common(_ other: String) -> Int { zip(wanted, other.lowercased()).prefix { $0 == $1 }.count }
        return names.filter { common($0) >= max(3, wanted.count / 2) }.prefix(8).map(\.self)
    }

    private static func isRepositoryPart(_ part: Substring) -> Bool {
        !part.isEmpty && part != "." && part != ".."
            && part.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
    }
}
