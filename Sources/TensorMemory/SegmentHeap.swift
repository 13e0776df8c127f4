/// Segments of memory divided into blocks: which bytes are in use and which are free to hand out.
///
/// Pure bookkeeping over addresses. Blocks of one segment form a list in the order of their addresses; no
/// two free blocks are neighbours. A block handed out is known by its index until it is released.
struct SegmentHeap: Sendable {
    struct Block: Sendable {
        var address: UInt
        var byteCount: Int
        var segment: Int
        /// Neighbours in the segment; -1 at its ends.
        var previous: Int
        var next: Int
        /// `nil` while the block is free.
        var use: Use?
    }

    struct Use: Sendable {
        var requested: Int
        var owner: String
    }

    struct Segment: Sendable {
        let address: UInt
        let byteCount: Int
        let isSmall: Bool
        var firstBlock: Int
    }

    private(set) var blocks: [Block] = []
    private var unusedBlocks: [Int] = []
    private(set) var segments: [Segment?] = []
    private var unusedSegments: [Int] = []
    private(set) var freeSmall = FreeList()
    private(set) var freeLarge = FreeList()

    /// Hands out a free block of `byteCount` bytes (whole blocks), the smallest that fits, and keeps what is
    /// left over free. `nil` when no free block is large enough.
    ///
    /// PyTorch leaves up to a MiB of a large block undivided; here the rest always stays free, so that
    /// what is reported for weights is what they take.
    /// - Complexity: O(log *f*) to find and O(*f*) to remove, in the number of free blocks.
    mutating func take(byteCount: Int, use: Use) -> Int? {
        let isSmall = byteCount <= SizeClass.largestSmall
        guard let entry = isSmall ? freeSmall.removeSmallest(atLeast: byteCount) : freeLarge.removeSmallest(atLeast: byteCount)
        else { return nil }
        let index = entry.block
        let rest = blocks[index].byteCount - byteCount
        if rest >= SizeClass.minimumBlock {
            let next = blocks[index].next
            let remainder = insertBlock(
                Block(
                    address: blocks[index].address + UInt(byteCount), byteCount: rest, segment: blocks[index].segment,
                    previous: index, next: next, use: nil))
            if next >= 0 { blocks[next].previous = remainder }
            blocks[index].next = remainder
            blocks[index].byteCount = byteCount
            addToFreeList(remainder)
        }
        blocks[index].use = use
        return index
    }

    /// Adds a segment as one free block.
    mutating func addSegment(address: UInt, byteCount: Int, isSmall: Bool) {
        let segment = unusedSegments.popLast() ?? segments.count
        let block = insertBlock(Block(address: address, byteCount: byteCount, segment: segment, previous: -1, next: -1, use: nil))
        let value = Segment(address: address, byteCount: byteCount, isSmall: isSmall, firstBlock: block)
        if segment == segments.count { segments.append(value) } else { segments[segment] = value }
        addToFreeList(block)
    }

    /// Makes a block free and joins it with free neighbours.
    mutating func release(_ index: Int) {
        var index = index
        blocks[index].use = nil
        let next = blocks[index].next
        if next >= 0, blocks[next].use == nil {
            removeFromFreeList(next)
            join(index, next)
        }
        let previous = blocks[index].previous
        if previous >= 0, blocks[previous].use == nil {
            removeFromFreeList(previous)
            join(previous, index)
            index = previous
        }
        addToFreeList(index)
    }

    /// Forgets the segments that are wholly free and returns them.
    mutating func removeFreeSegments() -> [Segment] {
        var removed: [Segment] = []
        for (index, segment) in segments.enumerated() {
            guard let segment else { continue }
            let block = segment.firstBlock
            guard blocks[block].use == nil, blocks[block].byteCount == segment.byteCount else { continue }
            removeFromFreeList(block)
            unusedBlocks.append(block)
            segments[index] = nil
            unusedSegments.append(index)
            removed.append(segment)
        }
        return removed
    }

    /// The indices of a segment's blocks, in the order of their addresses.
    func blockIndices(of segment: Segment) -> [Int] {
        var indices: [Int] = []
        var index = segment.firstBlock
        while index >= 0 {
            indices.append(index)
            index = blocks[index].next
        }
        return indices
    }

    private mutating func insertBlock(_ block: Block) -> Int {
        if let index = unusedBlocks.popLast() {
            blocks[index] = block
            return index
        }
        blocks.append(block)
        return blocks.count - 1
    }

    private mutating func join(_ index: Int, _ next: Int) {
        blocks[index].byteCount += blocks[next].byteCount
        blocks[index].next = blocks[next].next
        if blocks[next].next >= 0 { blocks[blocks[next].next].previous = index }
        unusedBlocks.append(next)
    }

    private mutating func addToFreeList(_ index: Int) {
        let entry = FreeList.Entry(byteCount: blocks[index].byteCount, address: blocks[index].address, block: index)
        if isSmall(index) { freeSmall.insert(entry) } else { freeLarge.insert(entry) }
    }

    private mutating func removeFromFreeList(_ index: Int) {
        let entry = FreeList.Entry(byteCount: blocks[index].byteCount, address: blocks[index].address, block: index)
        if isSmall(index) { freeSmall.remove(entry) } else { freeLarge.remove(entry) }
    }

    private func isSmall(_ index: Int) -> Bool { segments[blocks[index].segment]?.isSmall ?? false }
}

/// Free blocks by size, then by address, so that the best fit is the first that is large enough.
struct FreeList: Sendable {
    struct Entry: Sendable, Hashable, Comparable {
        let byteCount: Int
        let address: UInt
        let block: Int

        static func < (left: Entry, right: Entry) -> Bool {
            (left.byteCount, left.address) < (right.byteCount, right.address)
        }
    }

    private(set) var entries: [Entry] = []

    mutating func insert(_ entry: Entry) { entries.insert(entry, at: firstIndex { $0 >= entry }) }

    mutating func remove(_ entry: Entry) {
        let index = firstIndex { $0 >= entry }
        precondition(index < entries.count && entries[index] == entry, "a free block is missing from its list")
        entries.remove(at: index)
    }

    mutating func removeSmallest(atLeast byteCount: Int) -> Entry? {
        let index = firstIndex { $0.byteCount >= byteCount }
        return index < entries.count ? entries.remove(at: index) : nil
    }

    private func firstIndex(where matches: (Entry) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if matches(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
