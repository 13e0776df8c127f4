import Tensors

/// A session with the tokens that its cache holds. Used by one task at a time.
final class DecodingContext {
    let session: any DecoderSession
    let shape: DecoderShape
    /// The tokens in the cache, as many as the session's position says.
    private(set) var tokens: [Int32] = []

    init(_ state: Model.Loaded, capacity: Int) throws(ModelError) {
        shape = state.plan.shape
        do { session = try state.backend.makeSession(for: state.plan, capacity: max(1, capacity)) } catch { throw .backend(error) }
    }

    /// Makes the cache hold `prompt` and readies its last logits, evaluating only what the cache has not yet.
    ///
    /// - Parameter further: tokens for which there is to be room after it.
    /// - Returns: how many tokens were found in the cache.
    @discardableResult
    func prepare(_ prompt: [Int32], further: Int, wanting outputs: DecoderOutputs = .readyToGenerate) throws(ModelError) -> Int {
        // The last token is evaluated in any case: its logits are needed.
        let common = min(zip(tokens, prompt).prefix { $0 == $1 }.count, prompt.count - 1)
        truncate(to: common)
        _ = try evaluate(Array(prompt[common...]), further: further, wanting: outputs)
        return common
    }

    func evaluate(_ new: [Int32], further: Int = 0, wanting outputs: DecoderOutputs) throws(ModelError) -> DecoderResult {
        let needed = tokens.count + new.count + further
        guard needed <= shape.contextLength else { throw .contextExceeded(tokens: needed, limit: shape.contextLength) }
        do {
            try session.reserve(capacity: needed)
            let result = try session.evaluate(new, wanting: outputs)
            tokens += new
            return result
        } catch { throw .backend(error) }
    }

    func truncate(to count: Int) {
        guard count < tokens.count else { return }
        session.truncate(to: count)
        tokens.removeLast(tokens.count - count)
    }

    /// Takes note of a token that the session put into its cache by itself.
    func noteCached(_ token: Int32) { tokens.append(token) }

    func export() throws(ModelError) -> (cache: [UInt8], tokens: [Int32]) {
        do { return (try session.exportCache(), tokens) } catch { throw .backend(error) }
    }

    func restore(cache: [UInt8], tokens: [Int32]) throws(ModelError) {
        self.tokens = []
        do { try session.importCache(cache) } catch { throw .backend(error) }
        guard session.position == tokens.count else {
            let held = session.position
            session.truncate(to: 0)
            throw .backend(.badCache("it holds \(held) positions for \(tokens.count) tokens"))
        }
        self.tokens = tokens
    }
}
