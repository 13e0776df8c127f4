import Tensors

/// How likely a model finds a text.
public struct TextScore: Sendable, Hashable {
    public let tokens: [Int]
    /// The natural log-probability of each token after the first, given those before it.
    public let logProbabilities: [Float]

    /// The mean negative log-likelihood of the tokens after the first, in nats.
    public var meanNegativeLogLikelihood: Double {
        logProbabilities.isEmpty ? 0 : -logProbabilities.reduce(0.0) { $0 + Double($1) } / Double(logProbabilities.count)
    }

    /// e to the power of ``meanNegativeLogLikelihood``.
    public var perplexity: Double { exponential(meanNegativeLogLikelihood) }
}

extension Model {
    /// Rows of logits that are held at a time.
    private static let scoredRows = 16

    /// Scores a text token by token.
    public func score(_ text: String) throws(ModelError) -> TextScore { try score(tokens: tokenize(text)) }

    /// Scores token ids.
    public func score(tokens: [Int]) throws(ModelError) -> TextScore {
        let state = try loadedState()
        let ids = try checked(tokens, state)
        let context = try DecodingContext(state, capacity: ids.count)
        let vocabulary = state.plan.shape.vocabularySize
        var scores: [Float] = []
        scores.reserveCapacity(ids.count)
        var start = 0
        // The last token is only scored, not evaluated.
        while start < ids.count - 1 {
            let end = min(start + Self.scoredRows, ids.count - 1)
            let logits = try context.evaluate(Array(ids[start..<end]), wanting: DecoderOutputs(logits: .all)).logits
            for row in 0..<end - start {
                let values = logits.span.extracting(row * vocabulary..<(row + 1) * vocabulary)
                scores.append(values[Int(ids[start + row + 1])] - TokenSampler.statistics(values).logSum)
            }
            start = end
        }
        return TextScore(tokens: tokens, logProbabilities: scores)
    }

    /// e to the power of the mean negative log-likelihood of a text.
    public func perplexity(of text: String) throws(ModelError) -> Double { try score(text).perplexity }

    /// The logits of every position: (tokens, vocabularySize), row after row.
    public func logits(tokens: [Int]) throws(ModelError) -> [Float] {
        let state = try loadedState()
        let ids = try checked(tokens, state)
        return try DecodingContext(state, capacity: ids.count).evaluate(ids, wanting: DecoderOutputs(logits: .all)).logits
    }
}
