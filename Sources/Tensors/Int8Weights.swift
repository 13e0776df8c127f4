/// A matrix quantised row by row to 8 bits, as LLM.int8 does (https://arxiv.org/abs/2208.07339, vector-wise quantisation;
/// `int8_vectorwise_quant` in bitsandbytes).
public struct Int8Weights: Sendable, Hashable {
    public let rows: Int
    public let columns: Int
    /// Row-major, from -127 to 127.
    public let codes: [Int8]
    /// The largest magnitude of each row.
    public let absmax: [Float]

    /// Quantises a row-major matrix: `round(x × 127 / absmax)`, ties to even; a row of zeros gives zeros.
    ///
    /// - Returns: `nil` unless there are rows × columns values.
    public init?(quantizing values: [Float], rows: Int, columns: Int) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows >= 0, columns >= 0, !overflow, values.count == count else { return nil }
        var codes: [Int8] = []
        codes.reserveCapacity(count)
        var absmax: [Float] = []
        for row in 0..<rows {
            let elements = values[(row * columns)..<((row + 1) * columns)]
            let largest = elements.reduce(0) { max($0, $1.magnitude) }
            let scale = 127 / largest
            absmax.append(largest)
            // NaN and infinite weights have no code; they become 0 and are the loader's to refuse.
            codes += elements.map { Int8(exactly: ($0 * scale).rounded(.toNearestOrEven)) ?? 0 }
        }
        self.rows = rows
        self.columns = columns
        self.codes = codes
        self.absmax = absmax
    }

    /// Bytes of the codes and scales.
    public var byteCount: Int { codes.count + 4 * absmax.count }

    /// The elements: `code × absmax × (1 / 127)`.
    public func dequantized() -> [Float] {
        codes.enumerated().map { index, code in Float(code) * (absmax[index / columns] * Self.reciprocal) }
    }

    /// 1 / 127 as bitsandbytes writes it.
    private static let reciprocal: Float = 7.874015718698502e-3
}
