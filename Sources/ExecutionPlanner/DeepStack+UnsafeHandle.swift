#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Runs `body` on a thread with a stack of `size` bytes, and waits for it; on the calling thread where the system gives none.
///
/// Memory is taken only for what of the stack is used.
func onDeepStack<Value>(size: Int, _ body: () -> Value) -> Value {
    withoutActuallyEscaping(body) { body in
        let work = DeepWork(body)
        guard work.runOnThread(stackSize: size), let value = work.value else { return body() }
        return value
    }
}

private final class DeepWork<Value> {
    private let body: () -> Value
    private(set) var value: Value?

    init(_ body: @escaping () -> Value) {
        self.body = body
    }

    private func run() { value = body() }

    func runOnThread(stackSize: Int) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        guard pthread_attr_setstacksize(&attributes, stackSize) == 0 else { return false }
        let runner = DeepRunner { self.run() }
        let context = Unmanaged.passRetained(runner).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(
                &thread, &attributes,
                { context in
                    Unmanaged<DeepRunner>.fromOpaque(context).takeUnretainedValue().run()
                    return nil
                }, context)
            if code == 0, let thread { pthread_join(thread, nil) }
        #else
            var thread = pthread_t()
            let code = pthread_create(
                &thread, &attributes,
                { context in
                    if let context { Unmanaged<DeepRunner>.fromOpaque(context).takeUnretainedValue().run() }
                    return nil
                }, context)
            if code == 0 { pthread_join(thread, nil) }
        #endif
        Unmanaged<DeepRunner>.fromOpaque(context).release()
        return code == 0
    }
}

private final class DeepRunner {
    let run: () -> Void

    init(_ run: @escaping () -> Void) {
        self.run = run
    }
}
