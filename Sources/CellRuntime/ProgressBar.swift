internal import CCellHost
internal import CellWire

/// A bar on standard error that overwrites itself; in the record only its last state is left.
public struct ProgressBar {
    public let title: String
    public let total: Int
    public private(set) var completed = 0
    private var shown = -1

    /// - Parameter total: The number of steps; at least 1.
    public init(_ title: String, total: Int) {
        self.title = title
        self.total = max(1, total)
        draw()
    }

    /// Moves on by so many steps.
    public mutating func advance(by steps: Int = 1) {
        completed = min(total, completed + max(0, steps))
        draw()
    }

    private mutating func draw() {
        let thousandths = completed * 1000 / total
        // Redrawn a thousand times at most, however many the steps.
        guard thousandths != shown || completed == total else { return }
        shown = thousandths
        let width = 24
        let filled = completed * width / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let end = completed == total ? "\n" : ""
        writeAll(2, Array("\r\(title) \(bar) \(completed)/\(total)\(end)".utf8))
    }
}
