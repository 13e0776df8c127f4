public import Groundwork
public import NotebookModel
public import SourceText

/// What a run of a notebook will do, cell by cell, and why.
public struct ExecutionPlan: Sendable, Hashable {
    public enum Mode: Sendable, Hashable {
        /// All cells in order in a new host, unless nothing at all has changed.
        case fresh
        /// Changed cells, what depends on them, and what these need to have run.
        case incremental
    }

    public enum Action: Sendable, Hashable {
        case run(Reason)
        /// The record's outputs stand.
        case reuse
        /// `eval: false`, or nothing to run.
        case skip
        /// It is only compiled, and must not.
        case compileOnly(Reason)
        /// It is no part of what was asked for.
        case leave
    }

    public enum Reason: Sendable, Hashable {
        case never
        case sourceChanged
        case dependencyChanged(Cell.ID)
        /// A parameter that it rests on has another value.
        case parameterChanged
        case optionsOrToolsChanged
        case failedBefore
        /// Unchanged itself, but a cell that runs needs its state.
        case stateNeeded(by: Cell.ID)
        /// Another cell changed, and a fresh run runs all.
        case fresh
        case requested
        /// Unchanged itself, but what it left was changed by a cell that runs again or is gone.
        case stateReset
        /// Its outputs in the record are not known to be those that a run left.
        case recordAltered
    }

    public struct Step: Sendable, Hashable {
        public var cell: Cell
        public var analysis: CellAnalysis
        public var node: CellGraph.Node
        /// Import declarations of the cells before it: an import holds for the rest of the notebook.
        public var inheritedImports: [String]
        /// The name of its module, made from everything that its compilation depends on.
        public var moduleName: String
        /// Names what its outputs depend on.
        public var key: ContentKey
        /// Names the same without the compiler and the library, and without the files that cells read: what can be told anywhere.
        public var inputs: ContentKey
        /// The files that it declares to read, with their digests; missing ones are left out.
        public var files: [String: ContentKey]
        public var action: Action
        /// Made from the front matter's parameters; it has no record.
        public var isParameters: Bool
        /// The cells whose modules its source names.
        var namedCells: [Int]
        /// Whether it notes which of its variables have values.
        public var notesValues: Bool
        /// Per class of its own whose ancestors stand in several cells, these cells.
        var ancestorCells: Set<Set<Int>>
    }

    public var steps: [Step]
    public var mode: Mode
    /// The key of the files that travel with the notebook; `nil` where it declares none.
    public var resources: ContentKey?
    /// Mistakes found while planning.
    public var diagnostics: [Diagnostic]

    /// Whether the record at hand is what a run would give.
    public var isUnchanged: Bool {
        steps.allSatisfy { step in
            switch step.action {
            case .reuse, .skip, .leave: true
            case .run, .compileOnly: false
            }
        }
    }
}

extension ExecutionPlan.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .never: "has no record"
        case .sourceChanged: "its source changed"
        case .dependencyChanged(let id): "depends on \(id), which changed"
        case .parameterChanged: "a parameter has another value"
        case .optionsOrToolsChanged: "its options, its files or the tools changed"
        case .failedBefore: "failed before"
        case .stateNeeded(let id): "its state is needed by \(id)"
        case .fresh: "another cell changed and the run is fresh"
        case .requested: "as asked"
        case .stateReset: "what it left was changed since"
        case .recordAltered: "its outputs in the record are not known to be those of a run"
        }
    }
}

extension ExecutionPlan: CustomStringConvertible {
    /// A line for each cell: its name, run or reuse, and the reason.
    public var description: String {
        steps.filter { !$0.isParameters }.map { step in
            switch step.action {
            case .run(let reason): "\(step.cell.id): run (\(reason))"
            case .compileOnly(let reason): "\(step.cell.id): compile (\(reason))"
            case .reuse: "\(step.cell.id): reuse"
            case .skip: "\(step.cell.id): skip"
            case .leave: "\(step.cell.id): leave"
            }
        }.joined(separator: "\n")
    }
}
