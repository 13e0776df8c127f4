/// An allocator's figures, under the names that PyTorch's users know
/// (https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html).
public struct MemoryStatistics: Sendable, Hashable {
    /// Bytes that were asked for and are in use.
    public internal(set) var requested = 0
    /// Bytes of the blocks in use: ``requested``, each rounded up to 512.
    public internal(set) var allocated = 0
    /// Bytes taken from the system: blocks in use and blocks kept for reuse.
    public internal(set) var reserved = 0
    /// The most that ``allocated`` has been since the start or the last reset.
    public internal(set) var peakAllocated = 0
    /// The most that ``reserved`` has been since the start or the last reset.
    public internal(set) var peakReserved = 0
    /// Blocks in use.
    public internal(set) var blockCount = 0
    /// Segments taken from the system.
    public internal(set) var segmentCount = 0
    /// Allocations since the start.
    public internal(set) var allocationCount = 0
    /// Times the cache was emptied because the system refused a segment.
    public internal(set) var retryCount = 0

    package init() {}

    /// Bytes kept for reuse.
    public var cached: Int { reserved - allocated }
}

extension MemoryStatistics: CustomStringConvertible {
    public var description: String {
        """
        allocated \(formatted(byteCount: allocated)) (peak \(formatted(byteCount: peakAllocated))), \
        reserved \(formatted(byteCount: reserved)) (peak \(formatted(byteCount: peakReserved))), \
        \(blockCount) blocks, \(allocationCount) allocations
        """
    }
}
