internal import CCellHost
internal import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HostSession {
    /// Reads commands until the connection ends.
    func serve(_ commands: Int32) {
        var reader = FrameReader()
        while let bytes = readSome(commands) {
            reader.append(bytes)
            do throws(WireError) {
                while let content = try reader.next() { obey(try HostCommand(decoding: content)) }
            } catch {
                send(.fatal(error.description))
                exitHost(65)
            }
        }
        // The executor is gone: nobody would read what the cells still do.
        exitHost(0)
    }

    private func obey(_ command: HostCommand) {
        switch command {
        case .configure(let configuration): configure(configuration)
        case .load(let image): enqueue(.load(image))
        case .run(let request): enqueue(.run(request))
        case .interrupt: interrupt()
        case .shutdown:
            monitor.locked { isEnding = true }
            monitor.signal()
        }
    }

    private func enqueue(_ work: Work) {
        monitor.locked { queue.append(work) }
        monitor.signal()
    }

    private func configure(_ configuration: HostConfiguration) {
        guard pump == nil else { return }
        for (name, value) in configuration.environment { setenv(name, value, 1) }
        if !configuration.workingFolder.isEmpty, chdir(configuration.workingFolder) != 0 {
            return refuse("cannot enter the folder \(configuration.workingFolder): \(String(cString: strerror(errno)))")
        }
        if configuration.hasOwnFolder, let problem = enterOwnFolder() { return refuse(problem) }
        if let problem = writeResources(configuration.resources) { return refuse(problem) }
        guard let pump = OutputPump(limit: configuration.outputLimit, send: { [self] in send($0) }) else {
            return refuse("no pipes for the cells' output: \(String(cString: strerror(errno)))")
        }
        self.pump = pump
        galley_buffer_by_line()
        let hasPump = startThread(stackSize: 1 << 20) {
            galley_mark_host_thread()
            pump.run()
        }
        galley_order_standard_error { HostSession.current?.pump?.mark() }
        galley_install_handlers()
        galley_add_waiting_functions()
        guard hasPump, watchFaults() else { return refuse("the system gives no threads: \(String(cString: strerror(EAGAIN)))") }
        // What the host itself takes does not count.
        if configuration.memoryLimit > 0 { limitMemory(to: configuration.memoryLimit) }
        send(.ready(.current))
    }

    private func refuse(_ message: String) {
        send(.fatal(message))
        exitHost(69)
    }

    /// Limits what the cells may take beside what is taken now. The hard limit leaves room for stacks after cells that trapped.
    private func limitMemory(to bytes: Int) {
        let soft = rlim_t(addressSpaceBytes() + bytes)
        var limit = rlimit(rlim_cur: soft, rlim_max: soft + rlim_t(4 * Self.stackSize))
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit)
        #else
            setrlimit(RLIMIT_AS, &limit)
        #endif
    }

    private func enterOwnFolder() -> String? {
        guard let path = enterTemporaryFolder() else {
            return "cannot make a folder for the notebook's files: \(String(cString: strerror(errno)))"
        }
        ownFolder = path
        return nil
    }

    /// Takes the folder of files that travelled away, with what cells wrote into it.
    func removeOwnFolder() {
        guard let folder = ownFolder else { return }
        ownFolder = nil
        galley_remove_folder(folder)
    }

    /// Files that travelled with the notebook; what is there already stays untouched.
    private func writeResources(_ resources: [String: [UInt8]]) -> String? {
        for (path, bytes) in resources.sorted(by: { $0.key < $1.key }) {
            let parts = path.split(separator: "/")
            guard !path.hasPrefix("/"), !parts.contains("..") else { return "the resource \(path) lies outside the working folder" }
            for count in 1..<max(1, parts.count) { mkdir(parts.prefix(count).joined(separator: "/"), 0o755) }
            let existing = open(path, O_RDONLY | O_CLOEXEC)
            if existing >= 0 {
                close(existing)
                continue
            }
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard file >= 0, writeAll(file, bytes) else { return "cannot write \(path): \(String(cString: strerror(errno)))" }
            close(file)
        }
        return nil
    }

    /// Opens an image, on the main thread: a library such as Foundation takes the thread that opens it for the main one.
    func load(_ image: CellImage) {
        let path: String
        switch image.content {
        case .path(let local): path = local
        case .bytes(let bytes):
            guard let written = writeTemporary(bytes, name: image.name) else {
                return refuse("cannot write a compiled cell to the temporary folder: \(String(cString: strerror(errno)))")
            }
            path = written
        }
        defer { if case .bytes = image.content { removeTemporary(path) } }
        guard let handle = galley_open_image(path) else {
            let reason = String(cString: galley_loading_error())
            monitor.locked { loadingErrors[image.name] = reason }
            return send(.failed(cell: -1, WireFailure(kind: .loading, name: image.name, message: reason)))
        }
        monitor.locked { images[image.name] = CellImageHandle(handle: handle) }
    }

    private func removeTemporary(_ path: String) {
        unlink(path)
        rmdir(path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
    }

    private func writeTemporary(_ bytes: [UInt8], name: String) -> String? {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // The file's name is what frames of errors are found by.
        let unique = "\(folder)/galley-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(unique, 0o700) == 0 else { return nil }
        let path = "\(unique)/\(name).so"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o700)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return writeAll(file, bytes) ? path : nil
    }
}

/// The entry point that `cell-host` calls, on its first thread: serves the connection until it ends.
@_cdecl("galley_host_serve")
public func _galleyHostServe(_ commands: Int32, _ events: Int32) {
    guard let session = HostSession(connection: events) else { return }
    session.makeCurrent()
    session.sendPreamble()
    galley_adopt_main_queue()
    let hasThread = startThread(stackSize: 4 << 20) {
        galley_mark_host_thread()
        session.serve(commands)
    }
    guard hasThread, session.endAtSignals() else {
        session.send(.fatal("the system gives no threads: \(String(cString: strerror(EAGAIN)))"))
        _exit(69)
    }
    galley_serve_main({ HostSession.current?.serveCells() }, HostSession.stackSize)
}
