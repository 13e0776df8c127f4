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
        // Honours taskset and the CPU sets of containers, which the number of processors online does not.
        if let mask = firstLine(of: "/proc/self/status", startingWith: "Cpus_allowed:") {
            let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
            if count > 0 { return count }
        }
        return sysconf(Int32(_SC_NPROCESSORS_ONLN))
    }

    /// What follows `prefix` on the first line that starts with it.
    private static func firstLine(of path: String, startingWith prefix: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
            if text.hasPrefix(prefix) { return String(text.dropFirst(prefix.count)) }
        }
        return nil
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
            if let name = processorField("model name") { return name }
            // On Arm there are numbers only.
            guard let implementer = processorField("CPU implementer"), let part = processorField("CPU part") else { return "CPU" }
            return armParts[implementer + part] ?? "Arm processor \(implementer) \(part)"
        #endif
    }

    #if !canImport(Darwin)
        /// Names by implementer and part of the register MIDR, as Arm's reference manuals list them.
        private static let armParts = [
            "0x410xd03": "Arm Cortex-A53", "0x410xd07": "Arm Cortex-A57", "0x410xd08": "Arm Cortex-A72", "0x410xd0b": "Arm Cortex-A76",
            "0x410xd0c": "Arm Neoverse-N1", "0x410xd40": "Arm Neoverse-V1", "0x410xd49": "Arm Neoverse-N2", "0x410xd4f": "Arm Neoverse-V2",
        ]

        /// What /proc/cpuinfo says of the first processor.
        private static func processorField(_ name: String) -> String? {
            guard let line = firstLine(of: "/proc/cpuinfo", startingWith: name), let colon = line.firstIndex(of: ":") else { return nil }
            return line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    #endif
}
