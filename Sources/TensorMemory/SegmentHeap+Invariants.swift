extension SegmentHeap {
    /// What is wrong with the bookkeeping; empty when all is well. For tests.
    ///
    /// - Complexity: O(*n* log *n*) in the number of blocks.
    func violations() -> [String] {
        var found: [String] = []
        var freeBlocks: Set<Int> = []
        for (number, segment) in segments.enumerated() {
            guard let segment else { continue }
            var address = segment.address
            var previous = -1
            var previousIsFree = false
            for index in blockIndices(of: segment) {
                let block = blocks[index]
                if block.address != address { found.append("block \(index) leaves a gap or overlaps") }
                if block.byteCount <= 0 || block.byteCount % SizeClass.minimumBlock != 0 {
                    found.append("block \(index) has \(block.byteCount) bytes")
                }
                if block.segment != number { found.append("block \(index) names another segment") }
                if block.previous != previous { found.append("block \(index) has a wrong neighbour") }
                if block.use == nil {
                    if previousIsFree { found.append("block \(index) was not joined with its free neighbour") }
                    freeBlocks.insert(index)
                } else if let use = block.use, use.requested > block.byteCount {
                    found.append("block \(index) is smaller than its request")
                }
                address += UInt(max(block.byteCount, 0))
                previous = index
                previousIsFree = block.use == nil
            }
            if address != segment.address + UInt(segment.byteCount) { found.append("segment \(number) is not filled by its blocks") }
        }
        for list in [freeSmall, freeLarge] where list.entries != list.entries.sorted() { found.append("a free list is out of order") }
        let listed = (freeSmall.entries + freeLarge.entries).map(\.block)
        if Set(listed) != freeBlocks || listed.count != freeBlocks.count { found.append("the free lists are not the free blocks") }
        let ranges = segments.compactMap { $0 }.sorted { $0.address < $1.address }
        for (left, right) in zip(ranges, ranges.dropFirst()) where left.address + UInt(left.byteCount) > right.address {
            found.append("two segments overlap")
        }
        return found
    }
}
