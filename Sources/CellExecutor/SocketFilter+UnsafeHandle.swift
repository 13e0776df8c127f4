internal import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The rules by which the kernel refuses calls to a sandboxed program: sockets of other kinds than the network's, of which the sandbox has
/// none of its own but loopback, and calls that lead round the rules or to what namespaces do not keep apart.
enum SocketFilter {
    static var isKnown: Bool { architecture != nil }

    /// A descriptor to read the rules from, as bubblewrap takes them; the caller closes it.
    static func descriptor() -> Int32? {
        guard let rules, let pipe = makePipe() else { return nil }
        defer { closeDescriptor(pipe.writing) }
        // Fewer bytes than any pipe holds.
        return writeAll(pipe.writing, rules) ? pipe.reading : nil
    }

    static func close(_ descriptor: Int32) { closeDescriptor(descriptor) }

    private struct Architecture {
        var audit: UInt32
        var socket: UInt32
        /// `mount`, `umount2`, `pivot_root`, `unshare`, `setns`, `ptrace`, `bpf`, `perf_event_open`, `userfaultfd`, `add_key`, `request_key`, `keyctl`.
        var refused: [UInt32]
        var hasSecondTable: Bool
    }

    private static var architecture: Architecture? {
        #if arch(x86_64) && os(Linux)
            Architecture(
                audit: 0xC000_003E, socket: 41, refused: [165, 166, 155, 272, 308, 101, 321, 298, 323, 248, 249, 250], hasSecondTable: true)
        #elseif arch(arm64) && os(Linux)
            Architecture(
                audit: 0xC000_00B7, socket: 198, refused: [40, 39, 41, 97, 268, 117, 280, 241, 282, 217, 218, 219], hasSecondTable: false)
        #else
            nil
        #endif
    }

    /// `io_uring` makes and connects sockets without the call that is watched; the newer calls for mounting have the same numbers everywhere.
    private static let refusedEverywhere: [UInt32] = [425, 426, 427, 428, 429, 430, 431, 432, 433, 442]
    /// IPv4, IPv6, and what a program asks the kernel about its own network through.
    private static let families: [UInt32] = [2, 10, 16]

    private static var rules: [UInt8]? {
        guard let architecture else { return nil }
        let (load, equal, atLeast, answer): (UInt16, UInt16, UInt16, UInt16) = (0x20, 0x15, 0x35, 0x06)
        let (allow, refuse, end): (UInt32, UInt32, UInt32) = (0x7FFF_0000, 0x0005_0000 | UInt32(EPERM), 0x8000_0000)
        var program: [(code: UInt16, isTrue: UInt8, isFalse: UInt8, value: UInt32)] = [
            (load, 0, 0, 4), (equal, 1, 0, architecture.audit), (answer, 0, 0, end), (load, 0, 0, 0),
        ]
        if architecture.hasSecondTable { program += [(atLeast, 0, 1, 0x4000_0000), (answer, 0, 0, refuse)] }
        for call in architecture.refused + refusedEverywhere { program += [(equal, 0, 1, call), (answer, 0, 0, refuse)] }
        program += [(equal, 1, 0, architecture.socket), (answer, 0, 0, allow), (load, 0, 0, 16)]
        for family in families { program += [(equal, 0, 1, family), (answer, 0, 0, allow)] }
        program.append((answer, 0, 0, refuse))
        return program.flatMap { rule in
            withUnsafeBytes(of: rule.code.littleEndian, Array.init) + [rule.isTrue, rule.isFalse]
                + withUnsafeBytes(of: rule.value.littleEndian, Array.init)
        }
    }
}

private func closeDescriptor(_ descriptor: Int32) {
    #if canImport(Glibc)
        _ = Glibc.close(descriptor)
    #else
        _ = Darwin.close(descriptor)
    #endif
}
