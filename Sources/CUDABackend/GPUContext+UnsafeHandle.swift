internal import CCUDAShim

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// One GPU: its context, one stream on which everything runs in order, and its compiled kernels.
///
/// All work goes through the one stream, so memory that is freed here may be handed out again at once: whatever
/// still reads it runs before whatever writes it next.
package final class GPUContext: @unchecked Sendable {
    // The driver's calls are safe from every thread; what is mutable here is behind `functions`' lock.

    package let ordinal: Int
    package let name: String
    package let busIdentifier: String
    package let totalMemory: Int
    package let multiprocessors: Int
    package let computeCapability: (major: Int, minor: Int)
    /// Shared memory that one block may ask for.
    package let sharedBytes: Int
    /// As 1000 × major + 10 × minor.
    package let driverVersion: Int
    package let canLaunchCooperatively: Bool
    /// Whether kernels may begin while the one ahead of them ends: those for 9.0 alone are compiled to wait for it.
    package var overlapsLaunches: Bool { computeCapability == (9, 0) }

    let driver: OpaquePointer
    private let context: UnsafeMutableRawPointer
    let stream: UnsafeMutableRawPointer
    let functions = FunctionCache()

    /// Opens a device.
    ///
    /// - Parameter library: the driver's library; the environment variable `GALLEY_CUDA_LIBRARY`, or else
    ///   `libcuda.so.1` where `nil`.
    package init(ordinal: Int, library: String? = nil) throws(CUDAFailure) {
        var opened: OpaquePointer?
        let path = library ?? getenv("GALLEY_CUDA_LIBRARY").map { String(cString: $0) }
        let result = path.map { path in path.withCString { ccuda_open($0, &opened) } } ?? ccuda_open(nil, &opened)
        try Self.check(result, nil)
        guard let driver = opened, let number = Int32(exactly: ordinal) else {
            throw CUDAFailure(kind: .noDevice, operation: "cuDeviceGet", description: "there is no GPU \(ordinal)")
        }
        func attribute(_ attribute: ccuda_attribute) throws(CUDAFailure) -> Int {
            var value: Int32 = 0
            try Self.check(ccuda_device_attribute(driver, number, attribute, &value), driver)
            return Int(value)
        }
        func text(_ fill: (UnsafeMutablePointer<CChar>, Int32) -> ccuda_result) throws(CUDAFailure) -> String {
            var bytes = [CChar](repeating: 0, count: 128)
            // The array is not empty, so it has an address.
            // swift-format-ignore: NeverForceUnwrap
            try Self.check(bytes.withUnsafeMutableBufferPointer { fill($0.baseAddress!, 128) }, driver)
            return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        }
        name = try text { ccuda_device_name(driver, number, $0, $1) }
        busIdentifier = try text { ccuda_device_pci_bus_id(driver, number, $0, $1) }
        multiprocessors = try attribute(CCUDA_MULTIPROCESSOR_COUNT)
        computeCapability = (try attribute(CCUDA_COMPUTE_MAJOR), try attribute(CCUDA_COMPUTE_MINOR))
        sharedBytes = try attribute(CCUDA_SHARED_BYTES_PER_BLOCK_OPTIN)
        canLaunchCooperatively = try attribute(CCUDA_COOPERATIVE_LAUNCH) != 0
        var total = 0
        try Self.check(ccuda_device_total_memory(driver, number, &total), driver)
        totalMemory = total
        var version: Int32 = 0
        try Self.check(ccuda_driver_version(driver, &version), driver)
        driverVersion = Int(version)
        guard computeCapability.major >= 8 else {
            throw CUDAFailure(
                kind: .badModule, operation: "cuDeviceGetAttribute",
                description:
                    "\(name) has compute capability \(computeCapability.major).\(computeCapability.minor); the kernels need 8.0 or newer: use the CPU"
            )
        }
        var context: UnsafeMutableRawPointer?
        try Self.check(ccuda_context_retain(driver, number, &context), driver)
        guard let context else { throw CUDAFailure(kind: .failed, operation: "cuDevicePrimaryCtxRetain", description: "the driver gave no context") }
        var stream: UnsafeMutableRawPointer?
        do {
            try Self.check(ccuda_context_set_current(driver, context), driver)
            try Self.check(ccuda_stream_create(driver, &stream), driver)
        } catch {
            _ = ccuda_context_release(driver, number)
            throw error
        }
        guard let stream else { throw CUDAFailure(kind: .failed, operation: "cuStreamCreate", description: "the driver gave no stream") }
        self.ordinal = ordinal
        self.driver = driver
        self.context = context
        self.stream = stream
    }

    deinit {
        _ = ccuda_context_set_current(driver, context)
        functions.removeAll { _ = ccuda_module_unload(driver, $0) }
        _ = ccuda_stream_destroy(driver, stream)
        _ = ccuda_context_release(driver, Int32(ordinal))
    }

    /// How many devices the driver sees.
    package static func deviceCount(library: String? = nil) throws(CUDAFailure) -> Int {
        var opened: OpaquePointer?
        let path = library ?? getenv("GALLEY_CUDA_LIBRARY").map { String(cString: $0) }
        try check(path.map { path in path.withCString { ccuda_open($0, &opened) } } ?? ccuda_open(nil, &opened), nil)
        guard let opened else { return 0 }
        var count: Int32 = 0
        try check(ccuda_device_count(opened, &count), opened)
        return Int(count)
    }

    private static func check(_ result: ccuda_result, _ driver: OpaquePointer?) throws(CUDAFailure) {
        guard result.status != CCUDA_OK else { return }
        var text = [CChar](repeating: 0, count: 512)
        let length = ccuda_describe(driver, result, &text, text.count)
        throw CUDAFailure(
            kind: CUDAFailure.Kind(rawValue: result.status.rawValue) ?? .failed,
            operation: result.where.map { String(cString: $0) } ?? "",
            description: String(decoding: text.prefix(length).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self))
    }

    /// Calls the driver with this device's context current on the calling thread.
    func call(_ body: (OpaquePointer) -> ccuda_result) throws(CUDAFailure) {
        try Self.check(ccuda_context_set_current(driver, context), driver)
        try Self.check(body(driver), driver)
    }
}

// MARK: - Memory

extension GPUContext {
    /// Device memory straight from the driver; `nil` where there is none left or the device is gone.
    package func allocate(byteCount: Int) -> UInt? {
        guard byteCount > 0 else { return nil }
        var address: UInt64 = 0
        guard (try? call { ccuda_memory_alloc($0, byteCount, &address) }) != nil else { return nil }
        return UInt(address)
    }

    package func deallocate(address: UInt) { try? call { ccuda_memory_free($0, UInt64(address)) } }

    package func memory() throws(CUDAFailure) -> (free: Int, total: Int) {
        var free = 0
        var total = 0
        try call { ccuda_memory_info($0, &free, &total) }
        return (free, total)
    }

    package func copy(from source: UnsafeRawPointer, to address: UInt64, byteCount: Int) throws(CUDAFailure) {
        try call { ccuda_copy_to_device($0, address, source, byteCount, stream) }
    }

    package func copy(from address: UInt64, to target: UnsafeMutableRawPointer, byteCount: Int) throws(CUDAFailure) {
        try call { ccuda_copy_to_host($0, target, address, byteCount, stream) }
    }

    package func copyOnDevice(from source: UInt64, to target: UInt64, byteCount: Int) throws(CUDAFailure) {
        try call { ccuda_copy_on_device($0, target, source, byteCount, stream) }
    }

    package func fill(_ address: UInt64, with value: UInt8, byteCount: Int) throws(CUDAFailure) {
        try call { ccuda_fill($0, address, value, byteCount, stream) }
    }

    /// Uploads values; they are on their way when this returns, and the array may go.
    package func write<Value: BitwiseCopyable>(_ values: [Value], to address: UInt64) throws(CUDAFailure) {
        guard !values.isEmpty else { return }
        let result = values.withUnsafeBytes { bytes in
            Result { () throws(CUDAFailure) in
                guard let base = bytes.baseAddress else { return }
                // Pageable memory: the driver copies it before the call returns.
                try copy(from: base, to: address, byteCount: bytes.count)
            }
        }
        try result.get()
    }

    /// Downloads values and waits for them.
    package func read<Value: BitwiseCopyable>(_ count: Int, of type: Value.Type, from address: UInt64) throws(CUDAFailure) -> [Value] {
        guard count > 0 else { return [] }
        var failure: CUDAFailure?
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(CUDAFailure) {
                guard let base = buffer.baseAddress else { return }
                try copy(from: address, to: base, byteCount: count * MemoryLayout<Value>.stride)
                try synchronize()
                initialized = count
            } catch { failure = error }
        }
        if let failure { throw failure }
        return values
    }

    /// Waits until everything that was asked for is done.
    package func synchronize() throws(CUDAFailure) { try call { ccuda_stream_synchronize($0, stream) } }

    /// Page-locked memory of the host, which goes back with ``freePinned(_:)``.
    package func allocatePinned(byteCount: Int) throws(CUDAFailure) -> PinnedMemory {
        var memory = ccuda_host_memory()
        try call { ccuda_host_alloc($0, byteCount, &memory) }
        guard let start = memory.start else { throw CUDAFailure(kind: .failed, operation: "cuMemHostAlloc", description: "no page-locked memory") }
        return PinnedMemory(start: start, memory: memory)
    }

    package func freePinned(_ pinned: PinnedMemory) { try? call { ccuda_host_free($0, pinned.memory) } }
}

package struct PinnedMemory {
    package let start: UnsafeMutableRawPointer
    fileprivate let memory: ccuda_host_memory
}
