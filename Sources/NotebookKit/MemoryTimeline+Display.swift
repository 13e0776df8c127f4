public import CellRuntime
public import Charts
public import TensorMemory

extension MemoryTimeline {
    /// Allocated and reserved bytes over the process's time, at no more than 200 moments: of each stretch the one at
    /// which most was allocated, so that no peak is lost.
    public var chart: Chart {
        let stretch = max(1, (events.count + 199) / 200)
        let shown = stride(from: 0, to: events.count, by: stretch).compactMap { start in
            events[start..<min(start + stretch, events.count)].max { $0.allocated < $1.allocated }
        }
        let seconds = shown.map(\.seconds)
        return Chart("Memory of \(device)", x: ChartAxis("time", unit: .other("s")), y: ChartAxis("memory", unit: .bytes))
            .area(x: seconds, y: shown.map(\.allocated), name: "allocated")
            .line(x: seconds, y: shown.map(\.reserved), name: "reserved")
    }
}

extension MemoryTimeline: Displayable {
    public var displayRepresentations: [DisplayRepresentation] { chart.displayRepresentations }
}
