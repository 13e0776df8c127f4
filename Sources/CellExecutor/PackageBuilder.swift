internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Builds the packages that a notebook's cells import from into libraries that its host loads: the ones that its front
/// matter names, and the one that it lies in.
struct PackageBuilder: Sendable {
    let toolchain: CellToolchain
    let cache: CellCache
    /// The notebook's folder, which relative paths start from.
    let folder: String
    /// The notebook's path as shown to the author.
    let path: String
    /// Whether SwiftPM may be run; without it only what is built already, and unchanged, is found.
    var runsTools = true
    /// Whether the notebook is held in a sandbox, which packages are not.
    var isSandboxed = false
    var stop = StopCondition()

    struct Built: Sendable, Hashable {
        /// What each compilation of a cell adds.
        var flags: [String] = []
        /// By the names that the host knows them by.
        var libraries: [(name: String, path: String)] = []
        /// Changes with every build.
        var identity = ContentKey([])

        static func == (left: Built, right: Built) -> Bool { left.identity == right.identity }
        func hash(into hasher: inout Hasher) { hasher.combine(identity) }
    }

    /// - Returns: What was built, `nil` where the notebook needs nothing; or what SwiftPM said against it.
    func build(_ notebook: Notebook) throws(ExecutionError) -> (built: Built?, diagnostics: [Diagnostic]) {
        if isSandboxed, let refusal = refusal(notebook) { return (nil, [refusal]) }
        var built: [Built] = []
        for part in [try named(notebook.frontMatter.packages), try enclosing(notebook)] {
            switch part {
            case .success(let part): if let part { built.append(part) }
            case .failure(let problem): return (nil, PackageDiagnostics.read(problem.text, notebook: path))
            }
        }
        if built.isEmpty { return (nil, []) }
        return (
            Built(
                flags: built.flatMap(\.flags), libraries: built.flatMap(\.libraries),
                identity: ContentKey(built.map(\.identity.hexadecimal))), []
        )
    }

    /// Why a notebook with packages cannot be held: manifests, plugins and macros are programs that run while a package is built.
    private func refusal(_ notebook: Notebook) -> Diagnostic? {
        let what: String
        if !notebook.frontMatter.packages.isEmpty {
            what = "the notebook uses packages"
        } else if let (package, modules) = packageAround(notebook), let module = package.names(modules).first {
            what = "the notebook imports \(module) of the package in \(package.root)"
        } else {
            return nil
        }
        return Diagnostic(
            .error, identifier: "sandbox", summary: "\(what), and building a package runs its code, which --sandbox does not hold", path: path,
            solutions: ["run it without --sandbox if you trust the packages"])
    }

    // MARK: The package around the notebook

    private func packageAround(_ notebook: Notebook) -> (package: EnclosingPackage, modules: Set<String>)? {
        guard notebook.frontMatter.seesEnclosingPackage else { return nil }
        let modules = EnclosingPackage.imports(in: notebook.cells.map(\.source)).filter { module in
            // What comes with Galley is the library's own.
            !toolchain.moduleFolders.contains { fileExists("\($0)/\(module).swiftmodule") }
        }
        guard !modules.isEmpty, let package = EnclosingPackage(around: folder) else { return nil }
        return (package, modules)
    }

    private func enclosing(_ notebook: Notebook) throws(ExecutionError) -> Result<Built?, PackageProblem> {
        guard let (package, modules) = packageAround(notebook) else { return .success(nil) }
        let targets: [String]
        switch try package.targets(among: modules, swift: swift, cache: cache, command: command) {
        case .success(let names): targets = names
        case .failure(let problem): return .failure(problem)
        }
        if targets.isEmpty { return .success(nil) }
        let mirror = "\(cache.packages)/\(ContentKey(["in", package.root, toolchain.frontend] + targets).short)"
        do throws(FileError) { try package.mirror(in: mirror, targets: targets) } catch { throw .file(error) }
        switch try build(mirror, product: "CellPackage", sources: [package.root]) {
        case .success(let built): return .success(built)
        case .failure(let problem): return .failure(PackageProblem(text: problem.text.replacing(mirror, with: package.root)))
        }
    }

    // MARK: The packages of the front matter

    private func named(_ packages: [FrontMatter.Package]) throws(ExecutionError) -> Result<Built?, PackageProblem> {
        if packages.isEmpty { return .success(nil) }
        let located = packages.map { package in
            var package = package
            if !Self.isRemote(package), !package.location.hasPrefix("/") { package.location = absolutePath("\(folder)/\(package.location)") }
            return package
        }
        var products: [String] = []
        for package in located {
            switch try self.products(of: package) {
            case .success(nil): return .success(nil)
            case .success(let names?): products += names
            case .failure(let problem): return .failure(problem)
            }
        }
        let manifest = Self.manifest(located, products: products)
        let root = "\(cache.packages)/\(ContentKey([manifest, toolchain.frontend]).short)"
        do throws(FileError) {
            try makeFolder("\(root)/Sources/CellPackages")
            try writeUnlessEqual("\(root)/Package.swift", Array(manifest.utf8))
            try writeUnlessEqual("\(root)/Sources/CellPackages/CellPackages.swift", Array("// Holds the packages that cells import.\n".utf8))
        } catch {
            throw .file(error)
        }
        return try build(root, product: "CellPackages", sources: located.filter { !Self.isRemote($0) }.map(\.location))
    }

    /// Builds a package, unless its sources are as they were when it was built last.
    ///
    /// - Returns: `nil` where it would have to be built and may not.
    private func build(_ root: String, product: String, sources: [String]) throws(ExecutionError) -> Result<Built?, PackageProblem> {
        let stamp = "\(root)/stamp"
        // The first line is the sources' state, the second SwiftPM's build folder.
        let name = String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")
        let state = ContentKey(
            sources.map { FolderStamp($0, except: "\(folder)/\(name)").key.hexadecimal } + [fileIdentity("\(root)/Package.swift")?.changed ?? ""]
        ).hexadecimal
        if let known = (try? readFile(stamp)).map({ String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }), known.count == 2,
            known[0] == state, let built = Self.built(product, bin: known[1])
        {
            return .success(built)
        }
        guard let command else { return .success(nil) }
        let build = [swift, "build", "--package-path", root, "-c", "release"]
        let result = try command.run(build + ["--product", product])
        let output = result.output
        guard result.status == 0 else { return .failure(PackageProblem(text: output)) }
        let shown = try command.run(build + ["--show-bin-path"]).output
        guard let bin = shown.split(separator: "\n").last.map(String.init), let built = Self.built(product, bin: bin) else {
            throw .compiler("SwiftPM built no \(product): \(output.suffix(2000))")
        }
        do throws(FileError) { try writeUnlessEqual(stamp, Array("\(state)\n\(bin)\n".utf8)) } catch { throw .file(error) }
        return .success(built)
    }

    /// What lies in SwiftPM's build folder; `nil` where the library does not.
    private static func built(_ product: String, bin: String) -> Built? {
        let library = "\(bin)/lib\(product).so"
        guard let identity = fileIdentity(library) else { return nil }
        // Files that travel with targets lie beside the library, which does not change with them.
        let resources = folderContents(bin).filter { $0.hasSuffix(".resources") || $0.hasSuffix(".bundle") }.sorted()
        let stamps = resources.map { FolderStamp("\(bin)/\($0)", except: library).key.hexadecimal }
        return Built(
            flags: flags(bin), libraries: [(product, library)],
            identity: ContentKey([library, "\(identity.size)", identity.changed] + zip(resources, stamps).flatMap { [$0, $1] }))
    }

    /// Runs SwiftPM; `nil` where that may not be.
    private var command: KeptCommand? { runsTools ? KeptCommand(keeper: toolchain.host, stop: stop) : nil }

    private var swift: String {
        toolchain.frontend.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/swift"
    }

    /// The library products to link, with the package's identity: as named, or all of a local package's; `nil` where SwiftPM would have to
    /// be asked and may not.
    private func products(of package: FrontMatter.Package) throws(ExecutionError) -> Result<[String]?, PackageProblem> {
        let identity = Self.identity(package)
        func product(_ name: String) -> String { ".product(name: \"\(name)\", package: \"\(identity)\")" }
        if !package.products.isEmpty { return .success(package.products.map(product)) }
        if Self.isRemote(package) { return .success([product(identity)]) }
        let manifest = (try? readFile("\(package.location)/Package.swift")) ?? []
        let memory =
            "\(cache.packages)/products-\(ContentKey([package.location, String(decoding: manifest, as: UTF8.self), toolchain.frontend]).short)"
        if let known = try? readFile(memory) {
            return .success(String(decoding: known, as: UTF8.self).split(separator: "\n").map { product(String($0)) })
        }
        guard let result = try command?.run([swift, "package", "--package-path", package.location, "describe"]) else { return .success(nil) }
        let output = result.output
        guard result.status == 0 else { return .failure(PackageProblem(text: output)) }
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
        if names.isEmpty { return .failure(PackageProblem(text: "error: \(package.location) has no library product")) }
        do throws(FileError) {
            try makeFolder(cache.packages)
            try writeFileAtomically(memory, Array(names.joined(separator: "\n").utf8))
        } catch {
            throw .file(error)
        }
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
}
