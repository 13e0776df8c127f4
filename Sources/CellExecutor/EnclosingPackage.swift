internal import Groundwork
internal import JSON

/// The SwiftPM package that a notebook lies in, whose targets its cells may import.
///
/// It is built as a copy whose files are links: the copy's manifest is the package's own, with one library of the targets
/// that cells import in the place of its products.
struct EnclosingPackage: Sendable {
    let root: String

    /// The nearest package at or above `folder`.
    init?(around folder: String) {
        var parts = absolutePath(folder).split(separator: "/")
        while true {
            let candidate = "/" + parts.joined(separator: "/")
            if fileExists("\(candidate)/Package.swift") {
                root = candidate
                return
            }
            if parts.popLast() == nil { return nil }
        }
    }

    /// The modules that `sources` import, as far as their lines show.
    static func imports(in sources: [String]) -> Set<String> {
        var modules: Set<String> = []
        for source in sources {
            for line in source.split(separator: "\n") {
                var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
                while let first = words.first, first.hasPrefix("@") || ["public", "internal", "private", "package"].contains(first) {
                    words.removeFirst()
                }
                guard words.first == "import", words.count > 1 else { continue }
                let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
                let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
                modules.insert(String(name.prefix { $0 != "." }))
            }
        }
        return modules
    }

    /// Which of `modules` the manifest's text holds as names, sorted.
    func names(_ modules: Set<String>) -> [String] {
        guard let manifest = try? readFile("\(root)/Package.swift") else { return [] }
        let text = String(decoding: manifest, as: UTF8.self)
        return modules.filter { text.contains("\"\($0)\"") }.sorted()
    }

    /// Which of `modules` are library targets of the package, sorted.
    ///
    /// SwiftPM is asked only where the manifest holds one of the names, and once for each state of the manifest.
    ///
    /// - Parameter command: Runs SwiftPM; `nil` where that may not be.
    func targets(among modules: Set<String>, swift: String, cache: CellCache, command: KeptCommand?) throws(ExecutionError) -> Result<
        [String], PackageProblem
    > {
        guard let manifest = try? readFile("\(root)/Package.swift") else { return .success([]) }
        let text = String(decoding: manifest, as: UTF8.self)
        guard !names(modules).isEmpty else { return .success([]) }
        let memory = "\(cache.packages)/targets-\(ContentKey([root, text, swift]).short)"
        if let known = try? readFile(memory) {
            return .success(String(decoding: known, as: UTF8.self).split(separator: "\n").map(String.init).filter(modules.contains).sorted())
        }
        guard let result = try command?.run([swift, "package", "--package-path", root, "describe", "--type", "json"]) else { return .success([]) }
        let output = result.output
        guard result.status == 0, let start = output.firstIndex(of: "{"), let described = try? JSONValue(parsing: String(output[start...])) else {
            return .failure(PackageProblem(text: output))
        }
        let names = (described["targets"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "library" }.compactMap { $0["name"]?.stringValue }
        do throws(FileError) {
            try makeFolder(cache.packages)
            try writeFileAtomically(memory, Array(names.joined(separator: "\n").utf8))
        } catch {
            throw .file(error)
        }
        return .success(names.filter(modules.contains).sorted())
    }

    /// Lays the copy out in `folder`.
    func mirror(in folder: String, targets: [String]) throws(FileError) {
        // What a link leads to is somebody else's.
        if isLink(folder) { throw FileError(operation: "lay out a package in", path: folder, code: 40) }
        try makeFolder(folder)
        let own: Set<String> = ["Package.swift", "Package.resolved", ".build", ".git", ".swiftpm", "stamp"]
        let wanted = Set(folderContents(root)).subtracting(own).filter { !$0.hasPrefix("Package@") && !$0.hasPrefix(".build") }
        for name in folderContents(folder) where !wanted.contains(name) && !own.contains(name) { removeFile("\(folder)/\(name)") }
        for name in wanted where !makeLink(at: "\(folder)/\(name)", to: "\(root)/\(name)") {
            throw FileError(operation: "link", path: "\(folder)/\(name)", code: 5)
        }
        if let resolved = try? readFile("\(root)/Package.resolved") { try writeUnlessEqual("\(folder)/Package.resolved", resolved) }
        let manifest = try String(decoding: readFile("\(root)/Package.swift"), as: UTF8.self)
        try writeUnlessEqual("\(folder)/Package.swift", Array((manifest + addition(to: manifest, targets: targets)).utf8))
    }

    private func addition(to manifest: String, targets: [String]) -> String {
        let names = targets.map { "\"\($0)\"" }.joined(separator: ", ")
        let package = Self.variable(in: manifest)
        return """


            // What follows was added for notebooks: one library of what their cells import; relative paths count from the package.
            \(package).products = [.library(name: "CellPackage", type: .dynamic, targets: [\(names)])]
            \(package).dependencies = \(package).dependencies.map { dependency in
                guard case .fileSystem(_, let path) = dependency.kind, !path.hasPrefix("/"), !path.hasPrefix("~") else { return dependency }
                return .package(path: "\(root)/" + path)
            }

            """
    }

    /// The name of the manifest's package, which by custom is `package`.
    private static func variable(in manifest: String) -> String {
        for line in manifest.split(separator: "\n") {
            let words = line.split(whereSeparator: { " \t:=(".contains($0) })
            if words.count >= 3, words[0] == "let" || words[0] == "var", words.dropFirst(2).contains("Package"), line.contains("Package(") {
                return String(words[1])
            }
        }
        return "package"
    }
}

/// What SwiftPM said against a package.
struct PackageProblem: Error {
    var text: String
}

/// Writes a file unless it holds the bytes already, so that what looks at its time sees no change.
func writeUnlessEqual(_ path: String, _ bytes: [UInt8]) throws(FileError) {
    if let old = try? readFile(path), old == bytes { return }
    try writeFileAtomically(path, bytes)
}
