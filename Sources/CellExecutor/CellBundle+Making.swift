internal import CellWire
internal import ExecutionPlanner
internal import Groundwork
internal import JSON
public import NotebookModel
public import SourceText

extension NotebookExecutor {
    /// What making a bundle came to.
    public struct BundleOutcome: Sendable {
        /// Mistakes of the author; there is no bundle when one is an error.
        public var diagnostics: [Diagnostic]
        /// `nil` when nothing was made.
        public var byteCount: Int?
        public var cellCount = 0
    }

    /// Compiles a notebook and packs what runs it elsewhere; runs nothing. The folder appears whole or not at all.
    ///
    /// - Parameters:
    ///   - folder: Replaced where it is a bundle already.
    ///   - assignments: The parameters that were given, as `name=value`; the reading of the results takes them again.
    /// - Throws: What keeps any bundle from being made.
    public func makeBundle(
        of notebook: Notebook, options: RunOptions, assignments: [String], in folder: String,
        report: @escaping @Sendable (CellEvent) -> Void = { _ in }
    ) throws(ExecutionError) -> BundleOutcome {
        #if !os(Linux)
            throw .cannotStart(program: "bundle", reason: "bundles are made on Linux")
        #endif
        // A link stays, and what it leads to is made anew.
        let folder = linkTarget(of: folder) ?? folder
        if let obstacle = CellBundle.obstacle(in: folder) { throw .host(obstacle) }
        var options = options
        options.mode = .fresh
        options.cellsPerModule = 1
        let packages = try buildPackages(notebook, options: options)
        guard packages.diagnostics.isEmpty else { return BundleOutcome(diagnostics: packages.diagnostics) }
        let plan = ExecutionPlan(notebook, previous: nil, context: planContext(notebook, options: options, packages: packages.built))
        let run = NotebookRun(
            executor: self, notebook: notebook, plan: plan, previous: nil, options: options, report: report, packages: packages.built)
        let compiled = plan.diagnostics.contains { $0.severity == .error } ? nil : try run.toCompiled()
        let diagnostics = compiled?.diagnostics ?? plan.diagnostics
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return BundleOutcome(diagnostics: diagnostics) }

        let scratch = "\(folder).\(processIdentifier())-\(UInt32.random(in: 0...UInt32.max)).tmp"
        let writer = BundleWriter(folder: scratch, toolchain: toolchain)
        do throws(ExecutionError) {
            let steps = run.bundleSteps
            let configuration = HostCommand.configure(try run.configuration(workingFolder: "", withResources: true)).encoded
            let swift = toolchain.version(cache: cache)
            let identity = CellBundle.identity(
                plan, assignments: assignments, galley: options.galleyVersion, swift: swift, configuration: configuration)
            try writer.write(steps, identity: identity, cache: cache, packages: packages.built)
            try writer.write(configuration, to: "configuration")
            let manifest = CellBundle.manifest(
                plan, assignments: assignments, galley: options.galleyVersion, swift: swift, identity: identity)
            try writer.write(Array((manifest.text(.indented(1)) + "\n").utf8), to: "bundle.json")
            removeTree(folder)
            guard renameFile(scratch, folder) else { throw .file(FileError(operation: "write", path: folder, code: 17)) }
            return BundleOutcome(diagnostics: diagnostics, byteCount: treeByteCount(folder), cellCount: steps.count { !$0.isParameters })
        } catch {
            removeTree(scratch)
            throw error
        }
    }
}

/// Fills the folder of a bundle.
private struct BundleWriter {
    let folder: String
    let toolchain: CellToolchain

    func write(_ bytes: [UInt8], to name: String, isExecutable: Bool = false) throws(ExecutionError) {
        do throws(FileError) { try writeFileAtomically("\(folder)/\(name)", bytes) } catch { throw .file(error) }
        if isExecutable { makeExecutable("\(folder)/\(name)") }
    }

    func write(_ steps: [CellBundle.Step], identity: String, cache: CellCache, packages: PackageBuilder.Built?) throws(ExecutionError) {
        for name in ["bin", "lib/fallback", "cells"] {
            do throws(FileError) { try makeFolder("\(folder)/\(name)") } catch { throw .file(error) }
        }
        var script = ["bundle\t\(identity)"]
        var images: [String] = []
        func load(_ module: String, from path: String) throws(ExecutionError) {
            guard !images.contains(path) else { return }
            images.append(path)
            try copy(path, to: "cells/\(module).so", isStripped: false)
            script.append("load\t\(module)\tcells/\(module).so")
        }
        for library in packages?.libraries ?? [] { try load(library.name, from: library.path) }
        for (index, step) in steps.enumerated() {
            for module in step.imports + [step.module] { try load(module, from: cache.image(module)) }
            script.append(step.line(number: index + 1))
        }
        try write(Array((script.joined(separator: "\n") + "\n").utf8), to: "script")
        try copy(toolchain.host, to: "bin/cell-host", isStripped: true)
        makeExecutable("\(folder)/bin/cell-host")
        try copy(toolchain.library, to: "lib/libGalleyCells.so", isStripped: true)
        // Compiled cells need it without naming it.
        let support = "\(toolchain.runtimeFolder)/libswiftSwiftOnoneSupport.so"
        for (name, path) in try libraries(of: [toolchain.host, toolchain.library, support] + images) where name != "libGalleyCells.so" {
            let isCompilers = ["libstdc++", "libgcc_s"].contains { name.hasPrefix($0) }
            try copy(path, to: (isCompilers ? "lib/fallback/" : "lib/") + name, isStripped: true)
        }
        try copy(support, to: "lib/libswiftSwiftOnoneSupport.so", isStripped: true)
        try write(Array(Self.environment.utf8), to: "environment")
        try write(
            Array(Self.launcher(#"--bundle "$here""#, "Runs the notebook, and leaves what happened in 'events' and 'finished'.").utf8), to: "run",
            isExecutable: true)
        try write(Array(Self.launcher("", "A cell host on standard input and output, for galley run --host.").utf8), to: "host", isExecutable: true)
    }

    /// The shared libraries that files need, by name, as the dynamic linker finds them; the C library's own are left out, since they
    /// belong to the system that the bundle runs on.
    private func libraries(of files: [String]) throws(ExecutionError) -> [(name: String, path: String)] {
        let systems = ["linux-vdso.", "ld-linux", "libc.so.", "libm.so.", "libpthread.so.", "libdl.so.", "librt.so.", "libresolv.so.", "libutil.so."]
        var found: [String: String] = [:]
        for file in files {
            let (status, output) = try ChildProcess.run(["ldd", file])
            guard status == 0 else { throw .host("ldd cannot read \(file): \(output.prefix(400))") }
            for line in output.split(separator: "\n") {
                let words = line.split(separator: " ").map { String($0.drop { $0 == "\t" }) }
                guard words.count >= 3, words[1] == "=>", !systems.contains(where: words[0].hasPrefix) else { continue }
                guard words[2].hasPrefix("/") else { throw .missing(what: words[0], looked: [file], remedy: "It is needed to make a bundle.") }
                found[words[0]] = words[2]
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func copy(_ path: String, to name: String, isStripped: Bool) throws(ExecutionError) {
        let target = "\(folder)/\(name)"
        let tools = toolchain.linker.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let stripper = "\(tools)/llvm-objcopy"
        if isStripped, fileExists(stripper), try ChildProcess.run([stripper, "--strip-unneeded", path, target]).status == 0 { return }
        do throws(FileError) { try writeFileAtomically(target, readFile(path)) } catch { throw .file(error) }
    }

    private static let environment = """
        # Read by 'run' and 'host'. The libraries in lib/fallback are taken where the system has none of its own.
        libraries="$here/lib"
        for name in 'libstdc++.so.6' libgcc_s.so.1; do
          PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -qF "$name" || libraries="$here/lib:$here/lib/fallback"
        done
        export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        export GALLEY_CELLS_LIBRARY="$here/lib/libGalleyCells.so"

        """

    private static func launcher(_ arguments: String, _ summary: String) -> String {
        """
        #!/bin/sh
        # \(summary)
        here=$(cd "$(dirname "$0")" && pwd)
        . "$here/environment"
        exec "$here/bin/cell-host" \(arguments)

        """
    }
}

private func removeTree(_ folder: String) {
    for name in folderContents(folder) {
        let path = "\(folder)/\(name)"
        // A link goes itself, and what it points to stays.
        removeFile(path)
        if isFolder(path) { removeTree(path) }
    }
    removeEmptyFolder(folder)
}

private func treeByteCount(_ folder: String) -> Int {
    folderContents(folder).reduce(0) { total, name in
        let path = "\(folder)/\(name)"
        return total + (isFolder(path) ? treeByteCount(path) : fileIdentity(path)?.size ?? 0)
    }
}
