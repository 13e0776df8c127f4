// What happens under the allocator's lock.

extension CachingAllocator.State {
    mutating func recordAllocation(_ index: Int, seconds: Double) {
        let block = heap.blocks[index]
        guard let use = block.use else { return }
        statistics.requested += use.requested
        statistics.allocated += block.byteCount
        statistics.blockCount += 1
        statistics.allocationCount += 1
        raisePeaks()
        record(.allocate, byteCount: block.byteCount, owner: use.owner, seconds: seconds)
    }

    mutating func release(_ index: Int, seconds: Double) {
        let block = heap.blocks[index]
        guard let use = block.use else { return }
        heap.release(index)
        statistics.requested -= use.requested
        statistics.allocated -= block.byteCount
        statistics.blockCount -= 1
        record(.free, byteCount: block.byteCount, owner: use.owner, seconds: seconds)
    }

    /// Takes a segment for a block of `byteCount` bytes; empties the cache and tries again where the limit or
    /// the system refuses.
    mutating func addSegment(forBlock byteCount: Int, raw: any RawAllocator, seconds: Double) -> Bool {
        guard let size = SizeClass.segmentSize(forBlock: byteCount, granularity: raw.granularity) else { return false }
        if takeSegment(size, forBlock: byteCount, raw: raw, seconds: seconds) { return true }
        guard emptyCache(raw: raw, seconds: seconds) > 0 else { return false }
        statistics.retryCount += 1
        return takeSegment(size, forBlock: byteCount, raw: raw, seconds: seconds)
    }

    private mutating func takeSegment(_ size: Int, forBlock byteCount: Int, raw: any RawAllocator, seconds: Double) -> Bool {
        let (reserved, overflow) = statistics.reserved.addingReportingOverflow(size)
        if overflow { return false }
        if let limit, reserved > limit { return false }
        guard let address = raw.allocate(byteCount: size) else { return false }
        heap.addSegment(address: address, byteCount: size, isSmall: byteCount <= SizeClass.largestSmall)
        statistics.reserved = reserved
        statistics.segmentCount += 1
        raisePeaks()
        record(.reserve, byteCount: size, owner: "", seconds: seconds)
        return true
    }

    /// - Returns: how many bytes went back to the system.
    mutating func emptyCache(raw: any RawAllocator, seconds: Double) -> Int {
        var returned = 0
        for segment in heap.removeFreeSegments() {
            raw.deallocate(address: segment.address, byteCount: segment.byteCount)
            returned += segment.byteCount
            statistics.reserved -= segment.byteCount
            statistics.segmentCount -= 1
            record(.release, byteCount: segment.byteCount, owner: "", seconds: seconds)
        }
        return returned
    }

    mutating func outOfMemory(requested: Int, owner: String, raw: any RawAllocator, seconds: Double) -> MemoryError {
        record(.outOfMemory, byteCount: requested, owner: owner, seconds: seconds)
        return .outOfMemory(
            OutOfMemory(
                device: raw.device, requested: requested, owner: owner, statistics: statistics, limit: limit,
                capacity: raw.capacity, holders: owners))
    }

    var owners: [MemorySnapshot.Owner] {
        var totals: [String: (allocated: Int, count: Int)] = [:]
        for segment in heap.segments.compactMap({ $0 }) {
            for index in heap.blockIndices(of: segment) {
                let block = heap.blocks[index]
                guard let use = block.use else { continue }
                totals[use.owner, default: (0, 0)].allocated += block.byteCount
                totals[use.owner, default: (0, 0)].count += 1
            }
        }
        return
            totals
            .map { MemorySnapshot.Owner(name: $0.key, allocated: $0.value.allocated, blockCount: $0.value.count) }
            .sorted { ($1.allocated, $0.name) < ($0.allocated, $1.name) }
    }

    var segmentSnapshots: [MemorySnapshot.Segment] {
        heap.segments.compactMap { $0 }.sorted { $0.address < $1.address }.map { segment in
            MemorySnapshot.Segment(
                byteCount: segment.byteCount, isSmall: segment.isSmall,
                blocks: heap.blockIndices(of: segment).map { index in
                    let block = heap.blocks[index]
                    return MemorySnapshot.Block(
                        offset: Int(block.address - segment.address), byteCount: block.byteCount, owner: block.use?.owner)
                })
        }
    }

    func statisticsViolations() -> [String] {
        let segments = heap.segments.compactMap { $0 }
        let uses = segments.flatMap { heap.blockIndices(of: $0) }.map { heap.blocks[$0] }.filter { $0.use != nil }
        var found: [String] = []
        if statistics.reserved != segments.reduce(0, { $0 + $1.byteCount }) { found.append("reserved is not the segments' sum") }
        if statistics.segmentCount != segments.count { found.append("segmentCount is wrong") }
        if statistics.allocated != uses.reduce(0, { $0 + $1.byteCount }) { found.append("allocated is not the blocks' sum") }
        if statistics.requested != uses.reduce(0, { $0 + ($1.use?.requested ?? 0) }) { found.append("requested is not the requests' sum") }
        if statistics.blockCount != uses.count { found.append("blockCount is wrong") }
        if statistics.peakAllocated < statistics.allocated || statistics.peakReserved < statistics.reserved { found.append("a peak is too low") }
        return found
    }

    private mutating func raisePeaks() {
        statistics.peakAllocated = max(statistics.peakAllocated, statistics.allocated)
        statistics.peakReserved = max(statistics.peakReserved, statistics.reserved)
        for id in watches.keys { watches[id]?.raise(to: statistics) }
    }

    private mutating func record(_ kind: MemoryTimeline.Kind, byteCount: Int, owner: String, seconds: Double) {
        timeline.append(
            MemoryTimeline.Event(
                seconds: seconds, kind: kind, byteCount: byteCount, owner: owner, allocated: statistics.allocated,
                reserved: statistics.reserved))
    }
}
