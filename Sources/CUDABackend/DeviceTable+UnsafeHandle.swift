private import CCUDAShim

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension DeviceTable {
    /// Asks NVIDIA's management library, which needs no context on any device.
    ///
    /// - Parameter library: NVML's library; the environment variable `GALLEY_NVML_LIBRARY`, or else
    ///   `libnvidia-ml.so.1` where `nil`.
    package static func read(library: String?) throws(CUDAFailure) -> DeviceTable {
        let path = library ?? getenv("GALLEY_NVML_LIBRARY").map { String(cString: $0) }
        var opened: OpaquePointer?
        try check(path.map { path in path.withCString { ccuda_nvml_open($0, &opened) } } ?? ccuda_nvml_open(nil, &opened))
        guard let nvml = opened else { return DeviceTable(driverVersion: "", cudaVersion: 0, devices: []) }
        var driver = [CChar](repeating: 0, count: 96)
        var cuda: Int32 = 0
        try check(ccuda_nvml_versions(nvml, &driver, UInt32(driver.count), &cuda))
        var count: UInt32 = 0
        try check(ccuda_nvml_device_count(nvml, &count))
        var devices: [Row] = []
        for index in 0..<count {
            var report = ccuda_device_report()
            try check(ccuda_nvml_report(nvml, index, &report))
            var processes = [ccuda_process_report](repeating: ccuda_process_report(pid: 0, memory: -1), count: 64)
            var processCount = UInt32(processes.count)
            // Inside many containers the driver does not say which processes there are.
            if ccuda_nvml_processes(nvml, index, &processes, &processCount).status != CCUDA_OK { processCount = 0 }
            func known(_ value: Int32) -> Int? { value < 0 ? nil : Int(value) }
            func known(_ value: Int64) -> Int? { value < 0 ? nil : Int(value) }
            devices.append(
                Row(
                    index: Int(index), name: withUnsafeBytes(of: report.name, text), busIdentifier: withUnsafeBytes(of: report.bus_id, text),
                    temperature: known(report.temperature), fan: known(report.fan), performanceState: known(report.performance_state),
                    power: known(report.power), powerLimit: known(report.power_limit), memoryUsed: Int(report.memory_used),
                    memoryTotal: Int(report.memory_total),
                    utilization: known(report.utilization), persistence: known(report.persistence).map { $0 != 0 },
                    displayActive: known(report.display_active).map { $0 != 0 }, computeMode: known(report.compute_mode),
                    multiInstance: known(report.mig_mode).map { $0 != 0 }, uncorrectedErrors: known(report.ecc_errors),
                    processes: processes.prefix(Int(min(processCount, 64))).map { Process(identifier: Int($0.pid), memory: known($0.memory)) }))
        }
        return DeviceTable(driverVersion: driver.withUnsafeBytes(text), cudaVersion: Int(cuda), devices: devices)
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    private static func check(_ result: ccuda_result) throws(CUDAFailure) {
        guard result.status != CCUDA_OK else { return }
        var text = [CChar](repeating: 0, count: 512)
        let length = ccuda_describe(nil, result, &text, text.count)
        throw CUDAFailure(
            kind: CUDAFailure.Kind(rawValue: result.status.rawValue) ?? .failed, operation: result.where.map { String(cString: $0) } ?? "",
            description: String(decoding: text.prefix(length).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self))
    }
}
