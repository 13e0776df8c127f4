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

/// How a weight's elements are stored on a device.
public enum WeightFormat: Sendable, Hashable {
    /// One element after the other: `.float32`, `.float16` or `.bfloat16`.
    case dense(DType)
    /// A block type of GGUF, computed on as it is.
    case blocks(BlockFormat)
    /// int8 codes with one float32 scale a row: value = code · absmax / 127 (Dettmers et al.,
    /// arXiv 2208.07339, its vector-wise quantisation).
    case int8
    /// 4-bit codes with a scale for each block of elements along the flattened tensor, as bitsandbytes stores them.
    case fourBit(FourBit)

    public struct FourBit: Sendable, Hashable {
        public var type: FourBitType
        /// Elements that share a scale: 32, 64, 128, 256, 512, 1024, 2048 or 4096.
        public var blockSize: Int
        /// Whether the scales are themselves quantised to eight bits, 256 at a time.
        public var isDoubleQuantized: Bool

        public init(_ type: FourBitType, blockSize: Int = 64, isDoubleQuantized: Bool = false) {
            self.type = type
            self.blockSize = blockSize
            self.isDoubleQuantized = isDoubleQuantized
        }
    }
}

extension WeightFormat: CustomStringConvertible {
    /// Such as `bfloat16`, `Q4_1`, `int8` or `nf4`.
    public var description: String {
        switch self {
        case .dense(let type): "\(type)"
        case .blocks(let format): "\(format)"
        case .int8: "int8"
        case .fourBit(let format): format.type.rawValue
        }
    }
}

/// What a weight is made from: a tensor of a file, and what to do to its elements on the way.
public struct WeightSource: Sendable {
    public enum Content: Sendable {
        case tensor(StoredTensor)
        /// Quantised when it was saved.
        case fourBit(FourBitWeights)
    }

    public var name: String
    public var shape: TensorShape
    public var content: Content
    /// Elements are rounded to this type before they are quantised, as where a checkpoint is loaded in
    /// bfloat16 and then quantised.
    public var rounding: DType?
    /// Added to every element in float32: 1 for the norms of Gemma's checkpoints, which store *w - 1*.
    public var addend: Float

    public init(_ tensor: StoredTensor, name: String? = nil, rounding: DType? = nil, addend: Float = 0) {
        self.name = name ?? tensor.name
        shape = tensor.shape
        content = .tensor(tensor)
        self.rounding = rounding
        self.addend = addend
    }

    public init(_ saved: FourBitWeights, name: String) {
        self.name = name
        shape = saved.shape
        content = .fourBit(saved)
        rounding = nil
        addend = 0
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
