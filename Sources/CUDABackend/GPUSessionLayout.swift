internal import CCUDAShim
package import Tensors

/// How a single row's attention is spread over the device: by groups of query heads that share a key-value head, and by parts
/// of the sequence.
package struct AttentionSplit: Sendable, Hashable {
    /// Query heads of a group: those that the kernel is compiled for.
    package static let headsEach = SPLIT_HEADS
    package let groups: Int
    /// The most parts that the sequence is split into.
    package let count: Int

    package init(shape: DecoderShape, multiprocessors: Int) {
        let sharing = shape.headCount / max(1, shape.keyValueHeadCount)
        groups = shape.keyValueHeadCount * ((sharing + Self.headsEach - 1) / Self.headsEach)
        count = max(1, min(SPLIT_MOST, multiprocessors / max(1, groups)))
    }
}

/// Where a session's intermediate results lie in its one block, all in bytes from its start.
package struct GPUSessionLayout: Sendable {
    /// Rows of a prompt that are computed at a time.
    package let rows: Int
    package let shape: DecoderShape
    /// (rows, hiddenSize) float32 each: the residual stream, a branch on its way to it, a normed copy.
    package let residual, branch, normed: Int
    /// (rows, queryWidth + 2 keyValueWidth) float32.
    package let queryKeyValue: Int
    /// (rows, queryWidth) float32.
    package let attention: Int
    /// (rows, intermediateSize) float32 each.
    package let gate, up: Int
    /// (rows, widest input) of 16 bits: what matrix products on tensor cores read.
    package let half: Int
    /// (vocabularySize) float32.
    package let logits: Int
    /// int32: the tokens of the cache's positions and of one more, then a chunk's.
    package let tokens, chunkTokens: Int
    /// What `choose` writes, and two floats for each step of the decode loop.
    package let choice, chosen: Int
    /// float32, `headSize / 2` for each of at most four rotary embeddings.
    package let frequencies: Int
    /// Two float32, a cosine and a sine, for each of `frequencies`.
    package let turns: Int
    /// Where a generation is (``DecodePlace``), and behind it a counter for each group of heads and one for the choice.
    package let place, arrived: Int
    /// float32 (headCount, split count, headSize + 2): attention's results of parts of the sequence; and the choice's of parts of
    /// the logits, 16 bytes each.
    package let partials, choiceParts: Int
    package let split: AttentionSplit
    /// The decode loop's words and its layers' descriptions.
    package let words, wordCount, layers: Int
    package let byteCount: Int
    /// Bytes of one layer's keys and values.
    package let cacheByteCount: Int

    /// Tokens that the decode loop makes in one launch, at most.
    package static let mostSteps = 32
    private static let mostRows = 512

    package static func rows(capacity: Int) -> Int { max(1, min(capacity, mostRows)) }

    package init(shape: DecoderShape, rows: Int, capacity: Int, multiprocessors: Int = 132) {
        self.shape = shape
        self.rows = rows
        var end = 0
        func part(_ byteCount: Int) -> Int {
            defer { end += (byteCount + 255) & ~255 }
            return end
        }
        let width = shape.queryWidth + 2 * shape.keyValueWidth
        residual = part(rows * shape.hiddenSize * 4)
        branch = part(rows * shape.hiddenSize * 4)
        normed = part(rows * shape.hiddenSize * 4)
        queryKeyValue = part(rows * width * 4)
        attention = part(rows * shape.queryWidth * 4)
        gate = part(rows * shape.intermediateSize * 4)
        up = part(rows * shape.intermediateSize * 4)
        half = part(rows * max(shape.hiddenSize, shape.queryWidth, shape.intermediateSize) * 2)
        logits = part(shape.vocabularySize * 4)
        tokens = part((capacity + 2) * 4)
        chunkTokens = part(rows * 4)
        choice = part(MemoryLayout<KernelChoice>.stride)
        chosen = part(Self.mostSteps * 8)
        frequencies = part(MOST_ROTARY_EMBEDDINGS * shape.headSize / 2 * 4)
        turns = part(MOST_ROTARY_EMBEDDINGS * shape.headSize / 2 * 8)
        split = AttentionSplit(shape: shape, multiprocessors: multiprocessors)
        place = part(MemoryLayout<DecodePlace>.stride)
        arrived = part((split.groups + 1) * 4)
        partials = part(shape.headCount * split.count * (shape.headSize + 2) * 4)
        choiceParts = part(multiprocessors * MemoryLayout<ChoicePart>.stride)
        // Five vectors of 32-bit words for each of the layers that take turns, lines of one among those of the others; attention's
        // partial results; the candidates. DecodeState.cuh reckons the same.
        let longest = max(shape.queryWidth + 2 * shape.keyValueWidth, shape.hiddenSize, shape.intermediateSize)
        let vectors = (longest + 31) / 32 * WORD_LINE_STRIDE / 2
        wordCount = vectors + WORD_SETS * multiprocessors * (shape.headSize + 2) + CANDIDATE_WORDS * multiprocessors
        words = part(wordCount * 8)
        layers = part(shape.layerCount * MemoryLayout<DecodeLayerArguments>.stride)
        byteCount = end
        cacheByteCount = 2 * capacity * shape.keyValueWidth * shape.cacheType.byteCount
    }
}
