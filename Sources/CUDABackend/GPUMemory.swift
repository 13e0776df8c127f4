package import TensorMemory

/// A GPU's memory as its driver hands it out, for ``CachingAllocator`` to divide.
package struct GPUMemory: RawAllocator {
    let context: GPUContext

    package init(_ context: GPUContext) {
        self.context = context
    }

    package var device: Device { .cuda(context.ordinal) }

    /// The driver maps memory in pieces of this size; smaller segments would waste the rest.
    package var granularity: Int { 2 << 20 }

    package var capacity: DeviceCapacity? {
        guard let memory = try? context.memory() else { return nil }
        return DeviceCapacity(total: memory.total, free: memory.free)
    }

    package func allocate(byteCount: Int) -> UInt? { context.allocate(byteCount: byteCount) }

    package func deallocate(address: UInt, byteCount: Int) { context.deallocate(address: address) }
}
