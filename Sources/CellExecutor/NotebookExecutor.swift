internal import CellWire
public import ExecutionPlanner
public import Groundwork
public import NotebookModel
public import SourceText

/// Runs notebooks.
public struct NotebookExecutor: Sendable {
    public let toolchain: CellToolchain
    public let cache: CellCache

    public init(toolchain: CellToolchain, cache: CellCache) {
        self.toolchain = toolchain
        self.cache = cache
    }

    /// Finds the tools and the cache folder where they usually are.
    public static func standard() throws(ExecutionError) -> NotebookExecutor {
        NotebookExecutor(toolchain: try .locate(), cache: try CellCache())
    }

    /// Plans a run without running anything, packages' manifests included: of packages that cells import from only the builds count that
    /// are up to date, because keys name builds.
    public func plan(_ notebook: Notebook, previous: RunRecord?, options: RunOptions = RunOptions()) -> ExecutionPlan {
        let packages = try? packageBuilder(notebook, options: options, runsTools: false).build(notebook)
        var plan = ExecutionPlan(
            notebook, previous: previous.map(cache.confirmed), context: planContext(notebook, options: options, packages: packages?.built))
        plan.diagnostics += packages?.diagnostics ?? []
        plan.restrict(to: options.scope, path: notebook.file.path)
        return plan
    }

    func planContext(_ notebook: Notebook, options: RunOptions, packages: PackageBuilder.Built? = nil) -> PlanContext {
        let folder = options.folder(of: notebook)
        let stem = "\(folder)/\(notebook.stem)"
        return PlanContext(
            tools: packages.map { ContentKey([toolchain.identity.hexadecimal, $0.identity.hexadecimal]) } ?? toolchain.identity, mode: options.mode,
            parameters: options.parameters, ignoresRecord: options.ignoresRecord || options.scope != .all,
            resources: Self.resourceKey(notebook, in: folder).key, limits: options.limits,
            declared: { Self.declared($0, in: folder, except: stem) })
    }

    private static func declared(_ path: String, in folder: String, except stem: String) -> Result<ContentKey, DeclaredPathProblem> {
        let files = DeclaredFiles(path, in: folder, except: stem)
        if let problem = files.problem { return .failure(DeclaredPathProblem(problem)) }
        do throws(FileError) { return .success(try files.key()) } catch { return .failure(DeclaredPathProblem("cannot be read: \(error)")) }
    }

    /// What a path that a cell declares to read stands for now.
    func declared(_ path: String, for notebook: Notebook, options: RunOptions) -> Result<ContentKey, DeclaredPathProblem> {
        let folder = options.folder(of: notebook)
        return Self.declared(path, in: folder, except: "\(folder)/\(notebook.stem)")
    }

    /// Names the content of what a notebook's cell declares to read; `nil` where it is missing.
    public static func digest(ofDependency path: String, of notebook: Notebook) -> ContentKey? {
        let folder = RunOptions().folder(of: notebook)
        return try? declared(path, in: folder, except: "\(folder)/\(notebook.stem)").get()
    }

    /// Names the content of the files under a notebook's `resources:`, `nil` where it declares none; a failure where some are missing.
    public static func digestOfResources(of notebook: Notebook) -> Result<ContentKey?, DeclaredPathProblem> {
        let (key, missing) = resourceKey(notebook, in: RunOptions().folder(of: notebook))
        return missing.map { .failure($0) } ?? .success(key)
    }

    private static func resourceKey(_ notebook: Notebook, in folder: String) -> (key: ContentKey?, missing: DeclaredPathProblem?) {
        guard !notebook.frontMatter.resources.isEmpty else { return (nil, nil) }
        var fields: [String] = []
        var missing: DeclaredPathProblem?
        for path in notebook.frontMatter.resources {
            let files = DeclaredFiles(path, in: folder, except: "\(folder)/\(notebook.stem)")
            let key = try? files.key()
            if key == nil || files.problem != nil { missing = missing ?? DeclaredPathProblem("\(path) \(files.problem ?? "cannot be read")") }
            fields += [path, key?.hexadecimal ?? "missing"]
        }
        return (ContentKey(fields), missing)
    }

    /// Runs a notebook to its end, or to the first cell that fails and may not.
    ///
    /// All cells are compiled before the first runs; if one does not compile, none runs and the outcome has
    /// no record.
    /// - Parameter report: Called as things happen, from any thread, one call at a time.
    /// - Throws: What keeps any notebook from running; mistakes of the author are in the outcome.
    public func run(
        _ notebook: Notebook, previous: RunRecord? = nil, options: RunOptions = RunOptions(),
        report: @escaping @Sendable (CellEvent) -> Void = { _ in }
    ) async throws(ExecutionError) -> RunOutcome {
        try await onThread { () -> Result<RunOutcome, ExecutionError> in
            Result { () throws(ExecutionError) in try runBlocking(notebook, previous: previous, options: options, report: report) }
        }.get()
    }

    /// The same, on the calling thread.
    public func runBlocking(
        _ notebook: Notebook, previous: RunRecord? = nil, options: RunOptions = RunOptions(),
        report: @escaping @Sendable (CellEvent) -> Void = { _ in }
    ) throws(ExecutionError) -> RunOutcome {
        let packages = try buildPackages(notebook, options: options)
        let known = previous.map(cache.confirmed)
        var plan = ExecutionPlan(notebook, previous: known, context: planContext(notebook, options: options, packages: packages.built))
        plan.restrict(to: options.scope, path: notebook.file.path)
        if !packages.diagnostics.isEmpty {
            report(.diagnostics(packages.diagnostics))
            return RunOutcome(plan: plan, record: nil, diagnostics: packages.diagnostics, failure: nil)
        }
        report(.planned(plan))
        if plan.diagnostics.contains(where: { $0.severity == .error }) {
            report(.diagnostics(plan.diagnostics))
            return RunOutcome(plan: plan, record: nil, diagnostics: plan.diagnostics, failure: nil)
        }
        if let bundle = options.bundle { try bundle.check(against: plan) }
        if plan.isUnchanged, let previous {
            return RunOutcome(plan: plan, record: previous, diagnostics: plan.diagnostics, failure: nil)
        }
        let run = NotebookRun(
            executor: self, notebook: notebook, plan: plan, previous: known, options: options, report: report, packages: packages.built)
        return try run.toEnd()
    }

    /// Whether a notebook's cells may use SwiftPM packages, which only SwiftPM can tell to be unchanged.
    public func usesPackages(_ notebook: Notebook, options: RunOptions) -> Bool {
        if !notebook.frontMatter.packages.isEmpty { return true }
        let known: Set<String> = ["NotebookKit", "Inference", "Foundation", "Swift", "Glibc", "Darwin", "Dispatch"]
        return !EnclosingPackage.imports(in: notebook.cells.map(\.source)).isSubset(of: known)
            && EnclosingPackage(around: options.folder(of: notebook)) != nil
    }

    /// The packages that cells import from, built.
    func buildPackages(_ notebook: Notebook, options: RunOptions) throws(ExecutionError) -> (built: PackageBuilder.Built?, diagnostics: [Diagnostic])
    {
        try packageBuilder(notebook, options: options, runsTools: true).build(notebook)
    }

    private func packageBuilder(_ notebook: Notebook, options: RunOptions, runsTools: Bool) -> PackageBuilder {
        let stop = StopCondition(
            interruption: options.interruption, seen: options.answeredInterruptions,
            deadline: options.notebookTimeout.map { secondsNow() + $0 }, seconds: options.notebookTimeout)
        return PackageBuilder(
            toolchain: toolchain, cache: cache, folder: options.folder(of: notebook), path: notebook.file.path, runsTools: runsTools,
            isSandboxed: options.isSandboxed, stop: stop)
    }
}

/// How to run.
public struct RunOptions: Sendable {
    public var mode = ExecutionPlan.Mode.fresh
    /// Values from the command line, in the place of the front matter's.
    public var parameters: [Parameter] = []
    /// A shell command that carries standard input and output to a `cell-host` elsewhere.
    public var hostCommand: String?
    /// Runs the host in bubblewrap, as ``Sandbox`` says: it reads the system's programs, the notebook's folder and the models, and writes,
    /// reaches and learns nothing else. Packages are refused, because building them is running them.
    ///
    /// It does not keep a notebook of others from using up time and memory.
    public var isSandboxed = false
    /// A run that a bundle made elsewhere, read in the place of running anything.
    public var bundle: CellBundle?
    /// The folder that cells run in; `nil` for the notebook's own.
    public var workingFolder: String?
    /// Compilations at a time; `nil` for one a core.
    public var jobs: Int?
    /// Cells at most in one module, where cells run in order and the process ends after them.
    public var cellsPerModule = 10
    /// Bytes of each stream kept from each cell.
    public var outputLimit = 1 << 20
    /// Bytes of address space for the host; 0 for no limit.
    public var memoryLimit = 0
    /// Seconds for a cell whose options give none.
    public var cellTimeout: Double?
    /// Seconds for the whole run.
    public var notebookTimeout: Double?
    /// What to run; where it is not all, these cells run whatever the record says.
    public var scope = ExecutionPlan.Scope.all
    public var ignoresRecord = false
    /// Whether the record says what the names in the cells are, for notebooks that show it.
    public var notesNames = false
    /// Seconds to wait for that once the cells have run.
    public var nameLimit = 20.0
    /// The version of Galley, for the record.
    public var galleyVersion = "development"
    /// Runs may be interrupted through it.
    public var interruption: Interruption?
    /// How many of its requests were answered before this run.
    var answeredInterruptions = 0
    /// Seconds until a host behind a command must have answered; `nil` for the cells' limit, 5 at least, or a minute.
    public var hostTimeout: Double?

    public init() {}

    /// Seconds until a host must have answered.
    ///
    /// - Parameter cell: The first cell's limit.
    func greetingLimit(cell: Double?) -> Double {
        hostTimeout ?? max(hostCommand == nil ? 30 : 5, cell ?? 60)
    }

    var limits: PlanContext.Limits {
        PlanContext.Limits(output: outputLimit == RunOptions().outputLimit ? nil : outputLimit, cellTimeout: cellTimeout, memory: memoryLimit)
    }

    func folder(of notebook: Notebook) -> String {
        if let workingFolder { return absolutePath(workingFolder) }
        let parts = notebook.file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/")
        return absolutePath(folder.isEmpty ? "/" : folder)
    }
}

/// Asks a run to stop: the first request ends the running cell, the second the host.
public final class Interruption: @unchecked Sendable {
    // Sendable because the count is used with the monitor's lock held.
    private let monitor = Monitor()
    private var requests = 0

    public init() {}

    public func request() { monitor.locked { requests += 1 } }

    public var count: Int { monitor.locked { requests } }

    /// Forgets what was asked for: it was answered, and the next request is a first one.
    public func settle() { monitor.locked { requests = 0 } }
}

/// What happens in a run, as it happens.
public enum CellEvent: Sendable {
    case planned(ExecutionPlan)
    /// A cell was compiled, or found compiled.
    case compiled(Cell.ID, wasCached: Bool)
    case diagnostics([Diagnostic])
    case started(Cell.ID)
    /// A piece of a stream, as it came, or a display.
    case output(Cell.ID, CellOutput)
    case ended(CellRecord)
    case reused(Cell.ID)
    /// What the names in cells are, where the run did not wait for it.
    case named([Cell.ID: [NameNote]])
}

/// What a run came to.
public struct RunOutcome: Sendable {
    public var plan: ExecutionPlan
    /// `nil` when nothing ran. After a failure it holds the cells up to the one that failed.
    public var record: RunRecord?
    /// The compiler's remarks and the planner's, on the notebook's lines.
    public var diagnostics: [Diagnostic]
    /// Why the run stopped before its end.
    public var failure: RunFailure?
    /// How often the compiler was started, and how many cells ran.
    public var compiledCount = 0
    public var ranCount = 0

    /// Whether all that should run ran.
    public var succeeded: Bool { record != nil && failure == nil }
}

public struct RunFailure: Error, Sendable, Hashable {
    public var cell: Cell.ID
    public var error: CellError
}

extension Notebook {
    /// The file's name without its extension.
    var stem: String {
        let name = file.path.split(separator: "/").last ?? ""
        return String(name.lastIndex(of: ".").map { name[..<$0] } ?? name)
    }
}
