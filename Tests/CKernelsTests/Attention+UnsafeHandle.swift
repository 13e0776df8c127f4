import CKernels

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

func exponential(_ x: Double) -> Double { exp(x) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
typealias GateKernel = (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int64) -> Void
func errorFunction(_ x: Double) -> Double { erf(x) }

/// Stores keys and values in a cache of `type`, head by head, and attends; also what the cache holds.
func attend(
    _ test: AttentionTests.Case, type: gk_type, q: [Float], k: [Float], v: [Float], pool: OpaquePointer?
) -> (y: [Float], keys: [Float], values: [Float]) {
    let positions = test.first + test.m, kvWidth = test.kvHeads * test.dim, width = test.heads * test.dim
    let bytes = positions * kvWidth * Int(gk_block_bytes(type))
    let keys = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4)
    let values = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4)
    defer {
        keys.deallocate()
        values.deallocate()
    }
    func cache(_ data: UnsafeMutableRawPointer) -> gk_kv {
        gk_kv(type: type, data: data, position_stride: Int64(test.dim), head_stride: Int64(positions * test.dim))
    }
    var keyCache = cache(keys), valueCache = cache(values)
    _ = gk_kv_store(&keyCache, 0, k, Int64(positions), Int64(kvWidth), Int64(test.kvHeads), Int64(test.dim))
    _ = gk_kv_store(&valueCache, 0, v, Int64(positions), Int64(kvWidth), Int64(test.kvHeads), Int64(test.dim))
    let size = gk_attention_scratch_bytes(pool, Int64(test.m), Int64(positions), Int64(test.heads), Int64(test.dim))
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: Int(size), alignment: 4)
    defer { scratch.deallocate() }
    var y = [Float](repeating: .nan, count: test.m * width)
    q.withUnsafeBufferPointer { qBuffer in
        y.withUnsafeMutableBufferPointer { yBuffer in
            guard let from = qBuffer.baseAddress, let to = yBuffer.baseAddress else { return }
            var attention = gk_attention(
                q: from, q_stride: Int64(width), y: to, y_stride: Int64(width), m: Int64(test.m), heads: Int64(test.heads),
                kv_heads: Int64(test.kvHeads), head_dim: Int64(test.dim), first: Int64(test.first), window: Int64(test.window),
                scale: 0.2, softcap: test.softcap, keys: keyCache, values: valueCache)
            _ = gk_attention_run(pool, &attention, scratch, size)
        }
    }
    // By way of the cache's own type, so that the reference sees the same rounding.
    func rounded(_ x: [Float]) -> [Float] {
        var stored = [UInt8](repeating: 0, count: bytes), back = x, source = x
        _ = gk_convert(nil, GK_F32, &source, type, &stored, Int64(x.count))
        _ = gk_convert(nil, type, &stored, GK_F32, &back, Int64(x.count))
        return back
    }
    return (y, rounded(k), rounded(v))
}
