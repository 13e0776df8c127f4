internal import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

#if os(Linux)
    /// A field of what the system says of this process's memory, in bytes.
    private func memoryField(_ place: Int) -> Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let fields = String(decoding: readSome(descriptor, capacity: 256) ?? [], as: UTF8.self).split(separator: " ")
        return (place < fields.count ? Int(fields[place]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
#endif

/// Bytes of addresses that this process uses, in memory or not; 0 where that is not known.
func addressSpaceBytes() -> Int {
    #if os(Linux)
        memoryField(0)
    #else
        0
    #endif
}

/// Bytes of this process in memory.
func residentBytes() -> Int {
    #if os(Linux)
        memoryField(1)
    #else
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
    #endif
}
