import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HostEnvironment {
    /// The machine that this process runs on.
    static var current: HostEnvironment {
        HostEnvironment(
            system: systemName(), cpu: processorName(), coreCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            gpus: graphicsProcessors())
    }

    private static func systemName() -> String {
        var name = utsname()
        uname(&name)
        let machine = text(of: name.machine)
        #if os(Linux)
            let release = field("PRETTY_NAME", in: content("/etc/os-release"), separator: "=")
            return "\(release ?? "Linux \(text(of: name.release))"), \(machine)"
        #else
            return "\(text(of: name.sysname)) \(text(of: name.release)), \(machine)"
        #endif
    }

    private static func processorName() -> String {
        #if os(Linux)
            return field("model name", in: content("/proc/cpuinfo"), separator: ":") ?? "unknown processor"
        #else
            var length = 0
            sysctlbyname("machdep.cpu.brand_string", nil, &length, nil, 0)
            var bytes = [CChar](repeating: 0, count: length + 1)
            sysctlbyname("machdep.cpu.brand_string", &bytes, &length, nil, 0)
            return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        #endif
    }

    /// What NVIDIA's driver lists, with its version; no library of it is opened.
    private static func graphicsProcessors() -> [String] {
        let root = "/proc/driver/nvidia"
        guard let folder = opendir(root + "/gpus") else { return [] }
        defer { closedir(folder) }
        let words = content(root + "/version").split(whereSeparator: \.isWhitespace)
        let version = words.first { $0.first?.isNumber == true && $0.contains(".") }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = text(of: entry.pointee.d_name)
            guard !name.hasPrefix(".") else { continue }
            let model = field("Model", in: content("\(root)/gpus/\(name)/information"), separator: ":") ?? "NVIDIA GPU"
            names.append(version.map { "\(model) (driver \($0))" } ?? model)
        }
        return names.sorted()
    }

    private static func content(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return String(decoding: readSome(descriptor) ?? [], as: UTF8.self)
    }

    private static func field(_ name: String, in text: String, separator: Character) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            guard let index = line.firstIndex(of: separator) else { continue }
            var value = line[line.index(after: index)...]
            while let first = value.first, first.isWhitespace || first == "\"" { value.removeFirst() }
            while let last = value.last, last.isWhitespace || last == "\"" { value.removeLast() }
            return String(value)
        }
        return nil
    }

    private static func text<Tuple>(of tuple: Tuple) -> String {
        withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
