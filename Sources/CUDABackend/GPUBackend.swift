internal import CCUDAShim
internal import Synchronization
public import TensorMemory
public import Tensors

/// An NVIDIA GPU: weights in its memory, decoders as kernels on one stream.
public final class GPUBackend: Backend {
    public let device: Device
    public var deviceName: String { context.name }
    public let allocator: any MemoryAllocator
    package let context: GPUContext
    /// What the kernels look values up in: 16 values each for fp4, nf4 and GGUF's two types, then the 256 of
    /// bitsandbytes' 8-bit map.
    private let tables: MemoryBlock
    let ring: UploadRing
    /// Held while weights are filled, since the lanes are one thread's at a time: who comes second waits.
    let filling = Mutex(())
    let lanes: UploadLanes

    /// The backend of a GPU, which is opened when first asked for and then kept.
    ///
    /// - Throws: ``BackendError/unavailable(_:reason:help:)`` where the driver or the device is missing or too old.
    public static func shared(_ ordinal: Int = 0) throws(BackendError) -> GPUBackend {
        let result = opened.withLock { opened -> Result<GPUBackend, BackendError> in
            if let backend = opened[ordinal] { return .success(backend) }
            return Result { () throws(BackendError) in
                let backend = try GPUBackend(ordinal: ordinal)
                opened[ordinal] = backend
                return backend
            }
        }
        return try result.get()
    }

    private static let opened = Mutex<[Int: GPUBackend]>([:])

    /// - Parameter library: the driver's library, for tests; the system's where `nil`.
    package init(ordinal: Int, library: String? = nil, registersMemory: Bool = true) throws(BackendError) {
        let device = Device.cuda(ordinal)
        self.device = device
        do {
            context = try GPUContext(ordinal: ordinal, library: library)
        } catch {
            throw .unavailable(device, reason: error.description, help: "run with device: .cpu, or check the machine with nvidia-smi")
        }
        let caching = CachingAllocator(GPUMemory(context))
        allocator = registersMemory ? Memory.register(caching) : caching
        let values = FourBitType.fp4.table + FourBitType.nf4.table + (0..<16).map { Float($0 - 8) } + (0..<16).map { Float($0) } + DynamicMap.table
        do throws(MemoryError) {
            tables = try allocator.allocate(byteCount: values.count * 4, owner: "kernel tables")
        } catch { throw .memory(error) }
        do throws(CUDAFailure) {
            try context.write(values, to: UInt64(tables.address))
            ring = try UploadRing(context)
            lanes = UploadLanes(context)
        } catch { throw .device(device, operation: error.operation, message: error.description) }
    }

    public func supports(_ format: WeightFormat) -> Bool { KernelFormat(format) != nil }

    public func supports(_ activation: GatedActivation) -> Bool { activation == .silu || activation == .geluTanh }

    public func weightByteCount(shape: [Int], in format: WeightFormat) -> Int? {
        GPUWeightLayout(shape: shape, format: format)?.byteCount
    }

    public func makeSession(for plan: DecoderPlan, capacity: Int) throws(BackendError) -> any DecoderSession {
        try finish(plan.weights)
        return try GPUSession(backend: self, plan: plan, capacity: capacity)
    }

    public func sessionByteCount(for shape: DecoderShape, capacity: Int) -> SessionByteCount {
        let layout = GPUSessionLayout(
            shape: shape, rows: GPUSessionLayout.rows(capacity: capacity), capacity: capacity, multiprocessors: context.multiprocessors)
        return SessionByteCount(cache: layout.cacheByteCount * shape.layerCount, activations: layout.byteCount)
    }

    /// This GPU's row: NVML numbers devices in an order of its own, so the bus tells which it is.
    public func row(in table: DeviceTable) -> DeviceTable.Row? {
        // The driver writes four digits of the domain and NVML eight.
        func place(_ identifier: String) -> Substring { identifier.lowercased().drop { $0 == "0" } }
        return table.devices.first { place($0.busIdentifier) == place(context.busIdentifier) }
    }

    func allocate(_ byteCount: Int, owner: String) throws(BackendError) -> MemoryBlock {
        do { return try allocator.allocate(byteCount: byteCount, owner: owner) } catch { throw .memory(error) }
    }

    /// Runs calls of the driver and names the device where one fails.
    func run<Value>(_ body: () throws(CUDAFailure) -> Value) throws(BackendError) -> Value {
        do { return try body() } catch { throw .device(device, operation: error.operation, message: error.description) }
    }

    /// The address of the 16 values that codes of a weight stand for.
    package func table(_ weight: GPUWeight) -> UInt64 {
        let index =
            switch weight.layout.format {
            case .q4_0: 2
            case .q4_1: 3
            default: weight.code == .nf4 ? 1 : 0
            }
        return UInt64(tables.address) + UInt64(index * 64)
    }

    /// The address of the 256 values of bitsandbytes' 8-bit map.
    package var map: UInt64 { UInt64(tables.address) + 256 }
}
