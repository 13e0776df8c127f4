import Tensors

/// Where the parts of a session's one block for intermediate results begin.
struct ActivationLayout {
    /// Rows that are computed at a time.
    let rows: Int
    /// Rows of logits that are held.
    let logitRows: Int
    private(set) var byteCount = 0

    /// (rows, hiddenSize): the residual stream.
    let residual: Int
    /// (rows, hiddenSize): a result that is normed before it is added.
    let branch: Int
    /// (rows, queryWidth): queries, then attention's result in their place.
    let query: Int
    /// (rows, keyValueWidth)
    let key: Int
    /// (rows, keyValueWidth)
    let value: Int
    /// (rows, intermediateSize)
    let gate: Int
    /// (rows, intermediateSize)
    let up: Int
    /// For each rotary embedding (rows, pairs).
    let cosines: Int
    let sines: Int
    /// (logitRows, vocabularySize)
    let logits: Int
    let scratch: Int
    let scratchByteCount: Int

    /// `nil` where the sizes overflow.
    init?(shape: DecoderShape, rotaryCount: Int, rows: Int, logitRows: Int = 1, capacity: Int, pool: KernelPool) {
        guard let scratchBytes = DecoderKernels.scratchByteCount(shape: shape, rows: rows, positions: capacity, pool: pool)
        else { return nil }
        self.rows = rows
        self.logitRows = logitRows
        scratchByteCount = scratchBytes
        var end = 0
        var isPossible = true
        func part(_ count: Int, _ width: Int, _ size: Int = MemoryLayout<Float>.size) -> Int {
            let start = end
            let (elements, first) = count.multipliedReportingOverflow(by: width)
            let (bytes, second) = elements.multipliedReportingOverflow(by: size)
            let (sum, third) = bytes.addingReportingOverflow(start + 63)
            if first || second || third || count < 0 || width < 0 { isPossible = false } else { end = sum & ~63 }
            return start
        }
        residual = part(rows, shape.hiddenSize)
        branch = part(rows, shape.hiddenSize)
        query = part(rows, shape.queryWidth)
        key = part(rows, shape.keyValueWidth)
        value = part(rows, shape.keyValueWidth)
        gate = part(rows, shape.intermediateSize)
        up = part(rows, shape.intermediateSize)
        cosines = part(rows * rotaryCount, shape.headSize / 2)
        sines = part(rows * rotaryCount, shape.headSize / 2)
        logits = part(logitRows, shape.vocabularySize)
        scratch = part(1, scratchByteCount, 1)
        guard isPossible else { return nil }
        byteCount = end
    }
}

/// How keys and values of one layer lie in its block: all keys, then all values, position by position.
struct CacheLayout {
    /// Bytes of the keys (or values) of one position.
    let rowByteCount: Int

    init(_ shape: DecoderShape) {
        rowByteCount = shape.keyValueWidth * (shape.cacheType == .float32 ? 4 : 2)
    }

    func byteCount(capacity: Int) -> Int { 2 * capacity * rowByteCount }
    func valueOffset(capacity: Int) -> Int { capacity * rowByteCount }
}
