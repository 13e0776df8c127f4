private import Synchronization

/// The modules and kernels that a context has loaded, by name. Handles are the driver's and valid on every thread.
final class FunctionCache: Sendable {
    private struct State {
        // As numbers: that they may cross threads is the driver's promise, not the type's.
        var modules: [String: UInt] = [:]
        var functions: [String: UInt] = [:]
    }

    private let state = Mutex(State())

    func function(_ name: String, _ module: String) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: state.withLock { $0.functions[module + "/" + name] ?? 0 })
    }

    func module(_ name: String) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: state.withLock { $0.modules[name] ?? 0 })
    }

    /// Keeps a module; where another thread was faster, its module stays and this one is unloaded.
    func keep(module: UnsafeMutableRawPointer, _ name: String, unload: (UnsafeMutableRawPointer) -> Void) -> UnsafeMutableRawPointer {
        let handle = UInt(bitPattern: module)
        let earlier = state.withLock { state -> UInt? in
            if let earlier = state.modules[name] { return earlier }
            state.modules[name] = handle
            return nil
        }
        guard let earlier, let kept = UnsafeMutableRawPointer(bitPattern: earlier) else { return module }
        unload(module)
        return kept
    }

    func keep(function: UnsafeMutableRawPointer, _ name: String, _ module: String) {
        let handle = UInt(bitPattern: function)
        state.withLock { $0.functions[module + "/" + name] = handle }
    }

    func removeAll(unload: (UnsafeMutableRawPointer) -> Void) {
        let modules = state.withLock { state in
            let modules = Array(state.modules.values)
            state = State()
            return modules
        }
        for module in modules { UnsafeMutableRawPointer(bitPattern: module).map(unload) }
    }
}
