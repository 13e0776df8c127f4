internal import CCellHost
internal import CellWire

extension HostSession {
    /// The C type of an entry point's address.
    func entryPoint(_ symbol: UnsafeMutableRawPointer) -> galley_entry {
        unsafeBitCast(symbol, to: galley_entry.self)
    }

    /// The error that ended the cell on this thread.
    func takeError() -> (any Error)? {
        // A value of type `any Error` is one pointer to its box, which is what the runtime hands over.
        guard let box = galley_take_error() else { return nil }
        return unsafeBitCast(box, to: (any Error).self)
    }

    /// Where the last error of this thread was thrown.
    func throwFrames() -> [WireFailure.Frame] {
        var addresses = [UInt](repeating: 0, count: 64)
        let count = galley_copy_throw_frames(&addresses, addresses.count)
        return frames(addresses.prefix(min(count, addresses.count)))
    }

    func nextFault(_ descriptor: Int32) -> (signal: Int32, frames: [WireFailure.Frame])? {
        var addresses = [UInt](repeating: 0, count: 64)
        var signal: Int32 = 0
        let count = galley_read_fault(descriptor, &signal, &addresses, addresses.count)
        guard count >= 0 else { return nil }
        return (signal, frames(addresses.prefix(min(count, addresses.count))))
    }

    private func frames(_ addresses: some Sequence<UInt>) -> [WireFailure.Frame] {
        addresses.compactMap { address in
            var name = [CChar](repeating: 0, count: 4096)
            let base = galley_find_image(address, &name, name.count)
            guard base != 0, base <= address else { return nil }
            let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
            let file = path.split(separator: "/").last.map(String.init) ?? path
            return WireFailure.Frame(image: file, offset: UInt64(address - base))
        }
    }
}
