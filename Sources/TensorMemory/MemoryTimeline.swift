/// What an allocator did, in order, for as far back as it remembers.
public struct MemoryTimeline: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        /// A block was handed out or came back.
        case allocate, free
        /// A segment was taken from the system or returned to it.
        case reserve, release
        /// A request failed.
        case outOfMemory = "out of memory"
    }

    public struct Event: Sendable, Hashable {
        /// Seconds since the allocator was made.
        public let seconds: Double
        public let kind: Kind
        /// The size of the block or segment.
        public let byteCount: Int
        public let owner: String
        /// The figures after the event.
        public let allocated: Int
        public let reserved: Int
    }

    public let device: Device
    /// The oldest first.
    public let events: [Event]
    /// Older events that are no longer remembered.
    public let droppedEventCount: Int
}

/// The last events in a ring.
struct EventRing: Sendable {
    private var storage: [MemoryTimeline.Event] = []
    private var next = 0
    private(set) var droppedCount = 0
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ event: MemoryTimeline.Event) {
        if storage.count < capacity {
            storage.append(event)
        } else if capacity > 0 {
            storage[next] = event
            next = (next + 1) % capacity
            droppedCount += 1
        } else {
            droppedCount += 1
        }
    }

    var events: [MemoryTimeline.Event] { Array(storage[next...] + storage[..<next]) }
}
