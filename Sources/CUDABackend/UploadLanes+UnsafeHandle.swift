internal import CCUDAShim
private import Synchronization
import Tensors

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What one thread sends through: two page-locked buffers, one filled while the other is under way.
final class UploadLane: @unchecked Sendable {
    // One thread at a time has a lane.

    let index: Int
    private let context: GPUContext
    private let host: PinnedMemory
    private var buffers: [UploadBuffer]
    private var next = 0

    init(_ index: Int, _ context: GPUContext) throws(CUDAFailure) {
        self.index = index
        self.context = context
        let host = try context.allocatePinned(byteCount: 2 * WeightFilling.pieceByteCount)
        do throws(CUDAFailure) {
            buffers = [try UploadBuffer(host.start, context), try UploadBuffer(host.start + WeightFilling.pieceByteCount, context)]
        } catch {
            context.freePinned(host)
            throw error
        }
        self.host = host
    }

    deinit {
        try? context.synchronize()
        context.freePinned(host)
    }

    /// Sends a range of the file's bytes to the same range behind `address`, or all pieces to `address` itself (`keepsPlace`).
    func send(_ bytes: FileSlice, _ range: Range<Int>, to address: UInt64, keepsPlace: Bool = false) throws(CUDAFailure) {
        guard let base = bytes.bytes.baseAddress else { return }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: WeightFilling.pieceByteCount) {
            let count = min(WeightFilling.pieceByteCount, range.upperBound - first)
            try buffers[next].send(count, to: keepsPlace ? address : address + UInt64(first), context) {
                $0.copyMemory(from: base + first, byteCount: count)
            }
            next = 1 - next
        }
    }
}

/// The lanes that a device's weights come through. They are made when first wanted, and stay.
final class UploadLanes: Sendable {
    private let context: GPUContext
    private let lanes = Mutex<[UploadLane]>([])

    init(_ context: GPUContext) { self.context = context }

    /// Makes up to `wanted` lanes ready, one a processor, and says how many there are; at least one.
    func prepare(_ wanted: Int) throws(CUDAFailure) -> Int {
        let count = max(1, min(wanted, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        let result = lanes.withLock { lanes in
            Result { () throws(CUDAFailure) in
                while lanes.count < count { lanes.append(try UploadLane(lanes.count, context)) }
            }
        }
        try result.get()
        return count
    }

    private final class Work: Sendable {
        let lanes: [UploadLane]
        let body: @Sendable (UploadLane) throws(CUDAFailure) -> Void
        let failure = Mutex<CUDAFailure?>(nil)

        init(_ lanes: [UploadLane], _ body: @escaping @Sendable (UploadLane) throws(CUDAFailure) -> Void) {
            self.lanes = lanes
            self.body = body
        }
    }

    /// Runs `body` with each of the first `count` lanes on a thread of its own, and throws the first failure when all have ended.
    func run(_ count: Int, _ body: @escaping @Sendable (UploadLane) throws(CUDAFailure) -> Void) throws(CUDAFailure) {
        let work = Work(lanes.withLock { Array($0.prefix(count)) }, body)
        ccuda_run_threads(Int32(work.lanes.count), Unmanaged.passUnretained(work).toOpaque()) { context, index in
            guard let context else { return }
            let work = Unmanaged<Work>.fromOpaque(context).takeUnretainedValue()
            do throws(CUDAFailure) { try work.body(work.lanes[Int(index)]) } catch { work.failure.withLock { $0 = $0 ?? error } }
        }
        if let failure = work.failure.withLock({ $0 }) { throw failure }
    }
}
