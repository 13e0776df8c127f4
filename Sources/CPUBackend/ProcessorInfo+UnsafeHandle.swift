#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What this process may use of the processor.
enum ProcessorInfo {
    /// `GALLEY_THREADS` where it is a positive number, otherwise the cores that this process may run on.
    static var preferredThreadCount: Int {
        if let text = getenv("GALLEY_THREADS"), let count = Int(String(cString: text)), count > 0 { return count }
        return max(1, availableCores)
    }

    private static var availableCores: Int {
        #if canImport(Glibc)
            // Honours taskset and the CPU sets of containers, which the number of processors online does not.
            var set = cpu_set_t()
            if sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 {
                return withUnsafeBytes(of: set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            }
        #endif
        return sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    /// The processor's name as the system reports it.
    static var name: String {
        #if canImport(Darwin)
            var size = 0
            guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return "CPU" }
            var text = [UInt8](repeating: 0, count: size)
            guard sysctlbyname("machdep.cpu.brand_string", &text, &size, nil, 0) == 0 else { return "CPU" }
            return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        #else
            guard let file = fopen("/proc/cpuinfo", "r") else { return "CPU" }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 512)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                guard text.hasPrefix("model name") else { continue }
                guard let colon = text.firstIndex(of: ":") else { break }
                let name = text[text.index(after: colon)...]
                return name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            return "CPU"
        #endif
    }
}
