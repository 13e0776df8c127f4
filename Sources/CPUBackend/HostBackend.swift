public import TensorMemory
public import Tensors

/// The CPU: weights in the layouts that the kernels like best, decoders that call them one after another.
public final class HostBackend: Backend {
    /// The one of this process, with a thread for every core that the process may use, or as many as
    /// the environment variable `GALLEY_THREADS` says.
    public static let shared = HostBackend(threads: ProcessorInfo.preferredThreadCount)

    public let device = Device.cpu
    public let deviceName: String
    public let allocator: any MemoryAllocator
    let pool: KernelPool

    /// - Parameters:
    ///   - threads: including the calling one; at least 1.
    ///   - allocator: where all memory comes from; the process's own where `nil`.
    public init(threads: Int, allocator: (any MemoryAllocator)? = nil) {
        pool = KernelPool(threads: threads)
        deviceName = ProcessorInfo.name
        self.allocator = allocator ?? (try? Memory.allocator(for: .cpu)) ?? CachingAllocator(SystemMemory())
    }

    public var threadCount: Int { pool.threadCount }

    /// The instruction set that the kernels use, such as `avx512`.
    public var instructionSet: String { KernelPool.instructionSet }

    public func supports(_ format: WeightFormat) -> Bool {
        switch format {
        case .dense, .blocks: format.kernelType != nil
        case .int8: true
        case .fourBit(let fourBit): FourBitType.blockSizes.contains(fourBit.blockSize)
        }
    }

    public func makeSession(for plan: DecoderPlan, capacity: Int) throws(BackendError) -> any DecoderSession {
        try HostSession(backend: self, plan: plan, capacity: capacity)
    }

    public func sessionByteCount(for shape: DecoderShape, capacity: Int) -> SessionByteCount {
        let layout = ActivationLayout(
            shape: shape, rotaryCount: 1, rows: max(1, min(capacity, HostSession.chunkRows)), capacity: capacity, pool: pool)
        let cache = CacheLayout(shape)
        return SessionByteCount(
            cache: shape.layerCount * cache.byteCount(capacity: capacity), activations: layout?.byteCount ?? 0)
    }

    public func expandedByteCount(of vectors: [(count: Int, format: WeightFormat)]) -> Int { FloatVectors.byteCount(vectors) }

    func allocate(_ byteCount: Int, owner: String) throws(BackendError) -> MemoryBlock {
        do { return try allocator.allocate(byteCount: byteCount, owner: owner) } catch { throw .memory(error) }
    }
}
