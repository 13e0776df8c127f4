public import TensorMemory

/// A tensor of a model in the memory of the backend that made it. It is freed with its last handle.
public struct Weight: Sendable {
    /// As in the checkpoint, such as `model.layers.0.mlp.up_proj.weight`.
    public let name: String
    /// Slowest dimension first: (rows, columns) or (elements).
    public let shape: [Int]
    public let format: WeightFormat
    /// The backend's own.
    public let storage: any WeightStorage

    public init(name: String, shape: [Int], format: WeightFormat, storage: any WeightStorage) {
        self.name = name
        self.shape = shape
        self.format = format
        self.storage = storage
    }

    /// Bytes that were allocated for it, scales and padding included.
    public var byteCount: Int { storage.byteCount }
    public var elementCount: Int { shape.reduce(1, *) }
    /// The first dimension of a matrix; 1 for a vector.
    public var rows: Int { shape.count > 1 ? shape[0] : 1 }
    /// The last dimension.
    public var columns: Int { shape.last ?? 1 }
}

/// What a backend keeps of a weight. It frees its memory when it goes.
public protocol WeightStorage: AnyObject, Sendable {
    /// Bytes asked of the allocator.
    var byteCount: Int { get }
}

/// How a weight's elements are stored.
public enum WeightFormat: Sendable, Hashable {
    /// `.float32`, `.float16`, `.bfloat16`, or a block type of GGUF.
    case plain(DType)
    /// int8 codes with one float32 scale a row: value = code · absmax / 127 (Dettmers et al.,
    /// arXiv 2208.07339, its vector-wise quantisation).
    case int8
    /// 4-bit codes with a scale for each block of elements along the flattened tensor, as bitsandbytes stores them.
    case fourBit(FourBitFormat)
}

extension WeightFormat: CustomStringConvertible {
    /// Such as `bfloat16`, `int8` or `nf4`.
    public var description: String {
        switch self {
        case .plain(let type): "\(type)"
        case .int8: "int8"
        case .fourBit(let format): "\(format)"
        }
    }
}

/// A backend could not do what was asked.
public enum BackendError: Error, Sendable, Hashable {
    case memory(MemoryError)
    /// The device or its driver is missing, too old or broken: what, and a way out.
    case unavailable(Device, reason: String, help: String)
    /// The backend has no kernels for it.
    case unsupported(String)
    /// A tensor that cannot be used: its name, and what is wrong with it.
    case badWeight(name: String, reason: String)
    /// A token id outside the vocabulary.
    case tokenOutOfRange(Int32, vocabularySize: Int)
    /// The cache has room for `capacity` tokens and `needed` were to be in it.
    case cacheFull(capacity: Int, needed: Int)
    /// Saved keys and values that do not belong to this model or are damaged.
    case badCache(String)
    /// A call of the device failed.
    case device(Device, operation: String, message: String)
}

extension BackendError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .memory(let error): error.description
        case .unavailable(let device, let reason, let help): "device \(device) is not available: \(reason)\n  help: \(help)"
        case .unsupported(let what): "not supported: \(what)"
        case .badWeight(let name, let reason): "tensor \(name): \(reason)"
        case .tokenOutOfRange(let id, let size): "token \(id) is outside the vocabulary of \(size)"
        case .cacheFull(let capacity, let needed): "the KV cache has room for \(capacity) tokens and \(needed) are needed"
        case .badCache(let reason): "saved KV cache: \(reason)"
        case .device(let device, let operation, let message): "\(device): \(operation) failed: \(message)"
        }
    }
}
