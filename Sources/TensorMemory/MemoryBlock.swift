/// Where memory comes from: one for each device.
public protocol MemoryAllocator: AnyObject, Sendable {
    var device: Device { get }

    /// A block of `byteCount` bytes, aligned to 512; its content is undefined.
    ///
    /// - Parameter owner: who needs it, for snapshots and for the message when memory runs out, such as
    ///   `weights` or `KV cache`.
    func allocate(byteCount: Int, owner: String) throws(MemoryError) -> MemoryBlock

    /// Takes a block back. Called once for each block, by the block itself.
    func release(_ token: MemoryBlock.Token)
}

/// A piece of a device's memory. It goes back to its allocator when the last reference to it goes.
///
/// The bytes themselves are not guarded: whoever shares a block keeps writers apart.
public final class MemoryBlock: Sendable {
    /// What an allocator knows a block by.
    public struct Token: Sendable, Hashable {
        package let index: Int

        package init(index: Int) {
            self.index = index
        }
    }

    public let device: Device
    /// The bytes that were asked for.
    public let byteCount: Int
    public let owner: String
    /// The address on the device, which is a pointer of this process only on the CPU.
    package let address: UInt
    private let token: Token
    private let allocator: any MemoryAllocator

    package init(allocator: any MemoryAllocator, token: Token, address: UInt, byteCount: Int, owner: String) {
        device = allocator.device
        self.allocator = allocator
        self.token = token
        self.address = address
        self.byteCount = byteCount
        self.owner = owner
    }

    deinit { allocator.release(token) }
}
