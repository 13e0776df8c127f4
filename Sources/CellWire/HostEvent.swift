/// What the host tells the executor.
public enum HostEvent: Sendable, Hashable {
    case ready(HostEnvironment)
    case started(cell: Int)
    case output(cell: Int, WireStream, [UInt8])
    /// So many bytes of the stream were left out here.
    case outputCut(cell: Int, WireStream, byteCount: Int)
    /// What came of both streams was written before what follows.
    case boundary(cell: Int)
    case display(cell: Int, WireDisplay)
    case failed(cell: Int, WireFailure)
    case ended(cell: Int, CellUsage)
    /// The host cannot go on; its last message.
    case fatal(String)
}

extension HostEvent {
    /// Whether it says something of a cell, or of the host as a whole; what cannot be loaded is of none.
    package func concerns(_ number: Int) -> Bool {
        switch self {
        case .ready, .fatal: true
        case .failed(let cell, _): cell == number || cell == -1
        case .started(let cell), .output(let cell, _, _), .outputCut(let cell, _, _), .boundary(let cell), .display(let cell, _), .ended(let cell, _):
            cell == number
        }
    }
}

public enum WireStream: UInt8, Sendable, Hashable, CaseIterable {
    case standardOutput = 1
    case standardError = 2
}

/// A value to show, in several representations, the richest first.
public struct WireDisplay: Sendable, Hashable {
    public enum Role: UInt8, Sendable, Hashable {
        /// Shown on the way.
        case display = 0
        /// The value of the cell's last expression.
        case result = 1
    }

    public struct Representation: Sendable, Hashable {
        public enum Form: UInt8, Sendable, Hashable {
            case text = 0
            case json = 1
            case binary = 2
        }

        public var type: String
        public var form: Form
        public var bytes: [UInt8]

        public init(type: String, form: Form, bytes: [UInt8]) {
            self.type = type
            self.form = form
            self.bytes = bytes
        }
    }

    public var role: Role
    public var representations: [Representation]
    /// A JSON object, or empty.
    public var metadata: String

    public init(role: Role, representations: [Representation], metadata: String = "") {
        self.role = role
        self.representations = representations
        self.metadata = metadata
    }
}

/// Why a cell ended early.
public struct WireFailure: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case thrown = 0
        case trap = 1
        case command = 2
        case interrupted = 3
        case loading = 4
    }

    /// A place in an image: the file's name and the offset from its load address.
    public struct Frame: Sendable, Hashable {
        public var image: String
        public var offset: UInt64

        public init(image: String, offset: UInt64) {
            self.image = image
            self.offset = offset
        }
    }

    public var kind: Kind
    public var name: String
    public var message: String
    /// The innermost first.
    public var frames: [Frame]

    public init(kind: Kind, name: String, message: String, frames: [Frame] = []) {
        self.kind = kind
        self.name = name
        self.message = message
        self.frames = frames
    }
}

public struct CellUsage: Sendable, Hashable {
    /// Seconds.
    public var duration: Double
    /// Bytes of the host in memory when the cell ended.
    public var residentBytes: Int
    /// A cell was stopped in the middle: memory and locks that it held are lost.
    public var isTainted: Bool

    public init(duration: Double, residentBytes: Int, isTainted: Bool) {
        self.duration = duration
        self.residentBytes = residentBytes
        self.isTainted = isTainted
    }
}

/// The machine that the host runs on.
public struct HostEnvironment: Sendable, Hashable {
    public var system: String
    public var cpu: String
    public var coreCount: Int
    public var gpus: [String]

    public init(system: String, cpu: String, coreCount: Int, gpus: [String]) {
        self.system = system
        self.cpu = cpu
        self.coreCount = coreCount
        self.gpus = gpus
    }
}
