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
        completed += min(max(0, steps), total - completed)
        draw()
    }

    /// So many of `parts` are done. Products of any totals are whole.
    private func share(of parts: Int) -> Int { total.dividingFullWidth(completed.multipliedFullWidth(by: parts)).quotient }

    private mutating func draw() {
        let thousandths = share(of: 1000)
        // Redrawn a thousand times at most, however many the steps.
        guard thousandths != shown || completed == total else { return }
        shown = thousandths
        let width = 24
        let filled = share(of: width)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let end = completed == total ? "\n" : ""
        writeAll(2, Array("\r\(title) \(bar) \(completed)/\(total)\(end)".utf8))
    }
}
