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

    /// Waits for a fault of another thread than the main one.
    func nextFault(_ descriptor: Int32) -> Fault? {
        fault { galley_read_fault(descriptor, &$0, &$1, $2) }
    }

    /// What ended the cell that ran on the main thread, where that is just told.
    func takeFault() -> Fault? {
        fault { galley_take_fault(&$0, &$1, $2) }
    }

    private func fault(_ read: (inout Int32, inout [UInt], Int) -> Int) -> Fault? {
        var addresses = [UInt](repeating: 0, count: 64)
        var signal: Int32 = 0
        let count = read(&signal, &addresses, addresses.count)
        guard count >= 0 else { return nil }
        return Fault(signal: signal, frames: frames(addresses.prefix(min(count, addresses.count))))
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
