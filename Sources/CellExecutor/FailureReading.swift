internal import CellWire
internal import ExecutionPlanner
internal import NotebookModel

/// Says in the author's terms why a cell ended early.
struct FailureReading {
    let step: ExecutionPlan.Step
    let unit: (moduleName: String, file: String)
    let symbolizer: Symbolizer
    /// Bytes that the host may take; `nil` for no limit.
    var memoryLimit: Int?

    /// - Parameter outputs: A trap's message is taken out of the cell's standard error.
    func error(_ failure: WireFailure, outputs: inout [CellOutput], stopped: CellError.Kind?, seconds: Double?) -> CellError {
        switch failure.kind {
        case .thrown:
            return CellError(
                kind: stopped ?? .thrown, name: withoutModuleNames(failure.name), message: withoutModuleNames(failure.message), line: line(failure))
        case .command:
            return CellError(kind: stopped ?? .command, name: "Shell", message: failure.message, line: line(failure))
        case .loading:
            return CellError(kind: .host, name: "Loading", message: withoutModuleNames(failure.message), line: step.cell.firstLine)
        case .interrupted:
            if stopped == .timeout {
                return CellError(kind: .timeout, name: "Timeout", message: "the cell took longer than \(Self.text(seconds))", line: line(failure))
            }
            return CellError(kind: .interrupted, name: "Interrupted", message: "the cell was interrupted", line: line(failure))
        case .trap:
            let trap = TrapMessage.take(from: &outputs, file: unit.file)
            let line = trap?.line.map { step.cell.firstLine + $0 - 1 } ?? line(failure)
            if let limit = memoryLimit, let message = trap?.message, message.contains("allocat") {
                return CellError(
                    kind: .trap, name: "Memory limit", message: "the cell needed more than the \(limit) bytes that its host may take", line: line,
                    details: [message])
            }
            let message = trap?.message ?? symbolizer.trapReason(in: unit.moduleName, of: failure.frames) ?? silentTrap(failure)
            return CellError(kind: .trap, name: failure.name, message: withoutModuleNames(message), line: line)
        }
    }

    private func line(_ failure: WireFailure) -> Int? {
        let isTrap = failure.kind == .trap && failure.name != "Exit"
        let line = symbolizer.line(in: unit.moduleName, file: unit.file, of: failure.frames, isTrap: isTrap)
        return line.map { step.cell.firstLine + $0 - 1 }
    }

    /// Traps of arithmetic print nothing; what they are is known where the symbols can be read.
    private func silentTrap(_ failure: WireFailure) -> String {
        if !failure.message.isEmpty { return failure.message }
        if let place = failure.frames.first?.image, place != "\(unit.moduleName).so", !place.hasPrefix("Cell_") {
            let known =
                place.hasPrefix("libdispatch") ? "; it does where a queue is to wait for itself, as for 'DispatchQueue.main.sync' in a cell" : ""
            return "\(place) trapped without a message\(known)"
        }
        return "the cell trapped, as Swift does on arithmetic overflow, without a message"
    }

    static func text(_ seconds: Double?) -> String {
        guard let seconds else { return "its time" }
        return seconds == seconds.rounded() && abs(seconds) < 1e15 ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
