/// What the executor asks of the host.
public enum HostCommand: Sendable, Hashable {
    /// The first message.
    case configure(HostConfiguration)
    /// Loads a compiled cell; it stays for the life of the host.
    case load(CellImage)
    /// Runs an entry point of an image on the session's thread; answered with `started` … `ended`.
    case run(RunRequest)
    /// Ends the running cell; the state of the others stays.
    case interrupt
    /// Ends the host once the running cell has ended.
    case shutdown
}

public struct HostConfiguration: Sendable, Hashable {
    /// The folder that cells run in; empty for the host's own.
    public var workingFolder: String
    /// Bytes of each stream kept from each cell; half at its start, half at its end.
    public var outputLimit: Int
    /// Bytes of address space that the host may use; 0 for no limit.
    public var memoryLimit: Int
    /// Set before the first cell.
    public var environment: [String: String]
    /// Files that the cells need, by path from the working folder.
    public var resources: [String: [UInt8]]
    /// Cells run in a new temporary folder, which goes with the host.
    public var hasOwnFolder: Bool

    public init(
        workingFolder: String = "", outputLimit: Int = 1 << 20, memoryLimit: Int = 0,
        environment: [String: String] = [:], resources: [String: [UInt8]] = [:], hasOwnFolder: Bool = false
    ) {
        self.workingFolder = workingFolder
        self.outputLimit = outputLimit
        self.memoryLimit = memoryLimit
        self.environment = environment
        self.resources = resources
        self.hasOwnFolder = hasOwnFolder
    }
}

public struct CellImage: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        /// A file that the host can open.
        case path(String)
        case bytes([UInt8])
    }

    public var name: String
    public var content: Content

    public init(name: String, content: Content) {
        self.name = name
        self.content = content
    }
}

public struct RunRequest: Sendable, Hashable {
    /// The number that events carry; where an image holds several cells, the first one's, and the others follow.
    public var cell: Int
    public var image: String
    /// The symbol of the entry point.
    public var entry: String

    public init(cell: Int, image: String, entry: String) {
        self.cell = cell
        self.image = image
        self.entry = entry
    }
}

extension HostCommand {
    /// The content of a frame.
    public var encoded: [UInt8] {
        var encoder = WireEncoder()
        switch self {
        case .configure(let configuration):
            encoder.put(tag: 1)
            encoder.put(wireVersion)
            encoder.put(configuration.workingFolder)
            encoder.put(configuration.outputLimit)
            encoder.put(configuration.memoryLimit)
            encoder.put(configuration.environment.sorted { $0.key < $1.key }) {
                $0.put($1.key)
                $0.put($1.value)
            }
            encoder.put(configuration.resources.sorted { $0.key < $1.key }) {
                $0.put($1.key)
                $0.put($1.value)
            }
            encoder.put(configuration.hasOwnFolder)
        case .load(let image):
            encoder.put(tag: 2)
            encoder.put(image.name)
            switch image.content {
            case .path(let path):
                encoder.put(false)
                encoder.put(path)
            case .bytes(let bytes):
                encoder.put(true)
                encoder.put(bytes)
            }
        case .run(let request):
            encoder.put(tag: 3)
            encoder.put(request.cell)
            encoder.put(request.image)
            encoder.put(request.entry)
        case .interrupt: encoder.put(tag: 4)
        case .shutdown: encoder.put(tag: 5)
        }
        return encoder.bytes
    }

    public init(decoding content: [UInt8]) throws(WireError) {
        var decoder = WireDecoder(content)
        switch try decoder.byte() {
        case 1:
            let version = try decoder.unsigned()
            guard version == wireVersion else { throw .version(version) }
            let folder = try decoder.string()
            let outputLimit = try decoder.integer()
            let memoryLimit = try decoder.integer()
            let environment = try decoder.list { (d) throws(WireError) in (try d.string(), try d.string()) }
            let resources = try decoder.list { (d) throws(WireError) in (try d.string(), try d.data()) }
            self = .configure(
                HostConfiguration(
                    workingFolder: folder, outputLimit: max(0, outputLimit), memoryLimit: max(0, memoryLimit),
                    environment: Dictionary(environment) { $1 }, resources: Dictionary(resources) { $1 }, hasOwnFolder: try decoder.bool()))
        case 2:
            let name = try decoder.string()
            let content: CellImage.Content = try decoder.bool() ? .bytes(try decoder.data()) : .path(try decoder.string())
            self = .load(CellImage(name: name, content: content))
        case 3:
            self = .run(
                RunRequest(
                    cell: try decoder.integer(), image: try decoder.string(), entry: try decoder.string()))
        case 4: self = .interrupt
        case 5: self = .shutdown
        case let tag: throw .malformed("unknown command \(tag)")
        }
        try decoder.finish()
    }
}
