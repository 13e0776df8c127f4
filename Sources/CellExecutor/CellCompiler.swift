internal import ExecutionPlanner
internal import Groundwork
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
    var stop = StopCondition()
    /// Seconds for a cell whose options give none; the compiler has as many for it, and some more.
    var cellTimeout: Double?

    struct Outcome: Sendable {
        /// By the member's place in the plan.
        var diagnostics: [Int: [Diagnostic]]
        var isCompiled: Bool
        var wasCached: Bool
    }

    /// The whole file for the compiler, and the lines, from 0, at which its members' own texts begin.
    func source(_ unit: CompilationUnit, in plan: ExecutionPlan) -> (text: String, starts: [Int]) {
        var lines = ["import NotebookKit"] + unit.importDeclarations
        lines += unit.imports.map { module in
            let access = unit.privateImports.contains(module) ? "@_private(sourceFile: \"\(module).swift\")" : "@testable"
            return "\(access) import \(module)"
        }
        lines += unit.shadows.map { "import \($0)" }
        var text = lines.joined(separator: "\n") + "\n"
        var starts: [Int] = []
        for (number, place) in unit.members.enumerated() {
            let step = plan.steps[place]
            if number > 0 { text += "_galleyBoundary(\(number))\n" }
            if step.notesValues { text += "_galleyBegin(\(swiftLiteral(step.cell.id)))\n" }
            text += "#sourceLocation(file: \"\(CompilationUnit.fileName(number))\", line: 1)\n"
            starts.append(text.utf8.count { $0 == 0x0A })
            var own = step.analysis.rewritten.text
            for (name, other) in unit.renamedModules { own = own.split(separator: name, omittingEmptySubsequences: false).joined(separator: other) }
            text += own + "\n"
        }
        return (text, starts)
    }

    private func swiftLiteral(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }

    func compile(_ unit: CompilationUnit, in plan: ExecutionPlan) throws(ExecutionError) -> Outcome {
        let module = unit.moduleName
        let (text, starts) = source(unit, in: plan)
        func diagnostics(_ output: String) -> [Int: [Diagnostic]] {
            CompilerDiagnostics(output, unit: unit, plan: plan, prefixLines: starts.first ?? 0, path: path).diagnostics
        }
        if cache.holds(module), let log = try? readFile(cache.log(module)) {
            touchFile(cache.log(module))
            return Outcome(diagnostics: diagnostics(String(decoding: log, as: UTF8.self)), isCompiled: true, wasCached: true)
        }
        let scratch = try cache.makeScratchFolder()
        defer { cache.removeScratchFolder(scratch) }
        let file = "\(scratch)/\(module).swift"
        do throws(FileError) { try writeFileAtomically(file, Array(text.utf8)) } catch { throw .file(error) }
        let tool = frontend(for: unit, in: plan)
        let arguments = frontendArguments(unit, file: file, scratch: scratch)
        var result = try tool.run(arguments)
        if result.status == 0, unit.inheritsAcrossModules {
            // What the author may reach has been checked; what there is to say has been said.
            let whole = try tool.run(arguments + Self.wholeTables)
            if whole.status != 0 { result = whole }
        }
        let (status, output) = (result.status, result.output)
        let found = diagnostics(output)
        guard status == 0 else {
            if let problem = limitProblem(result, tool) { return limited(problem, unit, in: plan) }
            if !found.values.joined().contains(where: { $0.severity == .error }) { throw .compiler("\(output.prefix(4000))") }
            return Outcome(diagnostics: found, isCompiled: false, wasCached: false)
        }
        try link(module, scratch: scratch)
        let moves = [("swiftmodule", cache.interface(module)), ("so", cache.image(module))]
        for (suffix, target) in moves where !renameFile("\(scratch)/\(module).\(suffix)", target) {
            throw .file(FileError(operation: "write", path: target, code: 5))
        }
        do throws(FileError) {
            try cache.noteDigest(module)
            try writeFileAtomically(cache.log(module), Array(output.utf8))
        } catch {
            throw .file(error)
        }
        return Outcome(diagnostics: found, isCompiled: true, wasCached: false)
    }

    private func frontendArguments(_ unit: CompilationUnit, file: String, scratch: String) -> [String] {
        let module = unit.moduleName
        let arguments = [
            toolchain.frontend, "-c", file, "-module-name", module, "-enable-testing",
            "-entry-point-function-name", "\(module)_main", "-emit-module-path", "\(scratch)/\(module).swiftmodule",
            "-o", "\(scratch)/\(module).o", "-module-cache-path", cache.modules, "-diagnostic-style", "llvm",
            "-gline-tables-only",
        ]
        return arguments + Self.programArguments + Self.languageArguments + searchArguments + (unit.isOptimized ? ["-O"] : [])
    }

    /// What makes cells parts of one program.
    ///
    /// With library evolution a class's table is filled when it is loaded, from its superclass as that stands.
    ///
    /// What a cell declares as private is for the whole file, which to the author is the notebook.
    static let programArguments = ["-enable-library-evolution", "-enable-private-imports"]

    /// To the compiler a subclass of another module's class has, in a third module, the members of the base class and not the
    /// overrides, where these are internal: it forgets that the second module was given them by `@testable`. So it takes the wrong
    /// member where it knows the class (`Third.make()`, and all that is `final` or optimised), unless all is in sight.
    static let wholeTables = ["-disable-access-control"]

    /// What readers of Swift 6 know, where it changes nothing about a script's variables.
    static let languageArguments = ["-enable-bare-slash-regex", "-enable-upcoming-feature", "ImplicitOpenExistentials"]

    /// Where the modules lie that cells import.
    var searchArguments: [String] {
        var arguments = ["-I", cache.cells]
        for folder in toolchain.moduleFolders { arguments += ["-I", folder] }
        for map in toolchain.moduleMaps { arguments += ["-Xcc", "-fmodule-map-file=\(map)"] }
        arguments += ["-in-process-plugin-server-path", toolchain.macroServer, "-plugin-path", toolchain.macroFolder]
        return arguments + packageFlags
    }

    private func link(_ module: String, scratch: String) throws(ExecutionError) {
        let object = "\(scratch)/\(module).o"
        guard let bytes = try? readFile(object) else { throw .compiler("no object file for \(module)") }
        // Symbols of the library and of earlier cells are found when the cell is loaded.
        var arguments = [
            toolchain.linker, "-shared", "--wrap=swift_errorInMain", "--wrap=exit", "--build-id=none", toolchain.startObject, object, "-o",
            "\(scratch)/\(module).so",
        ]
        let autolinked = ELFSection.contents(named: ".swift1_autolink_entries", in: bytes)
        // What a cell imports beyond the library, such as Foundation, must be loaded with it.
        let own: Set<String> = [
            "-lswiftCore", "-lswift_StringProcessing", "-lswift_Concurrency", "-lswiftSwiftOnoneSupport", "-lswift_RegexParser", "-ldispatch",
        ]
        var flags: [String] = []
        for entry in autolinked.split(separator: 0) {
            let flag = String(decoding: entry, as: UTF8.self)
            if flag.hasPrefix("-l"), !own.contains(flag), fileExists("\(toolchain.runtimeFolder)/lib\(flag.dropFirst(2)).so") { flags.append(flag) }
        }
        if !flags.isEmpty { arguments += ["-L", toolchain.runtimeFolder, "-rpath", toolchain.runtimeFolder] + Set(flags).sorted() }
        let result = try KeptCommand(keeper: toolchain.host, stop: stop).run(arguments)
        let (status, output) = (result.status, result.output)
        guard status == 0 else { throw .compiler("linking \(module): \(output.prefix(2000))") }
    }
}
