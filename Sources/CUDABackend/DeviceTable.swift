internal import Groundwork

/// What `nvidia-smi` prints about the machine's GPUs, from the same source.
public struct DeviceTable: Sendable, Hashable {
    /// Such as "580.159.04".
    public let driverVersion: String
    /// The newest CUDA version that the driver implements, as 1000 × major + 10 × minor.
    public let cudaVersion: Int
    public let devices: [Row]

    /// One GPU. What it does not report is `nil`.
    public struct Row: Sendable, Hashable {
        public let index: Int
        public let name: String
        public let busIdentifier: String
        /// °C.
        public let temperature: Int?
        /// Percent of full speed.
        public let fan: Int?
        /// 0 is the fastest.
        public let performanceState: Int?
        /// Milliwatts.
        public let power, powerLimit: Int?
        /// Bytes.
        public let memoryUsed, memoryTotal: Int
        /// Percent of the last sample period.
        public let utilization: Int?
        public let persistence, displayActive: Bool?
        public let computeMode: Int?
        public let multiInstance: Bool?
        /// Volatile uncorrected memory errors; `nil` where error correction is off.
        public let uncorrectedErrors: Int?
        public let processes: [Process]
    }

    /// A process that holds memory on a GPU.
    public struct Process: Sendable, Hashable {
        public let identifier: Int
        /// Bytes, where the driver says.
        public let memory: Int?
    }
}

/// The machine's GPUs as `nvidia-smi` shows them.
///
/// - Throws: ``CUDAFailure`` where there is no NVIDIA driver; its description says what to do.
public func deviceTable() throws(CUDAFailure) -> DeviceTable { try DeviceTable.read(library: nil) }

extension DeviceTable {
    private static func left(_ text: String, _ width: Int) -> String {
        text.count >= width ? String(text.prefix(width)) : text + String(repeating: " ", count: width - text.count)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        text.count >= width ? String(text.prefix(width)) : String(repeating: " ", count: width - text.count) + text
    }

    private var cuda: String { "\(cudaVersion / 1000).\(cudaVersion % 1000 / 10)" }

    /// The table in the layout of `nvidia-smi` (driver 550 and newer).
    public var text: String {
        let (a, b, c) = (41, 24, 22)
        func line(_ mark: Character, _ ends: String, _ joint: String) -> String {
            ends + String(repeating: mark, count: a) + joint + String(repeating: mark, count: b) + joint + String(repeating: mark, count: c) + ends
        }
        let whole = a + b + c + 2
        var lines = ["+" + String(repeating: "-", count: whole) + "+"]
        lines.append(
            "| " + Self.left("NVIDIA-SMI " + driverVersion, 34) + Self.left("Driver Version: " + driverVersion, 31)
                + Self.left("CUDA Version: " + cuda, whole - 66) + "|")
        lines.append(line("-", "+", "+"))
        lines.append("| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |")
        lines.append("| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |")
        lines.append("|                                         |                        |               MIG M. |")
        lines.append("|" + line("=", "", "+") + "|")
        for device in devices {
            func percent(_ value: Int?) -> String { value.map { "\($0)%" } ?? "N/A" }
            func watts(_ value: Int?) -> String { value.map { "\(($0 + 500) / 1000)W" } ?? "N/A" }
            func mebibytes(_ value: Int) -> String { "\(value >> 20)MiB" }
            func state(_ value: Bool?) -> String { value.map { $0 ? "On" : "Off" } ?? "N/A" }
            let modes = ["Default", "E. Thread", "Prohibited", "E. Process"]
            let mode = device.computeMode.flatMap { modes.indices.contains($0) ? modes[$0] : nil } ?? "N/A"
            lines.append(
                "|" + Self.right("\(device.index)", 4) + "  " + Self.left(device.name, 26) + Self.right(state(device.persistence), 7) + "  |"
                    + Self.right(device.busIdentifier, 19) + Self.right(state(device.displayActive), 4) + " |"
                    + Self.right(device.uncorrectedErrors.map { "\($0)" } ?? "N/A", 21) + " |")
            lines.append(
                "| " + Self.left(percent(device.fan), 4) + Self.right(device.temperature.map { "\($0)C" } ?? "N/A", 5) + "    "
                    + Self.left(device.performanceState.map { "P\($0)" } ?? "N/A", 3)
                    + Self.right(watts(device.power) + " / " + Self.right(watts(device.powerLimit), 5), 23) + " |"
                    + Self.right(mebibytes(device.memoryUsed), 11) + " / " + Self.right(mebibytes(device.memoryTotal), 9) + " |"
                    + Self.right(percent(device.utilization), 8) + Self.right(mode, 13) + " |")
            lines.append(
                "|" + String(repeating: " ", count: a) + "|" + String(repeating: " ", count: b) + "|"
                    + Self.right(device.multiInstance.map { $0 ? "Enabled" : "Disabled" } ?? "N/A", 21) + " |")
            lines.append(line("-", "+", "+"))
        }
        if devices.isEmpty {
            lines.append("| " + Self.left("No devices were found", whole - 1) + "|\n+" + String(repeating: "-", count: whole) + "+")
        }
        return lines.joined(separator: "\n")
    }

    /// The same figures as an HTML table.
    public var html: String {
        func cell(_ text: String?) -> String { "<td>\(text.map { escaped($0, .content) } ?? "–")</td>" }
        let titles = ["GPU", "Name", "Bus", "Temperature", "Power", "Memory", "Utilisation"].map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = devices.map { device in
            let power = device.power.map { "\(($0 + 500) / 1000) W" + (device.powerLimit.map { " of \(($0 + 500) / 1000) W" } ?? "") }
            return "<tr>" + cell("\(device.index)") + cell(device.name) + cell(device.busIdentifier) + cell(device.temperature.map { "\($0) °C" })
                + cell(power)
                + cell("\(device.memoryUsed >> 20) of \(device.memoryTotal >> 20) MiB") + cell(device.utilization.map { "\($0) %" }) + "</tr>"
        }
        return
            "<table class=\"gpu\"><caption>NVIDIA driver \(escaped(driverVersion, .content)), CUDA \(cuda)</caption><thead><tr>\(titles)</tr></thead><tbody>\(rows.joined())</tbody></table>"
    }
}
