private import CDuktape
private import Synchronization

/// One JavaScript heap with one library in it, made when it is first called.
///
/// Calls are serialised: a heap belongs to one thread at a time. The library sees nothing of the system: Duktape has
/// no files, no network and no clock but the date.
final class ScriptEngine: Sendable {
    private struct State: ~Copyable {
        /// The heap, once the library has been loaded.
        var context: OpaquePointer?
        var failure: String?
        /// The parts that have been added to the library.
        var loadedParts: Set<String> = []
        /// Results by arguments, kept for the life of the process.
        var results: [[String]: Outcome] = [:]
    }

    enum Outcome: Sendable {
        case text([UInt8])
        /// What the script threw.
        case thrown(String)
        /// The library could not be loaded.
        case unavailable(String)
    }

    private let load: @Sendable () -> Loading
    private let state = Mutex(State())

    enum Loading: Sendable {
        case source([UInt8])
        case unavailable(String)
    }

    /// - Parameter load: gives the library's source, after which `render(…)` must be a global function.
    init(load: @escaping @Sendable () -> Loading) {
        self.load = load
    }

    /// Calls the global function `render` with texts; results are kept.
    ///
    /// - Parameter parts: scripts that must have been run before, by name; each is run once.
    func render(_ arguments: [String], parts: () -> [(name: String, source: ArraySlice<UInt8>)] = { [] }) -> Outcome {
        state.withLock { state in
            if let known = state.results[arguments] { return known }
            let outcome = call(arguments, parts(), &state)
            state.results[arguments] = outcome
            return outcome
        }
    }

    private func call(_ arguments: [String], _ parts: [(name: String, source: ArraySlice<UInt8>)], _ state: inout State) -> Outcome {
        if let failure = state.failure { return .unavailable(failure) }
        if state.context == nil {
            if let failure = start(&state) {
                state.failure = failure
                return .unavailable(failure)
            }
        }
        guard let context = state.context else { return .unavailable("the script engine has no heap") }
        for part in parts where state.loadedParts.insert(part.name).inserted {
            // A part that fails leaves what it defines undefined; `render` says so.
            _ = evaluate(part.source, in: context)
        }
        duk_get_global_string(context, "render")
        for argument in arguments {
            SurrogatePairs.split(argument).withUnsafeBufferPointer { buffer in
                _ = buffer.withMemoryRebound(to: CChar.self) { duk_push_lstring(context, $0.baseAddress, $0.count) }
            }
        }
        let status = duk_pcall(context, duk_idx_t(arguments.count))
        let result = text(at: -1, of: context)
        duk_pop(context)
        return status == DUK_EXEC_SUCCESS ? .text(result) : .thrown(String(decoding: result, as: UTF8.self))
    }

    /// Runs a script for what it defines.
    private func evaluate(_ source: ArraySlice<UInt8>, in context: OpaquePointer) -> Bool {
        let flags = duk_uint_t(DUK_COMPILE_EVAL | DUK_COMPILE_SAFE | DUK_COMPILE_NOSOURCE | DUK_COMPILE_NOFILENAME | DUK_COMPILE_NORESULT)
        return source.withUnsafeBytes { buffer in
            duk_eval_raw(context, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), duk_size_t(buffer.count), flags)
        } == 0
    }

    private func start(_ state: inout State) -> String? {
        let source: [UInt8]
        switch load() {
        case .source(let bytes): source = bytes
        case .unavailable(let reason): return reason
        }
        guard let context = duk_create_heap(nil, nil, nil, nil, nil) else { return "there is no memory for the script engine" }
        if !evaluate(source[...], in: context) {
            duk_destroy_heap(context)
            return "the script library cannot be loaded"
        }
        state.context = context
        return nil
    }

    private func text(at index: duk_idx_t, of context: OpaquePointer) -> [UInt8] {
        var length: duk_size_t = 0
        guard let start = duk_safe_to_lstring(context, index, &length) else { return [] }
        return SurrogatePairs.joined(Array(UnsafeRawBufferPointer(start: start, count: Int(length))))
    }
}
