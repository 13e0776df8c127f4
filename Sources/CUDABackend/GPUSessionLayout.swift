package import Tensors

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
    /// The decode loop's words and its layers' descriptions.
    package let words, wordCount, layers: Int
    package let byteCount: Int
    /// Bytes of one layer's keys and values.
    package let cacheByteCount: Int

    package static let mostRotaryEmbeddings = 4
    /// Tokens that the decode loop makes in one launch, at most.
    package static let mostSteps = 32
    /// Sets of words of the decode loop that layers take turns with.
    static let wordSets = 4
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
        choice = part(16)
        chosen = part(Self.mostSteps * 8)
        frequencies = part(Self.mostRotaryEmbeddings * shape.headSize / 2 * 4)
        // Five vectors of 32-bit words for each of the layers that take turns, lines of one among those of the others; attention's
        // partial results; the candidates. Handover.cuh reckons the same.
        let longest = max(shape.queryWidth + 2 * shape.keyValueWidth, shape.hiddenSize, shape.intermediateSize)
        let vectors = (longest + 31) / 32 * (Self.wordSets * 5 * 32) / 2
        wordCount = vectors + Self.wordSets * multiprocessors * (shape.headSize + 2) + 6 * multiprocessors
        words = part(wordCount * 8)
        layers = part(shape.layerCount * MemoryLayout<DecodeLayerArguments>.stride)
        byteCount = end
        cacheByteCount = 2 * capacity * shape.keyValueWidth * shape.cacheType.byteCount
    }
}
