private import Synchronization

/// The modules and kernels that a context has loaded.
final class FunctionCache: @unchecked Sendable {
    // Everything mutable is behind the lock; handles are the driver's and valid from every thread.

    private struct State {
        var modules: [String: UnsafeMutableRawPointer] = [:]
        var functions: [String: UnsafeMutableRawPointer] = [:]
    }

    private var state = State()
    private let lock = Mutex(())

    func function(_ name: String, _ module: String) -> UnsafeMutableRawPointer? {
        lock.withLock { _ in state.functions[module + "/" + name] }
    }

    func module(_ name: String) -> UnsafeMutableRawPointer? { lock.withLock { _ in state.modules[name] } }

    /// Keeps a module; where another thread was faster, its module stays and this one is unloaded.
    func keep(module: UnsafeMutableRawPointer, _ name: String, unload: (UnsafeMutableRawPointer) -> Void) -> UnsafeMutableRawPointer {
        let kept = lock.withLock { _ in
            if let earlier = state.modules[name] { return earlier }
            state.modules[name] = module
            return module
        }
        if kept != module { unload(module) }
        return kept
    }

    func keep(function: UnsafeMutableRawPointer, _ name: String, _ module: String) {
        lock.withLock { _ in state.functions[module + "/" + name] = function }
    }

    func removeAll(unload: (UnsafeMutableRawPointer) -> Void) {
        let modules = lock.withLock { _ in
            defer { state = State() }
            return Array(state.modules.values)
        }
        modules.forEach(unload)
    }
}
