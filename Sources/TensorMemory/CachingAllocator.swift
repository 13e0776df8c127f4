private import Synchronization

/// Hands out blocks of a device's memory and keeps freed ones for the next request, as PyTorch's caching
/// allocator does: see ``SizeClass`` for its sizes and their source.
///
/// Freed blocks are reused at once. On a device that works asynchronously all work must therefore be
/// queued on one stream, or be finished before the block's last reference goes.
public final class CachingAllocator: MemoryAllocator {
    public let device: Device
    private let raw: any RawAllocator
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    struct State: Sendable {
        var heap = SegmentHeap()
        var statistics = MemoryStatistics()
        var timeline: EventRing
        var limit: Int?
        /// The highest `allocated` and `reserved` of each watch that is under way.
        var watches: [Int: Peaks] = [:]
        var nextWatch = 0
    }

    /// - Parameters:
    ///   - limit: the most bytes to reserve; `nil` for as much as the device gives.
    ///   - timelineCapacity: how many events ``timeline`` remembers.
    public init(_ raw: any RawAllocator, limit: Int? = nil, timelineCapacity: Int = 8192) {
        device = raw.device
        self.raw = raw
        state = Mutex(State(timeline: EventRing(capacity: max(0, timelineCapacity)), limit: limit))
    }

    deinit {
        // Blocks hold a reference to their allocator, so all of them are free by now.
        state.withLock { state in
            for segment in state.heap.removeFreeSegments() { raw.deallocate(address: segment.address, byteCount: segment.byteCount) }
        }
    }

    public func allocate(byteCount: Int, owner: String) throws(MemoryError) -> MemoryBlock {
        guard byteCount >= 0 else { throw .invalidByteCount(byteCount, owner: owner) }
        let seconds = elapsed
        let outcome = state.withLock { state -> Result<(index: Int, address: UInt), MemoryError> in
            guard let size = SizeClass.blockSize(byteCount) else {
                return .failure(state.outOfMemory(requested: byteCount, owner: owner, raw: raw, seconds: seconds))
            }
            let use = SegmentHeap.Use(requested: byteCount, owner: owner)
            var taken = state.heap.take(byteCount: size, use: use)
            if taken == nil, state.addSegment(forBlock: size, raw: raw, seconds: seconds) {
                taken = state.heap.take(byteCount: size, use: use)
            }
            guard let index = taken else {
                return .failure(state.outOfMemory(requested: byteCount, owner: owner, raw: raw, seconds: seconds))
            }
            state.recordAllocation(index, seconds: seconds)
            return .success((index, state.heap.blocks[index].address))
        }
        let block = try outcome.get()
        return MemoryBlock(
            allocator: self, token: MemoryBlock.Token(index: block.index), address: block.address, byteCount: byteCount, owner: owner)
    }

    public func release(_ token: MemoryBlock.Token) {
        let seconds = elapsed
        state.withLock { $0.release(token.index, seconds: seconds) }
    }

    /// Returns to the system what is kept for reuse. Segments with a block in use stay.
    public func emptyCache() {
        let seconds = elapsed
        state.withLock { _ = $0.emptyCache(raw: raw, seconds: seconds) }
    }

    /// Starts the peaks anew from what is in use now.
    public func resetPeak() {
        state.withLock { state in
            state.statistics.peakAllocated = state.statistics.allocated
            state.statistics.peakReserved = state.statistics.reserved
        }
    }

    public var statistics: MemoryStatistics { state.withLock { $0.statistics } }

    /// The most bytes to reserve; `nil` for as much as the device gives. Lowering it frees nothing.
    public var limit: Int? {
        get { state.withLock { $0.limit } }
        set { state.withLock { $0.limit = newValue } }
    }

    /// What the device itself says, other processes included.
    public var capacity: DeviceCapacity? { raw.capacity }

    public var snapshot: MemorySnapshot {
        state.withLock { state in
            MemorySnapshot(device: device, statistics: state.statistics, owners: state.owners, segments: state.segmentSnapshots)
        }
    }

    public var timeline: MemoryTimeline {
        state.withLock { state in
            MemoryTimeline(device: device, events: state.timeline.events, droppedEventCount: state.timeline.droppedCount)
        }
    }

    /// What is wrong with the bookkeeping; empty when all is well. For tests.
    package func violations() -> [String] {
        state.withLock { state in state.heap.violations() + state.statisticsViolations() }
    }

    func withState<Value: Sendable>(_ body: (inout sending State) -> sending Value) -> Value { state.withLock { body(&$0) } }

    private var elapsed: Double {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
