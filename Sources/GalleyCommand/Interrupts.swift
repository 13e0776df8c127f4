internal import CellExecutor

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Turns Ctrl-C into requests: the first ends the running cell, the second the host, the third this process.
enum Interrupts {
    private nonisolated(unsafe) static var pipeEnd: Int32 = -1
    // Written once before the handler is installed, and only read by it.

    static func forward(to interruption: Interruption) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipeEnd = ends[1]
        let reading = ends[0]
        signal(SIGINT) { _ in
            var byte: UInt8 = 0
            _ = write(Interrupts.pipeEnd, &byte, 1)
        }
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Listener(reading, interruption))
        pthread_create(
            &thread, nil,
            { body in
                #if canImport(Glibc)
                    let listener = body.map { Unmanaged<Listener>.fromOpaque($0).takeRetainedValue() }
                #else
                    let listener: Listener? = Unmanaged<Listener>.fromOpaque(body).takeRetainedValue()
                #endif
                listener?.listen()
                return nil
            }, body.toOpaque())
        pthread_detach(thread)
    }

    private final class Listener {
        let descriptor: Int32
        let interruption: Interruption

        init(_ descriptor: Int32, _ interruption: Interruption) {
            self.descriptor = descriptor
            self.interruption = interruption
        }

        func listen() {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 {
                interruption.request()
                if interruption.count > 2 { _exit(130) }
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
