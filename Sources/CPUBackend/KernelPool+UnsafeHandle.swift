private import CKernels
import Tensors

/// The kernels' threads, kept warm for as long as the pool lives.
final class KernelPool: @unchecked Sendable {
    // The C pool may be called from any thread; a section that finds it busy runs on its caller alone.
    private let storage: OpaquePointer?

    /// A pool that the system refuses threads for works on the caller's thread alone.
    init(threads: Int) {
        storage = gk_pool_create(Int32(clamping: max(1, threads)))
    }

    deinit { gk_pool_destroy(storage) }

    var threadCount: Int { Int(gk_pool_threads(storage)) }

    static var instructionSet: String { String(cString: gk_isa_name(gk_isa_current())) }

    /// The C pool, for as long as `self` lives.
    var handle: OpaquePointer? { storage }
}
