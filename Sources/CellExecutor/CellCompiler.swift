internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

/// Compiles and links the cells of a plan, each as a module of its own, into the cache.
struct CellCompiler: Sendable {
    let toolchain: CellToolchain
    let cache: CellCache
    /// The notebook's path as shown to the author.
    let path: String
    /// What packages of the author's add to every compilation and link.
    var packageFlags: [String] = []

    struct Outcome: Sendable {
        var diagnostics: [Diagnostic]
        var isCompiled: Bool
        var wasCached: Bool
    }

    /// The whole file for the compiler.
    func source(_ step: ExecutionPlan.Step, in plan: ExecutionPlan) -> (text: String, prefixLines: Int) {
        var lines = ["import NotebookKit"]
        for index in step.node.imports { lines.append("@testable import \(plan.steps[index].moduleName)") }
        for shadow in step.node.shadows {
            lines.append("import \(shadow.kind.rawValue) \(plan.steps[shadow.definer].moduleName).\(shadow.name)")
        }
        lines.append("#sourceLocation(file: \"cell\", line: 1)")
        return (lines.joined(separator: "\n") + "\n" + step.analysis.rewritten.text + "\n", lines.count)
    }

    func compile(_ step: ExecutionPlan.Step, in plan: ExecutionPlan) throws(ExecutionError) -> Outcome {
        let module = step.moduleName
        let (text, prefixLines) = source(step, in: plan)
        if cache.holds(module), let log = try? readFile(cache.log(module)) {
            touchFile(cache.log(module))
            let diagnostics = CompilerDiagnostics(String(decoding: log, as: UTF8.self), step: step, prefixLines: prefixLines, path: path)
            return Outcome(diagnostics: diagnostics.diagnostics, isCompiled: true, wasCached: true)
        }
        let scratch = "\(cache.folder)/scratch-\(processIdentifier())-\(UInt32.random(in: 0...UInt32.max))"
        do throws(FileError) { try makeFolder(scratch) } catch { throw .file(error) }
        defer {
            for name in folderContents(scratch) { removeFile("\(scratch)/\(name)") }
            removeEmptyFolder(scratch)
        }
        let file = "\(scratch)/\(module).swift"
        do throws(FileError) { try writeFileAtomically(file, Array(text.utf8)) } catch { throw .file(error) }
        let (status, output) = try ChildProcess.run(frontendArguments(module, file: file, scratch: scratch))
        let diagnostics = CompilerDiagnostics(output, step: step, prefixLines: prefixLines, path: path).diagnostics
        guard status == 0 else {
            if !diagnostics.contains(where: { $0.severity == .error }) { throw .compiler("\(step.cell.id): \(output.prefix(2000))") }
            return Outcome(diagnostics: diagnostics, isCompiled: false, wasCached: false)
        }
        try link(module, scratch: scratch)
        let moves = [("swiftmodule", cache.interface(module)), ("so", cache.image(module))]
        for (suffix, target) in moves where !renameFile("\(scratch)/\(module).\(suffix)", target) {
            throw .file(FileError(operation: "write", path: target, code: 5))
        }
        do throws(FileError) { try writeFileAtomically(cache.log(module), Array(output.utf8)) } catch { throw .file(error) }
        return Outcome(diagnostics: diagnostics, isCompiled: true, wasCached: false)
    }

    private func frontendArguments(_ module: String, file: String, scratch: String) -> [String] {
        var arguments = [
            toolchain.frontend, "-c", file, "-module-name", module, "-enable-testing",
            "-entry-point-function-name", "\(module)_main", "-emit-module-path", "\(scratch)/\(module).swiftmodule",
            "-o", "\(scratch)/\(module).o", "-module-cache-path", cache.modules, "-diagnostic-style", "llvm",
            "-gline-tables-only", "-I", cache.cells,
        ]
        for folder in toolchain.moduleFolders { arguments += ["-I", folder] }
        for map in toolchain.moduleMaps { arguments += ["-Xcc", "-fmodule-map-file=\(map)"] }
        return arguments + packageFlags
    }

    private func link(_ module: String, scratch: String) throws(ExecutionError) {
        let object = "\(scratch)/\(module).o"
        guard let bytes = try? readFile(object) else { throw .compiler("no object file for \(module)") }
        // Symbols of the library and of earlier cells are found when the cell is loaded.
        var arguments = [toolchain.linker, "-shared", "--wrap=swift_errorInMain", "--build-id=none", object, "-o", "\(scratch)/\(module).so"]
        let autolinked = ELFSection.contents(named: ".swift1_autolink_entries", in: bytes)
        // What a cell imports beyond the library, such as Foundation, must be loaded with it.
        let own: Set<String> = ["-lswiftCore", "-lswift_StringProcessing", "-lswift_Concurrency", "-lswiftSwiftOnoneSupport", "-lswift_RegexParser", "-ldispatch"]
        var flags: [String] = []
        for entry in autolinked.split(separator: 0) {
            let flag = String(decoding: entry, as: UTF8.self)
            if flag.hasPrefix("-l"), !own.contains(flag), fileExists("\(toolchain.runtimeFolder)/lib\(flag.dropFirst(2)).so") { flags.append(flag) }
        }
        if !flags.isEmpty { arguments += ["-L", toolchain.runtimeFolder, "-rpath", toolchain.runtimeFolder] + Set(flags).sorted() }
        let (status, output) = try ChildProcess.run(arguments)
        guard status == 0 else { throw .compiler("linking \(module): \(output.prefix(2000))") }
    }
}
