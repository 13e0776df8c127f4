private import CUDABackend
public import TensorMemory

/// What the machine itself says of its devices: the view from outside the allocator.
///
/// On the CPU it is the system's own accounting, as `free` and `ps` print it; on an NVIDIA GPU it is NVML's, as
/// `nvidia-smi` prints it.
public struct DeviceOverview: Sendable, Hashable {
    public struct Row: Sendable, Hashable {
        public let device: Device
        /// The device's name as the system gives it.
        public let name: String
        /// Bytes in use by all processes; `nil` where the system does not say.
        public let used: Int?
        /// Bytes that the device has.
        public let total: Int?
        /// Bytes of this process that lie in the device's memory.
        public let process: Int?
        /// Bytes that the allocator has handed out.
        public let allocated: Int
        /// Bytes that the allocator holds.
        public let reserved: Int
    }

    public let rows: [Row]

    /// The devices as they are now.
    public static var current: DeviceOverview {
        DeviceOverview(rows: Memory.devices.map(row))
    }

    private static func row(_ device: Device) -> Row {
        let statistics = Memory.statistics(of: device)
        guard device == .cpu else {
            let report = gpuReport(device)
            return Row(
                device: device, name: report?.name ?? "\(device)", used: report?.memoryUsed, total: report?.memoryTotal,
                process: report?.processes.first { $0.identifier == FileSystem.processIdentifier }?.memory,
                allocated: statistics.allocated, reserved: statistics.reserved)
        }
        let fields = meminfo()
        let total = fields["MemTotal"]
        let available = fields["MemAvailable"]
        return Row(
            device: .cpu, name: processorName(), used: total.flatMap { total in available.map { total - $0 } }, total: total,
            process: residentBytes(), allocated: statistics.allocated, reserved: statistics.reserved)
    }

    /// What NVML says of a GPU that is in use; `nil` where its library is missing.
    private static func gpuReport(_ device: Device) -> DeviceTable.Row? {
        guard case .cuda(let ordinal) = device, let backend = try? GPUBackend.shared(ordinal), let table = try? deviceTable() else { return nil }
        return backend.row(in: table)
    }

    /// The fields of `/proc/meminfo` in bytes; the file counts in KiB.
    private static func meminfo() -> [String: Int] {
        var fields: [String: Int] = [:]
        for line in (FileSystem.text("/proc/meminfo") ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            if words.count >= 2, let value = Int(words[1]) { fields[String(words[0])] = value << 10 }
        }
        return fields
    }

    private static func processorName() -> String {
        let line = (FileSystem.text("/proc/cpuinfo") ?? "").split(separator: "\n").first { $0.hasPrefix("model name") }
        guard let line, let colon = line.firstIndex(of: ":") else { return "CPU" }
        return line[line.index(after: colon)...].split(separator: " ").joined(separator: " ")
    }

    /// `VmRSS` of `/proc/self/status`.
    private static func residentBytes() -> Int? {
        let line = (FileSystem.text("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
        return words.flatMap { $0.count >= 2 ? Int($0[1]) : nil }.map { $0 << 10 }
    }
}

extension DeviceOverview: CustomStringConvertible {
    /// A table with a line for each device.
    public var description: String {
        let heads = ["device", "name", "in use", "of", "this process", "allocated", "reserved"]
        let lines =
            [heads]
            + rows.map { row in
                ["\(row.device)", row.name]
                    + [row.used, row.total, row.process, row.allocated, row.reserved].map { $0.map { formatted(byteCount: $0) } ?? "–" }
            }
        let widths = heads.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
