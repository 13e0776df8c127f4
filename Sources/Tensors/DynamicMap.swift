/// The signed 8-bit dynamic map by which bitsandbytes stores block scales a second time quantised
/// (https://arxiv.org/abs/1511.04561; `create_dynamic_map` in
/// https://github.com/bitsandbytes-foundation/bitsandbytes/blob/0.50.2/bitsandbytes/functional.py).
public enum DynamicMap {
    /// Scales that share a second scale.
    public static let blockSize = 256

    /// 256 values from -1 to 1, sorted: seven decades, each divided twice as finely as the one below.
    public static let table: [Float] = {
        var values: [Float] = [0, 1]
        for exponent in 0..<7 {
            let magnitude = Float([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0][exponent])
            let boundaries = linearSpace(from: 0.1, to: 1, count: 1 << exponent + 1)
            for (lower, upper) in zip(boundaries, boundaries.dropFirst()) {
                let mean = magnitude * ((lower + upper) / 2)
                values += [mean, -mean]
            }
        }
        return values.sorted()
    }()

    /// The place in the table that bitsandbytes' binary search finds (`dQuantize` in its `csrc/kernels.cu`).
    public static func code(of normalized: Float) -> UInt8 {
        var (pivot, lowerPivot, upperPivot) = (127, 0, 255)
        var (lower, upper) = (table[0], table[255])
        var step = 64
        while step > 0 {
            if normalized > table[pivot] {
                (lowerPivot, lower) = (pivot, table[pivot])
                pivot += step
            } else {
                (upperPivot, upper) = (pivot, table[pivot])
                pivot -= step
            }
            step /= 2
        }
        if normalized > table[pivot] {
            return UInt8(normalized > (upper + table[pivot]) * 0.5 ? upperPivot : pivot)
        }
        return UInt8(normalized < (lower + table[pivot]) * 0.5 ? lowerPivot : pivot)
    }

    /// As PyTorch computes it: from both ends towards the middle, each value rounded once.
    private static func linearSpace(from start: Float, to end: Float, count: Int) -> [Float] {
        guard count > 1 else { return [start] }
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2 ? start.addingProduct(step, Float(index)) : end.addingProduct(-step, Float(count - 1 - index))
        }
    }
}
