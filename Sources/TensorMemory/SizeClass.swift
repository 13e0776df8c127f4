/// The sizes in which PyTorch's caching allocator deals
/// (https://github.com/pytorch/pytorch/blob/v2.11.0/c10/core/CachingDeviceAllocator.h and
/// https://github.com/pytorch/pytorch/blob/v2.11.0/c10/cuda/CUDACachingAllocator.cpp), so that the figures
/// here compare with those that its users know.
enum SizeClass {
    /// Blocks are multiples of this.
    static let minimumBlock = 512
    /// Requests up to this size share small segments.
    static let largestSmall = 1 << 20
    static let smallSegment = 2 << 20
    /// Requests from this size on get a segment of their own size.
    static let smallestOwnSegment = 10 << 20
    /// Large requests below that share segments of this size.
    static let largeSegment = 20 << 20
    /// Segments of a request's own size are multiples of this.
    static let ownSegmentStep = 2 << 20

    /// A request rounded up to whole blocks; `nil` where the sum overflows.
    static func blockSize(_ byteCount: Int) -> Int? {
        roundUp(max(byteCount, 1), to: minimumBlock)
    }

    /// The segment to take from the system for a block; `nil` where the sum overflows.
    static func segmentSize(forBlock byteCount: Int, granularity: Int) -> Int? {
        let size: Int? =
            if byteCount <= largestSmall {
                smallSegment
            } else if byteCount < smallestOwnSegment {
                largeSegment
            } else {
                roundUp(byteCount, to: ownSegmentStep)
            }
        return size.flatMap { roundUp($0, to: granularity) }
    }

    static func roundUp(_ value: Int, to step: Int) -> Int? {
        let (sum, overflow) = value.addingReportingOverflow(step - 1)
        return overflow ? nil : sum / step * step
    }
}
