internal import ArgumentParser
internal import CellExecutor
internal import ExecutionPlanner

/// How cells are run; shared by the subcommands that run any.
struct RunArguments: ParsableArguments {
    @Option(name: [.customShort("P"), .customLong("param")], help: ArgumentHelp("Replace a parameter's value.", valueName: "name=value"))
    var assignments: [String] = []

    @Option(help: ArgumentHelp("Replace the values of parameters by a YAML or JSON file's.", valueName: "file"))
    var params: String?

    @Option(help: ArgumentHelp("Run cells behind a command that carries standard input and output to a cell-host.", valueName: "command"))
    var host: String?

    @Option(help: ArgumentHelp("Seconds until the command of --host must have reached a cell-host.", valueName: "seconds"))
    var hostTimeout: Double?

    @Option(help: ArgumentHelp("Take the run from a bundle that ran elsewhere, instead of running.", valueName: "folder"))
    var bundle: String?

    @Flag(help: "Run changed cells and what depends on them only; the record says so.")
    var incremental = false

    @Flag(help: "Run all cells, whatever the record says.")
    var force = false

    @Option(help: ArgumentHelp("Seconds for a cell that says nothing of its own.", valueName: "seconds"))
    var timeout: Double?

    @Option(help: ArgumentHelp("Seconds for a whole notebook.", valueName: "seconds"))
    var notebookTimeout: Double?

    @Option(help: ArgumentHelp("Bytes kept of each stream of a cell, head and tail.", valueName: "bytes"))
    var outputLimit: Int = 1 << 20

    @Option(help: ArgumentHelp("Bytes of memory that the host may take; 0 for no limit.", valueName: "bytes"))
    var memoryLimit: Int = 0

    @Flag(help: "Run cells in bubblewrap (Linux): they see the system, the notebook's folder and models, and write a /tmp of their own.")
    var sandbox = false

    @Flag(name: .shortAndLong, help: "Write diagnostics only.")
    var quiet = false

    /// Whether the same arguments with the same files give the same pages, with nothing asked of other machines or files of values.
    var isRepeatable: Bool { !force && bundle == nil && host == nil && params == nil && assignments.isEmpty }

    func validate() throws {
        if sandbox, host != nil {
            throw ValidationError("--sandbox and --host exclude each other\n  help: what cells may do elsewhere is for the command of --host to say")
        }
        if let hostTimeout, !(hostTimeout > 0) { throw ValidationError("--host-timeout must be more than 0") }
    }

    /// - Throws: `ExecutionError` for a bundle that cannot be read.
    func options(interruption: Interruption?) throws -> RunOptions {
        var options = RunOptions()
        options.bundle = try bundle.map { try CellBundle(folder: $0) }
        options.mode = incremental && bundle == nil ? .incremental : .fresh
        options.hostCommand = host
        options.ignoresRecord = force || bundle != nil
        options.cellTimeout = timeout
        options.notebookTimeout = notebookTimeout
        options.outputLimit = outputLimit
        options.memoryLimit = memoryLimit
        options.galleyVersion = Galley.version
        options.isSandboxed = sandbox
        options.hostTimeout = hostTimeout
        options.interruption = interruption
        options.notesNames = true
        return options
    }
}
