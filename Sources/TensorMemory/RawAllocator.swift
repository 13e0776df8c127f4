/// Memory straight from a device's system, in large pieces, for ``CachingAllocator`` to divide.
public protocol RawAllocator: Sendable {
    var device: Device { get }

    /// Every segment's size is a multiple of this many bytes; a power of two.
    var granularity: Int { get }

    /// What the device has in all and has left, where it can be told.
    var capacity: DeviceCapacity? { get }

    /// Takes `byteCount` bytes, aligned to 512 at least. Their content is undefined.
    ///
    /// - Returns: the address, on the device; `nil` when the system refuses.
    func allocate(byteCount: Int) -> UInt?

    /// Gives a segment back to the system, as it was taken.
    func deallocate(address: UInt, byteCount: Int)
}

/// A device's memory in bytes.
public struct DeviceCapacity: Sendable, Hashable {
    public let total: Int
    public let free: Int

    public init(total: Int, free: Int) {
        self.total = total
        self.free = free
    }
}
