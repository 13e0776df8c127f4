internal import CellExecutor

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Turns Ctrl-C into requests: the first ends the running cell, the second the host, the third this process. What asks the process itself
/// to end, such as `kill` or a terminal that closes, ends at once all that it started, and then the process.
enum Interrupts {
    private nonisolated(unsafe) static var pipeEnd: Int32 = -1
    // Written once before the handlers are installed, and only read by them.

    static func forward(to interruption: Interruption) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipeEnd = ends[1]
        let reading = ends[0]
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interrupts.pipeEnd, &byte, 1)
            }
            // What was started to outlive its terminal does.
            if number == SIGHUP, unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
        let listener = Listener(reading, interruption)
        startListening { listener.listen() }
    }

    private final class Listener: Sendable {
        let descriptor: Int32
        let interruption: Interruption

        init(_ descriptor: Int32, _ interruption: Interruption) {
            self.descriptor = descriptor
            self.interruption = interruption
        }

        func listen() {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 {
                let number = Int32(byte)
                if number == SIGINT {
                    interruption.request()
                    if interruption.count <= 2 { continue }
                }
                ChildTable.endAll()
                if number == SIGINT { _exit(130) }
                // Whoever waits for this process sees what ended it.
                signal(number, SIG_DFL)
                var one = sigset_t()
                sigemptyset(&one)
                sigaddset(&one, number)
                pthread_sigmask(SIG_UNBLOCK, &one, nil)
                raise(number)
                _exit(128 + number)
            }
        }
    }
}

extension Interruption {
    /// Calls `body` for each request, until it is cancelled.
    func requests(_ body: @escaping @Sendable () -> Void) -> Task<Void, Never> {
        Task {
            var seen = 0
            while !Task.isCancelled {
                let count = count
                for _ in 0..<max(0, count - seen) { body() }
                seen = count
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
