/// Page-locked bytes that are filled by the host and then on their way to the device.
struct UploadBuffer {
    private let start: UnsafeMutableRawPointer
    private let event: GPUEvent
    private var isUnderWay = false

    init(_ start: UnsafeMutableRawPointer, _ context: GPUContext) throws(CUDAFailure) {
        self.start = start
        event = try context.makeEvent()
    }

    /// Fills the buffer when what it held has arrived, and sends its first bytes to `address`.
    mutating func send(_ byteCount: Int, to address: UInt64, _ context: GPUContext, fill: (UnsafeMutableRawPointer) -> Void) throws(CUDAFailure) {
        if isUnderWay { try context.wait(for: event) }
        fill(start)
        try context.copy(from: start, to: address, byteCount: byteCount)
        try context.record(event)
        isUnderWay = true
    }
}
