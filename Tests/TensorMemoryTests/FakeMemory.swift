import Synchronization
import TensorMemory

/// A device of addresses without memory behind them: it counts what it gave and gets back, and refuses past
/// its size.
final class FakeMemory: RawAllocator {
    let device: Device
    let granularity: Int
    private let size: Int
    private let state = Mutex<(next: UInt, held: [UInt: Int])>((next: 1 << 32, held: [:]))

    init(device: Device = .cuda(7), size: Int = 1 << 40, granularity: Int = 4096) {
        self.device = device
        self.size = size
        self.granularity = granularity
    }

    var held: Int { state.withLock { $0.held.values.reduce(0, +) } }

    var capacity: DeviceCapacity? { DeviceCapacity(total: size, free: size - held) }

    func allocate(byteCount: Int) -> UInt? {
        state.withLock { state in
            guard state.held.values.reduce(0, +) + byteCount <= size else { return nil }
            let address = state.next
            state.next += UInt(byteCount)
            state.held[address] = byteCount
            return address
        }
    }

    func deallocate(address: UInt, byteCount: Int) {
        state.withLock { state in
            precondition(state.held.removeValue(forKey: address) == byteCount, "a segment came back that was not given")
        }
    }
}
