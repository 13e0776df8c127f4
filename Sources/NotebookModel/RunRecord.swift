public import SourceText

/// What a run of a notebook left: every cell's outputs, and with what they were made.
public struct RunRecord: Sendable, Hashable {
    /// How the outputs came about.
    public enum Mode: String, Sendable, Hashable {
        /// All cells in order in a new host: the only mode called reproducible.
        case fresh
        /// Some cells' outputs were kept from an earlier run.
        case incremental
    }

    public var mode: Mode
    /// In the notebook's order; cells that were not reached are absent.
    public var cells: [CellRecord]
    public var environment: RunEnvironment
    public var parameters: [Parameter]
    /// When the run ended, ISO 8601 in UTC.
    public var date: String
    /// Seconds from the start of the host to its end.
    public var duration: Double

    public init(mode: Mode, cells: [CellRecord], environment: RunEnvironment, parameters: [Parameter], date: String, duration: Double) {
        self.mode = mode
        self.cells = cells
        self.environment = environment
        self.parameters = parameters
        self.date = date
        self.duration = duration
    }

    /// The record of a cell, if it was reached.
    public subscript(id: Cell.ID) -> CellRecord? { cells.first { $0.id == id } }
}

/// What one cell did.
public struct CellRecord: Sendable, Hashable, Identifiable {
    public enum Status: String, Sendable, Hashable {
        case succeeded
        /// It failed, and its options allow that.
        case failedAsAllowed = "failed-as-allowed"
        case failed
        /// `eval: false`.
        case notEvaluated = "not-evaluated"
    }

    public var id: Cell.ID
    /// The key of everything that the outputs depend on; equal key, same outputs.
    public var key: ContentKey
    public var status: Status
    public var outputs: [CellOutput]
    /// The source that ran, for records that are read without their notebook.
    public var source: String
    /// The cell's place in the order of execution, from 1.
    public var executionCount: Int?
    /// Seconds spent running, without compiling.
    public var duration: Double
    /// The host's resident memory when the cell ended, in bytes.
    public var residentBytes: Int?
    /// What the compiler knew of the names in the source, in order; empty where it was not asked.
    public var names: [NameNote] = []

    public init(
        id: Cell.ID, key: ContentKey, status: Status, outputs: [CellOutput], source: String,
        executionCount: Int?, duration: Double, residentBytes: Int?
    ) {
        self.id = id
        self.key = key
        self.status = status
        self.outputs = outputs
        self.source = source
        self.executionCount = executionCount
        self.duration = duration
        self.residentBytes = residentBytes
    }
}

/// With what a notebook was run.
public struct RunEnvironment: Sendable, Hashable {
    public var galley: String
    public var swift: String
    /// Such as `Debian GNU/Linux 12 (bookworm), x86_64`.
    public var system: String
    public var cpu: String
    public var coreCount: Int
    /// Names with drivers; empty where there is none.
    public var gpus: [String]

    public init(galley: String, swift: String, system: String, cpu: String, coreCount: Int, gpus: [String]) {
        self.galley = galley
        self.swift = swift
        self.system = system
        self.cpu = cpu
        self.coreCount = coreCount
        self.gpus = gpus
    }
}
