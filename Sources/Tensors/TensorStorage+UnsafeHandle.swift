public import TensorMemory

/// The bytes of a tensor: a block of a device's memory, or a part of a mapped file. It keeps either alive.
public struct TensorStorage: Sendable {
    package enum Backing: Sendable {
        case block(MemoryBlock)
        case file(FileSlice)
    }

    package let backing: Backing
    /// Where the bytes start in the block; 0 for a file.
    package let byteOffset: Int
    public let byteCount: Int

    /// A whole block.
    public init(_ block: MemoryBlock) {
        backing = .block(block)
        byteOffset = 0
        byteCount = block.byteCount
    }

    /// A part of a file, which is read-only and the CPU's.
    public init(_ slice: FileSlice) {
        backing = .file(slice)
        byteOffset = 0
        byteCount = slice.byteCount
    }

    private init(backing: Backing, byteOffset: Int, byteCount: Int) {
        self.backing = backing
        self.byteOffset = byteOffset
        self.byteCount = byteCount
    }

    public var device: Device {
        switch backing {
        case .block(let block): block.device
        case .file: .cpu
        }
    }

    /// Whether the bytes are a file's, so that they count as no allocation of a device.
    public var isMapped: Bool {
        if case .file = backing { true } else { false }
    }

    /// A part of these bytes; `nil` where it is not wholly inside.
    public func slice(offset: Int, count: Int) -> TensorStorage? {
        guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else { return nil }
        switch backing {
        case .block: return TensorStorage(backing: backing, byteOffset: byteOffset + offset, byteCount: count)
        case .file(let whole): return whole.slice(offset: offset, count: count).map(TensorStorage.init)
        }
    }

    /// The address on the device.
    package var address: UInt {
        switch backing {
        case .block(let block): block.address + UInt(byteOffset)
        case .file(let slice): UInt(bitPattern: slice.bytes.baseAddress)
        }
    }

    /// The bytes, for as long as the storage lives. `nil` on any device but the CPU.
    package var hostBytes: UnsafeRawBufferPointer? {
        switch backing {
        case .block(let block):
            block.hostBytes.map { UnsafeRawBufferPointer(rebasing: $0[byteOffset..<(byteOffset + byteCount)]) }
        case .file(let slice): slice.bytes
        }
    }

    /// The bytes to write to, for as long as the storage lives. `nil` on any device but the CPU, and for a file.
    /// The caller is the only one to touch them meanwhile.
    package var mutableHostBytes: UnsafeMutableRawBufferPointer? {
        guard case .block(let block) = backing else { return nil }
        return block.hostBytes.map { UnsafeMutableRawBufferPointer(rebasing: $0[byteOffset..<(byteOffset + byteCount)]) }
    }
}
