/// What an allocator held at one moment.
public struct MemorySnapshot: Sendable, Hashable {
    /// The memory of one owner.
    public struct Owner: Sendable, Hashable {
        public let name: String
        /// Bytes in use, rounded as allocated.
        public let allocated: Int
        public let blockCount: Int
    }

    /// A piece of memory taken from the system.
    public struct Segment: Sendable, Hashable {
        public let byteCount: Int
        public let isSmall: Bool
        /// In the order of their addresses; together they fill the segment.
        public let blocks: [Block]
    }

    /// A part of a segment.
    public struct Block: Sendable, Hashable {
        /// The distance from the segment's start, in bytes.
        public let offset: Int
        public let byteCount: Int
        /// `nil` where the block is free.
        public let owner: String?
    }

    public let device: Device
    public let statistics: MemoryStatistics
    /// The largest first.
    public let owners: [Owner]
    public let segments: [Segment]
}

extension MemorySnapshot: CustomStringConvertible {
    /// A line for the device and one for each owner.
    public var description: String {
        let lines = owners.map { "  \($0.name): \(formatted(byteCount: $0.allocated)) in \($0.blockCount) blocks" }
        return (["\(device): \(statistics)"] + lines).joined(separator: "\n")
    }
}
