internal import CCellHost
internal import CellWire

/// The state of a host process: its connection, its images, the cell that runs.
package final class HostSession: @unchecked Sendable {
    // Sendable because what changes is used with the monitor's lock held; `pump` is set before the first
    // cell runs and never again.
    package static var current: HostSession? { SessionHolder.session }

    let monitor = Monitor()
    private let writing = Monitor()
    private let connection: Int32
    var pump: OutputPump?
    var images: [String: CellImageHandle] = [:]
    /// Why images could not be opened, by their names.
    var loadingErrors: [String: String] = [:]
    /// What the main thread is to do next, in order.
    var queue: [Work] = []
    var running: RunningCell?
    var isTainted = false
    /// A temporary folder that cells run in, with the files that travelled.
    var ownFolder: String?
    /// The running cell is being stopped wherever it is.
    var isForced = false
    var isEnding = false
    /// What ended the running cell on another thread than the main one, which has to leave it yet.
    var otherFault: Fault?
    private var waitingTask: (any CancellableTask)?
    private var waitingProcess: Int32?
    let faultPipe: (reading: Int32, writing: Int32)

    struct RunningCell {
        var cell: Int
        /// The number of the first cell of its image.
        var first: Int
        var start: Double
        /// The same moment, by what processes are told apart by.
        var processStart: UInt64
        var isInterrupted = false
        /// What it showed, in bytes and displays, and how many displays were left out for being too many.
        var shownBytes = 0
        var shown = 0
        var leftOut = 0
    }

    /// Bytes of displays that a cell may show.
    static let displayLimit = 64 << 20
    /// Displays that a cell may show: a page of more opens in no browser.
    static let displayCountLimit = 10_000

    /// What the main thread does between waiting.
    enum Work {
        case load(CellImage)
        case run(RunRequest)
    }

    /// Why a thread left a cell: a signal's number, with flags of `CCellHost`.
    struct Fault {
        var signal: Int32
        var frames: [WireFailure.Frame]
    }

    init?(connection: Int32) {
        guard let faultPipe = makePipe() else { return nil }
        self.connection = connection
        self.faultPipe = faultPipe
    }

    func makeCurrent() { SessionHolder.session = self }

    func send(_ event: HostEvent) {
        let frame = FrameReader.frame(event.encoded)
        writing.locked { _ = writeAll(connection, frame) }
    }

    func sendPreamble() { writing.locked { _ = writeAll(connection, hostPreamble) } }

    /// Sends a display in its place among the streams.
    func show(_ display: WireDisplay) {
        // Those that are left out do not wait for what was printed.
        let isFull = monitor.locked {
            guard let cell = running, cell.shown >= Self.displayCountLimit else { return false }
            running?.leftOut += 1
            return true
        }
        if isFull { return }
        galley_flush_streams()
        pump?.fence()
        let byteCount = display.representations.reduce(0) { $0 + $1.bytes.count }
        let shown = monitor.locked { () -> Int? in
            let sum = (running?.shownBytes ?? 0) + byteCount
            if sum > Self.displayLimit {
                running?.leftOut += 1
                return nil
            }
            running?.shownBytes = sum
            running?.shown += 1
            return running?.cell
        }
        guard let cell = shown else { return }
        send(.display(cell: cell, display))
    }

    /// Ends the running cell of an image that holds several, and begins the one that is `next` places after the first.
    func cross(into next: Int) {
        guard let ending = monitor.locked({ running }) else { return }
        finish(ending)
        begin(ending.first + next, first: ending.first)
    }

    func begin(_ cell: Int, first: Int) {
        pump?.begin(cell: cell)
        // Before anybody is told: an interrupt may come at once.
        monitor.locked { running = RunningCell(cell: cell, first: first, start: secondsNow(), processStart: galley_process_start_clock()) }
        send(.started(cell: cell))
    }

    /// Sends what the cell still has to say, and its end.
    func finish(_ cell: RunningCell, failure: WireFailure? = nil) {
        let end = secondsNow()
        galley_flush_streams()
        pump?.fence()
        pump?.finish()
        if cell.leftOut > 0 {
            let what = cell.leftOut == 1 ? "1 display was" : "\(cell.leftOut) displays were"
            let note = "\(what) left out: a cell may show \(Self.displayLimit >> 20) MB, in \(Self.displayCountLimit) displays\n"
            send(.output(cell: cell.cell, .standardError, Array(note.utf8)))
        }
        if let failure { send(.failed(cell: cell.cell, failure)) }
        send(
            .ended(
                cell: cell.cell,
                CellUsage(
                    duration: end - cell.start, residentBytes: residentBytes(), isTainted: monitor.locked { isTainted })))
    }

    func waiting(for task: any CancellableTask) {
        monitor.locked { waitingTask = task }
    }

    func waitingEnded() {
        monitor.locked { waitingTask = nil }
    }

    func waiting(forProcess process: Int32?) {
        monitor.locked { waitingProcess = process }
    }

    /// The cell that waited was left.
    func forgetWaiting() {
        monitor.locked { (waitingTask, waitingProcess) = (nil, nil) }
    }

    var waitedFor: (task: (any CancellableTask)?, process: Int32?) {
        monitor.locked { (waitingTask, waitingProcess) }
    }
}

/// A task whose types do not matter.
protocol CancellableTask: Sendable {
    func cancel()
}

extension Task: CancellableTask {}

private enum SessionHolder {
    // Set once, before the first cell's thread starts.
    nonisolated(unsafe) static var session: HostSession?
}

/// A loaded image.
struct CellImageHandle: @unchecked Sendable {
    // Sendable because the dynamic linker's handles may be used from any thread.
    let handle: UnsafeMutableRawPointer
}
