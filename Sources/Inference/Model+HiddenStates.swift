import Tensors

/// The residual stream of a text after every layer.
public struct ResidualStream: Sendable, Hashable {
    public let tokens: [Int]
    public let hiddenSize: Int
    /// For the embedding and each layer in turn (tokens, hiddenSize), row after row.
    public let states: [[Float]]

    public var layerCount: Int { states.count - 1 }

    /// One position after `layer` layers; 0 is the embedding.
    ///
    /// - Precondition: layer and position exist.
    public func state(layer: Int, position: Int) -> [Float] {
        Array(states[layer][position * hiddenSize..<(position + 1) * hiddenSize])
    }
}

/// A token with its log-probability.
public struct TokenChoice: Sendable, Hashable {
    public let token: Int
    public let text: String
    public let logProbability: Float
}

extension Model {
    /// The residual stream after the embedding and after every layer, before the final norm.
    public func residualStream(of text: String) throws(ModelError) -> ResidualStream {
        try residualStream(tokens: tokenize(text))
    }

    public func residualStream(tokens: [Int]) throws(ModelError) -> ResidualStream {
        let state = try loadedState()
        let layers = Array(0...state.plan.shape.layerCount)
        let result = try evaluate(tokens, DecoderOutputs(logits: .none, hiddenStates: .all, hiddenLayers: layers), state)
        return ResidualStream(tokens: tokens, hiddenSize: state.plan.shape.hiddenSize, states: result.hiddenStates)
    }

    /// What the model would say next if it ended after each layer: the logits of head(norm(x)) (nostalgebraist,
    /// "interpreting GPT: the logit lens", 2020).
    ///
    /// - Parameters:
    ///   - position: counted from the first token; the last one where `nil`.
    ///   - count: how many of the likeliest tokens to tell for each layer.
    /// - Returns: for the embedding and each layer in turn, best first.
    public func logitLens(
        _ stream: ResidualStream, position: Int? = nil, count: Int = 3
    ) throws(ModelError) -> [[TokenChoice]] {
        let state = try loadedState()
        let shape = state.plan.shape
        let position = position ?? stream.tokens.count - 1
        guard stream.hiddenSize == shape.hiddenSize, stream.tokens.indices.contains(position) else {
            throw .invalidRequest(message: "position \(position) of a residual stream", help: "use one of this model's own, and a position in it")
        }
        let context = try DecodingContext(state, capacity: 1)
        let tokenizer = try? text.tokenizer()
        var lens: [[TokenChoice]] = []
        for layer in stream.states.indices {
            let logits: [Float]
            do {
                logits = try context.session.logits(ofHiddenStates: stream.state(layer: layer, position: position))
            } catch { throw .backend(error) }
            let logSum = TokenSampler.statistics(logits.span).logSum
            lens.append(
                TokenSampler.likeliest(logits.span, count, logSum: logSum).map {
                    TokenChoice(token: Int($0.id), text: tokenizer?.text(of: Int($0.id)) ?? "", logProbability: $0.logProbability)
                })
        }
        return lens
    }

    /// The mean over all positions of the last layer's states after the final norm: (hiddenSize).
    public func embedding(of text: String) throws(ModelError) -> [Float] { try embedding(tokens: tokenize(text)) }

    public func embedding(tokens: [Int]) throws(ModelError) -> [Float] {
        let state = try loadedState()
        let width = state.plan.shape.hiddenSize
        let outputs = DecoderOutputs(logits: .none, hiddenStates: .all, hiddenLayers: [state.plan.shape.layerCount + 1])
        let states = try evaluate(tokens, outputs, state).hiddenStates.first ?? []
        return (0..<width).map { element in
            var sum: Float = 0
            for position in tokens.indices { sum += states[position * width + element] }
            return sum / Float(tokens.count)
        }
    }

    private func evaluate(_ tokens: [Int], _ outputs: DecoderOutputs, _ state: Loaded) throws(ModelError) -> DecoderResult {
        let ids = try checked(tokens, state)
        return try DecodingContext(state, capacity: ids.count).evaluate(ids, wanting: outputs)
    }
}
