public import Groundwork
internal import SourceText

/// What a run of a notebook left: every cell's outputs, and with what they were made.
public struct RunRecord: Sendable, Hashable {
    /// How the outputs came about.
    public enum Mode: String, Sendable, Hashable {
        /// All cells in order in a new host: the only mode called reproducible.
        case fresh
        /// Some cells' outputs were kept from an earlier run.
        case incremental
    }

    /// Who made a record's outputs.
    public enum Origin: Sendable, Hashable {
        case galley
        /// Another kernel of Jupyter's: nothing is known of the run but what the file says.
        case saved(SavedOutputs)
    }

    /// Whether a record says what the run left.
    public enum Integrity: Sendable, Hashable {
        /// It was made by a run, or read from a file whose digests hold.
        case intact
        /// It was written by a version of Galley that kept no digests: nobody can tell.
        case unverified
        /// Something else than Galley changed it, and how.
        case altered(String)
    }

    public var mode: Mode
    /// In the notebook's order; cells that were not reached are absent.
    public var cells: [CellRecord]
    public var environment: RunEnvironment
    public var parameters: [Parameter]
    /// What the front matter said of the parameters that were given from outside, when it ran.
    public var defaults: [Parameter] = []
    /// The key of the files under the notebook's `resources:` when it ran, which any cell may have read; `nil` where it declares none.
    public var resources: ContentKey?
    /// When the run ended, ISO 8601 in UTC.
    public var date: String
    /// Seconds from the start of the host to its end.
    public var duration: Double
    /// Who made the outputs.
    public var origin = Origin.galley
    /// How the file that it was read from stands to what the run left.
    public var integrity = Integrity.intact
    /// Whether the text between the cells in the file is not what Galley wrote there.
    public var hasForeignText = false

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

    /// Whether anything ran at all, as far as the record knows.
    public var hasRun: Bool { cells.contains { $0.executionCount != nil || !$0.outputs.isEmpty } }

    /// Whether some of it is not what the run left.
    public var isAltered: Bool {
        if case .altered = integrity { return true }
        return cells.contains(where: \.isAltered)
    }
}

/// What a notebook of another kernel says of its outputs.
public struct SavedOutputs: Sendable, Hashable {
    /// What the execution counts of its cells say.
    public enum Order: Sendable, Hashable {
        /// They rise from cell to cell.
        case rising
        /// Some cell ran after one that stands below it, or two have the same count.
        case outOfOrder
        /// Some cell with outputs has no count.
        case incomplete
    }

    /// The language as people write it, with its version where the file has it: `Python 3.12`.
    public var language: String
    public var order: Order

    public init(language: String, order: Order) {
        self.language = language
        self.order = order
    }
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
    /// The key of the same but for the compiler and the library: the source, the options that the outputs depend on, the parameters,
    /// and the cells that it rests on. `nil` in records of earlier versions.
    public var inputs: ContentKey?
    /// The files that it declares to read, by their paths as written, with their digests when it ran; missing files are left out.
    public var files: [String: ContentKey] = [:]
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
    /// The numbers in the outputs that were addresses in the process that ran the cell, as they were written.
    public var addresses: Set<String> = []
    /// Whether the file has other outputs than the run left.
    public var isAltered = false

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
