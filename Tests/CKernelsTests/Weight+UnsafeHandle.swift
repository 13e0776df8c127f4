import CKernels

/// A weight that owns its bytes, for tests: the C descriptor borrows, this one keeps.
final class TestWeight {
    private let storage: [UnsafeMutableRawPointer]
    let descriptor: gk_weight

    var rows: Int { Int(descriptor.rows) }
    var cols: Int { Int(descriptor.cols) }

    /// Bytes of the layout ROWS; `absmax` for the types that have one.
    init(type: gk_type, rows: Int, cols: Int, bytes: [UInt8], layout: gk_layout = GK_LAYOUT_ROWS, absmax: [Float] = [], blockSize: Int = 64) {
        // Exact sizes, so that a sanitizer sees reads beyond them; 64-byte alignment only for the start.
        let data = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        bytes.withUnsafeBytes { if let base = $0.baseAddress { data.copyMemory(from: base, byteCount: bytes.count) } }
        let scales = UnsafeMutablePointer<Float>.allocate(capacity: max(absmax.count, 1))
        scales.initialize(repeating: 0, count: max(absmax.count, 1))
        for (index, value) in absmax.enumerated() { scales[index] = value }
        storage = [data, UnsafeMutableRawPointer(scales)]
        descriptor = gk_weight(
            type: type, layout: layout, rows: Int64(rows), cols: Int64(cols), data: UnsafeRawPointer(data),
            block_size: Int64(blockSize), absmax: absmax.isEmpty ? nil : UnsafePointer(scales), absmax_codes: nil,
            absmax_map: nil, absmax_state2: nil, absmax_offset: 0)
    }

    deinit { for pointer in storage { pointer.deallocate() } }

    /// The same matrix in layout PACKED, or nil where the type has none.
    func packed(pool: OpaquePointer? = nil) -> TestWeight? {
        let size = gk_packed_bytes(descriptor.type, descriptor.rows, descriptor.cols)
        guard size >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0xA5, count: Int(size))
        guard gk_pack(pool, descriptor.type, descriptor.rows, descriptor.cols, descriptor.data, &bytes) == GK_OK else { return nil }
        return TestWeight(type: descriptor.type, rows: rows, cols: cols, bytes: bytes, layout: GK_LAYOUT_PACKED)
    }

    /// All values, row by row.
    func values() -> [Float] {
        var result = [Float](repeating: .nan, count: rows * cols)
        withUnsafePointer(to: descriptor) {
            _ = gk_dequantize_weight(nil, $0, 0, descriptor.rows, GK_F32, &result)
        }
        return result
    }
}

/// y = x W^T for each weight, by the kernels.
func multiply(
    _ weights: [TestWeight], x: [Float], m: Int, compute: gk_compute, pool: OpaquePointer? = nil,
    kind: gk_input_kind = GK_INPUT_PLAIN, x2: [Float] = [], norm: [Float] = [], bias: [Float]? = nil, residual: [Float]? = nil
) -> [[Float]] {
    let cols = weights[0].cols
    var results = weights.map { [Float](repeating: .nan, count: m * $0.rows) }
    let descriptors = UnsafeMutablePointer<gk_weight>.allocate(capacity: weights.count)
    let outputs = weights.map { UnsafeMutablePointer<Float>.allocate(capacity: max(1, m * $0.rows)) }
    let size = Int(gk_matmul_scratch_bytes(pool, Int64(m), Int64(cols)))
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: 16)
    defer {
        descriptors.deallocate()
        scratch.deallocate()
        for output in outputs { output.deallocate() }
    }
    x.withUnsafeBufferPointer { xBuffer in
        x2.withUnsafeBufferPointer { x2Buffer in
            norm.withUnsafeBufferPointer { normBuffer in
                (bias ?? []).withUnsafeBufferPointer { biasBuffer in
                    (residual ?? []).withUnsafeBufferPointer { residualBuffer in
                        // swift-format-ignore: NeverForceUnwrap
                        var input = gk_input(
                            kind: kind, compute: compute, m: Int64(m), cols: Int64(cols), x: xBuffer.baseAddress!,
                            x_stride: Int64(cols), x2: x2.isEmpty ? nil : x2Buffer.baseAddress, x2_stride: Int64(cols),
                            norm_weight: norm.isEmpty ? nil : normBuffer.baseAddress, eps: 1e-5)
                        var products: [gk_product] = []
                        for (index, weight) in weights.enumerated() {
                            descriptors[index] = weight.descriptor
                            products.append(
                                gk_product(
                                    weight: descriptors + index, y: outputs[index], y_stride: Int64(weight.rows),
                                    bias: bias == nil ? nil : biasBuffer.baseAddress,
                                    residual: residual == nil ? nil : residualBuffer.baseAddress,
                                    residual_stride: Int64(weight.rows)))
                        }
                        let status = gk_matmul(pool, &input, &products, Int32(products.count), scratch, Int64(size))
                        guard status == GK_OK else { return }
                        for (index, weight) in weights.enumerated() {
                            for i in 0..<(m * weight.rows) { results[index][i] = outputs[index][i] }
                        }
                    }
                }
            }
        }
    }
    return results
}
