private import Synchronization

/// The memory of every device in use: its allocator, its figures, its cache.
///
/// The CPU is always there; a backend adds its devices when it opens them.
public enum Memory {
    private static let cpu = CachingAllocator(SystemMemory())
    private static let others = Mutex<[Device: CachingAllocator]>([:])

    /// The allocator of a device.
    ///
    /// - Throws: ``MemoryError/unavailableDevice(_:reason:)`` where no backend has opened the device.
    public static func allocator(for device: Device) throws(MemoryError) -> CachingAllocator {
        if device == .cpu { return cpu }
        guard let allocator = others.withLock({ $0[device] }) else {
            throw .unavailableDevice(device, reason: "no backend has opened it; the CPU is always there (device: .cpu)")
        }
        return allocator
    }

    /// Adds a device; the first allocator of a device stays.
    ///
    /// - Returns: the device's allocator from now on.
    @discardableResult
    package static func register(_ allocator: CachingAllocator) -> CachingAllocator {
        if allocator.device == .cpu { return cpu }
        return others.withLock { others in
            if let earlier = others[allocator.device] { return earlier }
            others[allocator.device] = allocator
            return allocator
        }
    }

    /// The CPU and the devices that a backend has opened, in order.
    public static var devices: [Device] {
        [.cpu] + others.withLock { $0.keys.sorted() }
    }

    /// The figures of a device; all zero where nothing has opened it.
    public static func statistics(of device: Device) -> MemoryStatistics {
        (try? allocator(for: device))?.statistics ?? MemoryStatistics()
    }

    /// Starts a device's peaks anew from what is in use now.
    public static func resetPeak(of device: Device) { (try? allocator(for: device))?.resetPeak() }

    /// Returns to the system what a device keeps for reuse.
    public static func emptyCache(of device: Device) { (try? allocator(for: device))?.emptyCache() }

    /// What a device holds now, by owner.
    public static func snapshot(of device: Device) -> MemorySnapshot {
        (try? allocator(for: device))?.snapshot
            ?? MemorySnapshot(device: device, statistics: MemoryStatistics(), owners: [], segments: [])
    }

    /// What a device's allocator did, as far back as it remembers.
    public static func timeline(of device: Device) -> MemoryTimeline {
        (try? allocator(for: device))?.timeline ?? MemoryTimeline(device: device, events: [], droppedEventCount: 0)
    }
}
