public import CellRuntime
public import Inference
private import TensorMemory

extension DeviceOverview: Displayable {
    public var displayRepresentations: [DisplayRepresentation] {
        let table = Table(
            columns: ["device", "name", "in use", "of", "this process", "allocated", "reserved"],
            rows: rows.map { row in
                let sizes = [row.used, row.total, row.process, row.allocated, row.reserved]
                return ["\(row.device)", row.name] + sizes.map { $0.map { formatted(byteCount: $0) } ?? "–" }
            })
        return table.displayRepresentations
    }
}
