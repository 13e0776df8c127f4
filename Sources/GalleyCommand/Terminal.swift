private import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Standard error as people see it: one line that is written over while things run, on a terminal; plain lines when
/// piped. What is asked for, such as a plan, goes to standard output.
final class Terminal: Sendable {
    /// Whether progress is left out and only diagnostics are written.
    let isQuiet: Bool
    private let isInteractive: Bool
    /// Whether nothing is shown, and lines are kept for later.
    private let isDeferred: Bool
    /// Whether a progress line stands on the terminal.
    private let hasProgressLine = Mutex(false)
    /// The lines that stay, while they are kept.
    private let kept = Mutex<[String]?>(nil)

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isDeferred = false
        isInteractive = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    private init() {
        (isQuiet, isInteractive, isDeferred) = (true, false, true)
        keepLines()
    }

    /// One that keeps its lines for ``showKept(of:)`` of another, so that what is found at the same time is told in order.
    static func deferred() -> Terminal { Terminal() }

    func showKept(of other: Terminal) {
        for text in other.keptLines { line(text) }
    }

    /// Keeps the lines that stay from now on.
    func keepLines() { kept.withLock { $0 = [] } }

    /// The lines since ``keepLines()``, notes left out.
    var keptLines: [String] { kept.withLock { $0 ?? [] } }

    /// A line that stays.
    func line(_ text: String) {
        kept.withLock { $0?.append(text) }
        if !isDeferred { show(text) }
    }

    private func show(_ text: String) {
        hasProgressLine.withLock { hasLine in
            Self.put((hasLine ? "\r\u{1B}[K" : "") + text + "\n")
            hasLine = false
        }
    }

    /// A line that stays unless the command is quiet.
    func note(_ text: String) {
        if !isQuiet { show(text) }
    }

    /// What is going on now: replaces the line before it on a terminal, and is left out when piped.
    func progress(_ text: String) {
        guard isInteractive, !isQuiet else { return }
        hasProgressLine.withLock { hasLine in
            Self.put("\r\u{1B}[K" + text)
            hasLine = true
        }
    }

    /// Takes the progress line away.
    func clearProgress() {
        hasProgressLine.withLock { hasLine in
            if hasLine { Self.put("\r\u{1B}[K") }
            hasLine = false
        }
    }

    private static func put(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Seconds as people read them: `0.08 s`, `1.3 s`, `2 min 05 s`.
func formatted(seconds: Double) -> String {
    guard seconds >= 0, seconds < 1e9 else { return "an unknown time" }
    if seconds < 60 {
        let digits = seconds < 1 ? 100.0 : 10.0
        return "\((seconds * digits).rounded() / digits) s"
    }
    let whole = Int(seconds.rounded())
    let rest = whole % 60
    return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
}
