/// What a piece of work did to the memory of every device.
public struct MemoryReport: Sendable, Hashable {
    public struct DeviceUse: Sendable, Hashable {
        public let device: Device
        /// Bytes in use before and after.
        public let allocatedBefore: Int
        public let allocatedAfter: Int
        /// The most bytes in use and reserved at any moment in between.
        public let peakAllocated: Int
        public let peakReserved: Int
        /// Allocations made meanwhile, by anyone.
        public let allocationCount: Int

        /// Bytes in use more than before.
        public var growth: Int { allocatedAfter - allocatedBefore }
    }

    /// The CPU first; devices opened meanwhile included.
    public let devices: [DeviceUse]
    public let duration: Duration

    public subscript(device: Device) -> DeviceUse? { devices.first { $0.device == device } }
}

extension MemoryReport: CustomStringConvertible {
    /// A line for each device.
    public var description: String {
        devices.map { use in
            let sign = use.growth < 0 ? "" : "+"
            return "\(use.device): \(formatted(byteCount: use.allocatedAfter)) allocated (\(sign)\(formatted(byteCount: use.growth))), "
                + "peak \(formatted(byteCount: use.peakAllocated)), \(use.allocationCount) allocations"
        }.joined(separator: "\n")
    }
}

/// Runs `body` and says what it did to memory. The peaks of ``Memory/statistics(of:)`` are left alone.
///
///     let (model, report) = try withMemoryReport { try Model(…) }
public func withMemoryReport<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
) throws(Failure) -> (value: Value, report: MemoryReport) {
    let watch = MemoryWatch()
    defer { watch.end() }
    let value = try body()
    return (value, watch.report())
}

/// Runs asynchronous work and says what it did to memory.
public func withMemoryReport<Value, Failure: Error>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws(Failure) -> Value
) async throws(Failure) -> (value: Value, report: MemoryReport) {
    let watch = MemoryWatch()
    defer { watch.end() }
    let value = try await body()
    return (value, watch.report())
}

/// The highest figures since a watch began.
struct Peaks: Sendable {
    var allocated: Int
    var reserved: Int

    mutating func raise(to statistics: MemoryStatistics) {
        allocated = max(allocated, statistics.allocated)
        reserved = max(reserved, statistics.reserved)
    }
}

extension CachingAllocator {
    /// Follows the peaks from now on, until ``endWatch(_:)``.
    func beginWatch() -> (id: Int, statistics: MemoryStatistics) {
        withState { state in
            let id = state.nextWatch
            state.nextWatch += 1
            state.watches[id] = Peaks(allocated: state.statistics.allocated, reserved: state.statistics.reserved)
            return (id, state.statistics)
        }
    }

    func peaks(of watch: Int) -> Peaks? { withState { $0.watches[watch] } }

    func endWatch(_ watch: Int) { withState { $0.watches[watch] = nil } }
}

/// One report under way.
private struct MemoryWatch {
    private let start = ContinuousClock.now
    private let watched: [(allocator: CachingAllocator, id: Int, before: MemoryStatistics)]

    init() {
        watched = Memory.devices.compactMap { try? Memory.allocator(for: $0) }.map { allocator in
            let (id, before) = allocator.beginWatch()
            return (allocator, id, before)
        }
    }

    func end() {
        for entry in watched { entry.allocator.endWatch(entry.id) }
    }

    func report() -> MemoryReport {
        let duration = start.duration(to: .now)
        var uses = watched.map { entry in
            use(of: entry.allocator, before: entry.before, peaks: entry.allocator.peaks(of: entry.id))
        }
        for device in Memory.devices where !uses.contains(where: { $0.device == device }) {
            if let allocator = try? Memory.allocator(for: device) { uses.append(use(of: allocator, before: MemoryStatistics(), peaks: nil)) }
        }
        return MemoryReport(devices: uses, duration: duration)
    }

    private func use(of allocator: CachingAllocator, before: MemoryStatistics, peaks: Peaks?) -> MemoryReport.DeviceUse {
        let after = allocator.statistics
        return MemoryReport.DeviceUse(
            device: allocator.device, allocatedBefore: before.allocated, allocatedAfter: after.allocated,
            peakAllocated: peaks?.allocated ?? after.peakAllocated, peakReserved: peaks?.reserved ?? after.peakReserved,
            allocationCount: after.allocationCount - before.allocationCount)
    }
}
