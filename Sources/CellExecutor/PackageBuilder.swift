internal import NotebookModel
internal import SourceText

/// Builds the packages that a notebook names into one library that cells can import from.
struct PackageBuilder: Sendable {
    let toolchain: CellToolchain
    let cache: CellCache

    struct Built: Sendable, Hashable {
        /// What each compilation of a cell adds.
        var flags: [String]
        var library: String
        /// Changes with every build.
        var identity: ContentKey
    }

    /// - Parameter folder: The notebook's, which relative paths start from.
    /// - Returns: What was built, or what SwiftPM said against it.
    func build(_ packages: [FrontMatter.Package], folder: String, path: String) throws(ExecutionError) -> (built: Built?, diagnostics: [Diagnostic]) {
        let located = packages.map { package in
            var package = package
            if !Self.isRemote(package), !package.location.hasPrefix("/") { package.location = absolutePath("\(folder)/\(package.location)") }
            return package
        }
        var products: [String] = []
        for package in located {
            switch try self.products(of: package) {
            case .success(let names): products += names
            case .failure(let problem): return (nil, [Self.diagnostic(problem.text, path: path)])
            }
        }
        let manifest = Self.manifest(located, products: products)
        let root = "\(cache.packages)/\(ContentKey([manifest, toolchain.frontend]).short)"
        do throws(FileError) {
            try makeFolder("\(root)/Sources/CellPackages")
            try write(manifest, to: "\(root)/Package.swift")
            try write("// Holds the packages that cells import.\n", to: "\(root)/Sources/CellPackages/CellPackages.swift")
        } catch {
            throw .file(error)
        }
        let build = [swift, "build", "--package-path", root, "-c", "release"]
        let (status, output) = try ChildProcess.run(build + ["--product", "CellPackages"])
        guard status == 0 else { return (nil, [Self.diagnostic(output, path: path)]) }
        let shown = try ChildProcess.run(build + ["--show-bin-path"]).output
        guard let bin = shown.split(separator: "\n").last.map(String.init) else { throw .compiler("SwiftPM names no build folder") }
        let library = "\(bin)/libCellPackages.so"
        let identity = fileIdentity(library)
        return (
            Built(
                flags: Self.flags(bin), library: library,
                identity: ContentKey([library, "\(identity?.size ?? 0)", identity?.changed ?? ""])), []
        )
    }

    private var swift: String {
        toolchain.frontend.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/swift"
    }

    private struct Problem: Error {
        var text: String
    }

    /// The library products to link, with the package's identity: as named, or all of a local package's.
    private func products(of package: FrontMatter.Package) throws(ExecutionError) -> Result<[String], Problem> {
        let identity = Self.identity(package)
        func product(_ name: String) -> String { ".product(name: \"\(name)\", package: \"\(identity)\")" }
        if !package.products.isEmpty { return .success(package.products.map(product)) }
        if Self.isRemote(package) { return .success([product(identity)]) }
        let (status, output) = try ChildProcess.run([swift, "package", "--package-path", package.location, "describe"])
        guard status == 0 else { return .failure(Problem(text: output)) }
        // `Products:` lists, for each, its name and then its type.
        var names: [String] = []
        var last: String?
        var isInProducts = false
        for line in output.split(separator: "\n") {
            if line == "Products:" { isInProducts = true } else if line == "Targets:" { isInProducts = false }
            guard isInProducts else { continue }
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            if words.first == "Name:", words.count == 2 { last = words[1] }
            if let name = last, line.contains("Library") {
                names.append(name)
                last = nil
            }
        }
        if names.isEmpty { return .failure(Problem(text: "error: \(package.location) has no library product")) }
        return .success(names.map(product))
    }

    private static func isRemote(_ package: FrontMatter.Package) -> Bool {
        package.location.contains("://") || package.location.hasPrefix("git@")
    }

    private static func identity(_ package: FrontMatter.Package) -> String {
        let last = package.location.split(separator: "/").last.map(String.init) ?? package.location
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    private static func manifest(_ packages: [FrontMatter.Package], products: [String]) -> String {
        func quoted(_ text: String) -> String { "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
        let dependencies = packages.map { package in
            isRemote(package)
                ? ".package(url: \(quoted(package.location)), from: \(quoted(package.version ?? "0.0.1")))"
                : ".package(path: \(quoted(package.location)))"
        }
        return """
            // swift-tools-version: 6.0
            import PackageDescription

            let package = Package(
                name: "CellPackages",
                platforms: [.macOS(.v15)],
                products: [.library(name: "CellPackages", type: .dynamic, targets: ["CellPackages"])],
                dependencies: [\(dependencies.joined(separator: ", "))],
                targets: [.target(name: "CellPackages", dependencies: [\(products.joined(separator: ", "))])]
            )

            """
    }

    /// Where modules, C module maps and macros lie in SwiftPM's build folder.
    private static func flags(_ bin: String) -> [String] {
        var flags = ["-I", "\(bin)/Modules"]
        for name in folderContents(bin) {
            if name.hasSuffix(".build"), fileExists("\(bin)/\(name)/module.modulemap") {
                flags += ["-Xcc", "-fmodule-map-file=\(bin)/\(name)/module.modulemap"]
            }
            if name.hasSuffix("-tool"), !isFolder("\(bin)/\(name)") {
                flags += ["-load-plugin-executable", "\(bin)/\(name)#\(name.dropLast(5))"]
            }
        }
        return flags
    }

    private func write(_ text: String, to path: String) throws(FileError) {
        let bytes = Array(text.utf8)
        // An unchanged file keeps its time, so that SwiftPM has nothing to do.
        if let old = try? readFile(path), old == bytes { return }
        try writeFileAtomically(path, bytes)
    }

    private static func diagnostic(_ output: String, path: String) -> Diagnostic {
        let lines = output.split(separator: "\n").map(String.init)
        let errors = lines.filter { $0.contains("error:") }
        return Diagnostic(
            .error, identifier: "packages", summary: "the packages of this notebook do not build", path: path, range: nil,
            solutions: (errors.isEmpty ? lines.suffix(20) : errors.prefix(20)).map { $0 })
    }
}
