internal import CCellHost
internal import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HostSession {
    /// Stack of the thread that cells run on: recursion as deep as in a program of its own, and more.
    static let stackSize = 256 << 20

    /// How often, 5 ms apart, a running cell is asked to stop before it is stopped wherever it is; less than the two seconds
    /// after which the executor ends the host.
    static let interruptAttempts = 240

    /// Starts a thread that runs the queue's cells until it is given up.
    ///
    /// - Returns: Whether there is a thread.
    @discardableResult
    func startCells() -> Bool {
        let mine = monitor.locked { generation }
        return startThread(stackSize: Self.stackSize) { [self] in
            while true {
                let request: RunRequest? = monitor.waiting {
                    if generation != mine || (isEnding && queue.isEmpty) { return .some(nil) }
                    return queue.isEmpty ? nil : .some(queue.removeFirst())
                }
                guard let request else { break }
                run(request)
            }
            if monitor.locked({ generation == mine && isEnding }) { exitHost(0) }
        }
    }

    private func run(_ request: RunRequest) {
        begin(request.cell, first: request.cell)
        guard let image = monitor.locked({ images[request.image] }) else {
            return end(failure: WireFailure(kind: .loading, name: "Loading", message: "\(request.image) is not loaded"))
        }
        guard let symbol = galley_find_symbol(image.handle, request.entry) else {
            return end(failure: WireFailure(kind: .loading, name: "Loading", message: String(cString: galley_loading_error())))
        }
        let outcome = galley_run_cell(entryPoint(symbol), faultPipe.writing)
        end(failure: outcome == GALLEY_THREW ? uncaughtError() : nil)
    }

    private func end(failure: WireFailure?) {
        let cell = monitor.locked {
            defer { running = nil }
            return running
        }
        guard let cell else { return }
        var failure = failure
        if cell.isInterrupted, failure != nil { failure?.kind = .interrupted }
        finish(cell, failure: failure)
    }

    private func uncaughtError() -> WireFailure? {
        guard let error = takeError() else { return nil }
        let frames = throwFrames()
        if let error = error as? ShellError {
            return WireFailure(kind: .command, name: "ShellError", message: error.description, frames: frames)
        }
        return WireFailure(kind: .thrown, name: String(describing: type(of: error)), message: "\(error)", frames: frames)
    }

    /// Waits for threads that stop in the middle of a cell, reports each, and goes on with a new thread.
    func watchFaults() {
        startThread(stackSize: 1 << 20) { [self] in
            galley_mark_host_thread()
            while let (signal, frames) = nextFault(faultPipe.reading) {
                let isInterrupt = signal == SIGUSR2
                let (name, message) = Self.words(for: signal)
                let (cell, isSecond) = monitor.locked {
                    generation += 1
                    defer { running = nil }
                    let isSecond = isTainted && !isInterrupt
                    // A thread that was interrupted in the cell's own code holds nothing that others need.
                    if !isInterrupt || isForced { isTainted = true }
                    isForced = false
                    return (running, isSecond)
                }
                if let cell {
                    finish(
                        cell,
                        failure: WireFailure(
                            kind: isInterrupt ? .interrupted : .trap, name: name, message: message, frames: frames))
                }
                if isSecond {
                    send(.fatal("a second cell of this host trapped"))
                    exitHost(70)
                }
                startCells()
            }
        }
    }

    /// Ends the running cell: politely where it waits for something, and else where it is.
    func interrupt() {
        guard
            let cell = monitor.locked({
                running?.isInterrupted = true
                return running?.cell
            })
        else { return }
        startThread(stackSize: 1 << 20) { [self] in
            galley_mark_host_thread()
            for attempt in 0..<Self.interruptAttempts {
                guard monitor.locked({ running?.cell }) == cell else { return }
                if attempt == 0 {
                    waitedFor.task?.cancel()
                    if let process = waitedFor.process { kill(-process, SIGINT) }
                }
                // A thread inside the system's own code may hold a lock that others need: it is given time to
                // leave it.
                let isLast = attempt == Self.interruptAttempts - 1
                if isLast { monitor.locked { isForced = true } }
                galley_interrupt_cell(isLast ? 1 : 0)
                usleep(5000)
            }
        }
    }

    /// What a fault is called, and what it means where nothing was printed; empty where only the place says more.
    private static func words(for fault: Int32) -> (name: String, message: String) {
        if fault & Int32(GALLEY_EXIT) != 0 { return ("Exit", "the cell called exit(\(fault & 0xff)), which would end its process") }
        if fault & Int32(GALLEY_STACK_OVERFLOW) != 0 {
            return ("Stack overflow", "functions called each other until the stack of \(stackSize >> 20) MB was used up")
        }
        return switch fault {
        case SIGUSR2: ("Interrupted", "")
        case SIGSEGV: ("Segmentation fault", "memory was used that is not the program's")
        case SIGBUS: ("Bus error", "memory was used in a way that it cannot be")
        case SIGFPE: ("Arithmetic fault", "a calculation had no result")
        case SIGABRT: ("Abort", "the program ended itself by abort()")
        default: ("Fatal error", "")
        }
    }

    /// Remembers what a shell command put into the background: it lives as long as the host.
    func shellEnded(group: Int32) {
        if kill(-group, 0) == 0 { monitor.locked { leftGroups.append(group) } }
    }

    func exitHost(_ status: Int32) -> Never {
        galley_flush_streams()
        for group in monitor.locked({ leftGroups }) { kill(-group, SIGTERM) }
        removeOwnFolder()
        _exit(status)
    }
}
