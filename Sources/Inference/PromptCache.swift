private import Synchronization
import Tensors

/// Keys and values of a text, kept for texts that begin alike: a conversation's next turn reads only what is new.
///
///     let cache = PromptCache()
///     let first = try await model.answer("…", options: GenerationOptions(cache: cache))
///
/// A cache belongs to the model that it was last used with. Its memory goes back with the last reference to it, or with its model.
public final class PromptCache: @unchecked Sendable {
    // Sendable because the context is touched with the lock held, or between `take` and `giveBack`, which the lock makes exclusive.

    private struct State {
        var isInUse = false
        /// Whether the model went while a run had the context.
        var isOutlived = false
        weak var owner: Model?
    }

    private let state = Mutex(State())
    private var context: DecodingContext?

    public init() {}

    /// The context for one run, made on first use.
    func take(for model: Model, _ loaded: Model.Loaded) throws(ModelError) -> DecodingContext {
        let isTaken = state.withLock { state in
            if state.isInUse { return true }
            state.isInUse = true
            if state.owner !== model { context = nil }
            state.owner = model
            return false
        }
        if isTaken {
            throw .invalidRequest(
                message: "a prompt cache is used by two generations at once", help: "give each its own, or finish the first")
        }
        if let context { return context }
        do {
            let made = try DecodingContext(loaded, capacity: 1)
            context = made
            model.note(self)
            // A model that was unloaded since `loaded` was read does not look for its caches again.
            if !model.isLoaded { letGo() }
            return made
        } catch {
            giveBack()
            throw error
        }
    }

    func giveBack() {
        state.withLock { state in
            if state.isOutlived { context = nil }
            state.isOutlived = false
            state.isInUse = false
        }
    }

    /// Lets go of keys and values, and of the weights that they are used with; of those of a run under way when it ends.
    func letGo() {
        state.withLock { state in
            if state.isInUse { state.isOutlived = true } else { context = nil }
        }
    }

    /// Tokens whose keys and values are held.
    public var tokenCount: Int { withContext { $0?.tokens.count ?? 0 } }

    /// Bytes of keys and values, room for further tokens included.
    public var byteCount: Int { withContext { $0?.session.cacheByteCount ?? 0 } }

    private func withContext<Value>(_ body: (DecodingContext?) -> Value) -> Value {
        state.withLock { _ in body(context) }
    }
}

extension Model {
    /// What a cache holds, to be written to a file and taken up later by ``restoreCache(_:)`` of the same model.
    public func saveCache(_ cache: PromptCache) throws(ModelError) -> [UInt8] {
        let context = try cache.take(for: self, loadedState())
        defer { cache.giveBack() }
        let (keysAndValues, tokens) = try context.export()
        let words = [Int32(clamping: tokens.count)] + tokens
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } } + keysAndValues
    }

    /// A cache of what ``saveCache(_:)`` gave.
    ///
    /// - Throws: ``ModelError`` where it was saved from another model or is damaged.
    public func restoreCache(_ bytes: [UInt8]) throws(ModelError) -> PromptCache {
        func word(_ index: Int) -> Int32 {
            (0..<4).reduce(0) { $0 | Int32(bytes[4 * index + $1]) << (8 * $1) }
        }
        guard bytes.count >= 4, word(0) >= 0, Int(word(0)) < bytes.count / 4 else {
            throw .backend(.badCache("it is incomplete"))
        }
        let count = Int(word(0))
        let cache = PromptCache()
        let context = try cache.take(for: self, loadedState())
        defer { cache.giveBack() }
        try context.restore(cache: Array(bytes[(4 + 4 * count)...]), tokens: (1..<count + 1).map(word))
        return cache
    }
}
