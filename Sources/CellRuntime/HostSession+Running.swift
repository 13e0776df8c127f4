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

    /// Of these, how many what a cell waits for is given to end by itself.
    static let patience = 100

    /// The life of the main thread: loads images and runs cells in their order. Called again, on another stack, after a cell that
    /// trapped or was stopped.
    func serveCells() -> Never {
        galley_forget_accesses()
        if let fault = takeFault() { left(fault) }
        while true {
            let work: Work? = monitor.waiting {
                if queue.isEmpty { return isEnding ? .some(nil) : nil }
                return .some(queue.removeFirst())
            }
            switch work {
            case .load(let image): load(image)
            case .run(let request): run(request)
            case nil: exitHost(0)
            }
        }
    }

    /// Runs what comes into the main queue until `isDone`, as a program does while its top level waits.
    func serveMainQueue(until isDone: () -> Bool) {
        while !isDone() { galley_serve_main_queue() }
    }

    private func run(_ request: RunRequest) {
        begin(request.cell, first: request.cell)
        guard let image = monitor.locked({ images[request.image] }) else {
            return end(
                failure: WireFailure(
                    kind: .loading, name: "Loading", message: monitor.locked { loadingErrors[request.image] } ?? "\(request.image) is not loaded"))
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
        if cell.isInterrupted {
            galley_end_processes(cell.processStart)
            failure?.kind = .interrupted
        }
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

    /// The main thread was stopped in the middle of a cell, by itself or for another thread's sake.
    private func left(_ own: Fault) {
        let wasServing = galley_leave_main_queue()
        forgetWaiting()
        let (cell, fault) = monitor.locked {
            defer { (running, otherFault, isForced) = (nil, nil, false) }
            let fault = otherFault ?? own
            // What was interrupted in the cell's own code holds nothing that others need, unless others waited behind it.
            if fault.signal != SIGUSR2 || isForced || wasServing != 0 { isTainted = true }
            return (running, fault)
        }
        if let cell {
            if cell.isInterrupted { galley_end_processes(cell.processStart) }
            let (name, message) = Self.words(for: fault.signal)
            let kind: WireFailure.Kind = fault.signal == SIGUSR2 ? .interrupted : .trap
            finish(cell, failure: WireFailure(kind: kind, name: name, message: message, frames: fault.frames))
        }
        if wasServing < 0 {
            send(.fatal("a cell was stopped in the main queue, which cannot be served any more"))
            exitHost(70)
        }
    }

    /// Waits for faults of other threads that work for a cell, and makes the main thread leave it.
    ///
    /// - Returns: Whether there is a thread for it.
    func watchFaults() -> Bool {
        startThread(stackSize: 1 << 20) { [self] in
            galley_mark_host_thread()
            while let fault = nextFault(faultPipe.reading) {
                let cell = monitor.locked {
                    isTainted = true
                    if running != nil { otherFault = fault }
                    return running?.cell
                }
                guard let cell else { continue }
                stop(cell, patience: 0)
                guard monitor.locked({ running?.cell }) == cell else { continue }
                let (name, message) = Self.words(for: fault.signal)
                send(.failed(cell: cell, WireFailure(kind: .trap, name: name, message: message, frames: fault.frames)))
                send(.fatal("the cell's main thread did not stop"))
                exitHost(70)
            }
        }
    }

    /// Ends the running cell: politely where it waits for something, and else where it is. Processes that it started go with it.
    func interrupt() {
        guard
            let cell = monitor.locked({
                running?.isInterrupted = true
                return running?.cell
            })
        else { return }
        startThread(stackSize: 1 << 20) { [self] in
            galley_mark_host_thread()
            stop(cell, patience: Self.patience)
        }
    }

    /// Makes the main thread leave a cell.
    ///
    /// - Parameter patience: For how many attempts what the cell waits for may end by itself.
    private func stop(_ cell: Int, patience: Int) {
        for attempt in 0..<Self.interruptAttempts {
            guard monitor.locked({ running?.cell }) == cell else { return }
            let (task, process) = waitedFor
            if attempt == 0 { task?.cancel() }
            if let process, attempt == 0 || attempt == patience { kill(-process, attempt == 0 ? SIGINT : SIGKILL) }
            // A thread inside the system's own code may hold a lock that others need: it is given time to leave it.
            let isLast = attempt == Self.interruptAttempts - 1
            if isLast { monitor.locked { isForced = true } }
            if task == nil || attempt >= patience { galley_interrupt_cell(isLast ? 1 : 0) }
            usleep(5000)
        }
    }

    /// What a fault is called, and what it means where nothing was printed; empty where only the place says more.
    private static func words(for fault: Int32) -> (name: String, message: String) {
        if fault & Int32(GALLEY_EXIT) != 0 { return ("Exit", "the cell called exit(\(fault & 0xff)), which would end its process") }
        if fault & Int32(GALLEY_STACK_OVERFLOW) != 0 {
            return ("Stack overflow", "functions called each other until the stack of \(galley_stack_size() >> 20) MB was used up")
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

    /// Ends the process at the signals that ask for it, with the folder that it made.
    ///
    /// - Returns: Whether there is a thread for it.
    func endAtSignals() -> Bool {
        let signals = galley_open_signals()
        return startThread(stackSize: 1 << 18) { [self] in
            galley_mark_host_thread()
            guard signals >= 0, let byte = readSome(signals, capacity: 1)?.first else { return }
            // Nothing is written out: a thread that was stopped may hold the streams.
            removeOwnFolder()
            _exit(128 + Int32(byte))
        }
    }

    /// Ends the process; its keeper ends all that it started.
    func exitHost(_ status: Int32) -> Never {
        galley_flush_streams()
        removeOwnFolder()
        _exit(status)
    }
}
