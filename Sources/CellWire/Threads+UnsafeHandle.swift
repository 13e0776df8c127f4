#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A mutex with a condition that can be waited for until a time.
package final class Monitor: @unchecked Sendable {
    // Sendable because it is what makes other things so: the pointers never change, and the C
    // library's calls on them may come from any thread.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits, with the lock held, until `body` gives a value; `signal` makes it look again.
    package func waiting<Value>(for body: () -> Value?) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value = body() { return value }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// The same until `deadline` (see ``secondsNow()``), after which it gives `nil`; with none it waits for ever.
    package func waiting<Value>(until deadline: Double?, for body: () -> Value?) -> Value? {
        guard let deadline else { return waiting(for: body) }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value = body() { return value }
            let rest = deadline - secondsNow()
            if rest <= 0 { return nil }
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let whole = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 + min(rest, 1e6)
            time.tv_sec = Int(whole)
            time.tv_nsec = Int((whole - whole.rounded(.down)) * 1e9)
            pthread_cond_timedwait(condition, mutex, &time)
        }
    }

    package func signal() { pthread_cond_broadcast(condition) }
    package func lock() { pthread_mutex_lock(mutex) }
    package func unlock() { pthread_mutex_unlock(mutex) }
}

/// Opens once.
package final class Latch: @unchecked Sendable {
    // Sendable because `isOpen` is read and written with the monitor's lock held.
    private let monitor = Monitor()
    private var isOpen = false

    package init() {}

    package func open() {
        monitor.locked { isOpen = true }
        monitor.signal()
    }

    package func wait() {
        monitor.waiting { isOpen ? () : nil }
    }

    package var isOpened: Bool { monitor.locked { isOpen } }
}

/// Starts a thread that nobody joins.
///
/// - Returns: Whether the system gave one.
@discardableResult
package func startThread(stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackSize)
    let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    let code: Int32
    #if canImport(Darwin)
        var thread: pthread_t?
        code = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
    #else
        var thread = pthread_t()
        code = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
    #endif
    if code != 0 { Unmanaged<ThreadBody>.fromOpaque(context).release() }
    return code == 0
}

private final class ThreadBody {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
