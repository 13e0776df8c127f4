extension MemoryBlock {
    /// The block's bytes, for as long as the block lives. `nil` unless it is the CPU's.
    package var hostBytes: UnsafeMutableRawBufferPointer? {
        guard device == .cpu, let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        return UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
    }
}
