/// Memory could not be had.
public enum MemoryError: Error, Sendable, Hashable {
    /// The device has no room left, even after the cache was emptied.
    case outOfMemory(OutOfMemory)
    /// Nothing has been set up for this device.
    case unavailableDevice(Device, reason: String)
    /// A negative size.
    case invalidByteCount(Int, owner: String)
}

/// What was asked for when memory ran out, and who held the rest.
public struct OutOfMemory: Sendable, Hashable {
    public let device: Device
    /// Bytes that were asked for.
    public let requested: Int
    /// Who asked.
    public let owner: String
    /// The allocator's figures at that moment.
    public let statistics: MemoryStatistics
    /// The limit that was set on the allocator, in bytes.
    public let limit: Int?
    /// The device's own figures, where it reports them.
    public let capacity: DeviceCapacity?
    /// Those who held memory, the largest first.
    public let holders: [MemorySnapshot.Owner]
}

extension MemoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .outOfMemory(let failure): failure.description
        case .unavailableDevice(let device, let reason): "device \(device) is not available: \(reason)"
        case .invalidByteCount(let count, let owner): "cannot allocate \(count) bytes for \(owner)"
        }
    }
}

extension OutOfMemory: CustomStringConvertible {
    public var description: String {
        var text = "out of memory on \(device): \(formatted(byteCount: requested)) were asked for by \(owner); "
        text += "\(formatted(byteCount: statistics.allocated)) are allocated, \(formatted(byteCount: statistics.reserved)) reserved"
        if let limit { text += ", the limit is \(formatted(byteCount: limit))" }
        if let capacity { text += ", the device has \(formatted(byteCount: capacity.free)) free of \(formatted(byteCount: capacity.total))" }
        for holder in holders.prefix(8) {
            text += "\n  \(holder.name): \(formatted(byteCount: holder.allocated)) in \(holder.blockCount) block\(holder.blockCount == 1 ? "" : "s")"
        }
        if holders.count > 8 { text += "\n  and \(holders.count - 8) more" }
        return text + "\n  help: free what is no longer needed, load with a smaller dtype, or shorten the context"
    }
}
