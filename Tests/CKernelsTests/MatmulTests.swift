import CKernels
import Testing

/// The instruction sets of this machine, least first.
let instructionSets: [gk_isa] = {
    let arm = [GK_ISA_NEON, GK_ISA_NEON_DOT, GK_ISA_NEON_I8MM], x86 = [GK_ISA_AVX2, GK_ISA_AVX512, GK_ISA_AMX]
    let best = gk_isa_detected().rawValue
    return [GK_ISA_SCALAR] + (best <= GK_ISA_NEON_I8MM.rawValue ? arm : x86).filter { $0.rawValue <= best }
}()

/// Sum of products in double, and the sum of their magnitudes, which bounds what rounding may do.
func exactProduct(_ values: [Float], _ x: [Float], m: Int, rows: Int, cols: Int) -> (sums: [Double], magnitudes: [Double]) {
    var sums: [Double] = [], magnitudes: [Double] = []
    for i in 0..<m {
        for row in 0..<rows {
            var sum = 0.0, magnitude = 0.0
            for k in 0..<cols {
                let product = Double(values[row * cols + k]) * Double(x[i * cols + k])
                sum += product
                magnitude += abs(product)
            }
            sums.append(sum)
            magnitudes.append(magnitude)
        }
    }
    return (sums, magnitudes)
}

/// Serialised: each test limits the instruction set for the whole process.
@Suite(.serialized) struct MatmulTests {
    private static let shapes: [(m: Int, rows: Int, cols: Int)] = [(1, 16, 256), (1, 37, 512), (3, 48, 256), (17, 33, 768), (40, 96, 256)]

    @Test("float32 products of every type agree with sums in double", arguments: plainTypes + blockTypes + [GK_INT8, GK_NF4, GK_FP4])
    func float32(type: gk_type) {
        defer { gk_isa_limit(GK_ISA_AMX) }
        let pool = gk_pool_create(3)
        defer { gk_pool_destroy(pool) }
        for (index, shape) in Self.shapes.enumerated() {
            let weight = randomWeight(type, rows: shape.rows, cols: shape.cols, seed: UInt64(index))
            var random = SeededGenerator(seed: 100 + UInt64(index))
            let x = random.normals(shape.m * shape.cols)
            let expected = exactProduct(weight.values(), x, m: shape.m, rows: shape.rows, cols: shape.cols)
            for isa in instructionSets {
                gk_isa_limit(isa)
                for form in [weight, weight.packed()].compactMap({ $0 }) {
                    let y = multiply([form], x: x, m: shape.m, compute: GK_COMPUTE_F32, pool: pool)[0]
                    let worst = zip(y, zip(expected.sums, expected.magnitudes)).map { abs(Double($0) - $1.0) / $1.1 }.max() ?? 0
                    #expect(worst < 3e-6, "type \(type.rawValue) \(form.descriptor.layout) \(isa) \(shape)")
                    #expect(y.allSatisfy { !$0.isNaN }, "type \(type.rawValue) \(isa) \(shape)")
                }
            }
        }
    }

    @Test("int8 activations: every instruction set computes what the plain C does", arguments: blockTypes)
    func int8(type: gk_type) {
        defer { gk_isa_limit(GK_ISA_AMX) }
        let pool = gk_pool_create(2)
        defer { gk_pool_destroy(pool) }
        for (index, shape) in Self.shapes.enumerated() {
            let rowForm = randomWeight(type, rows: shape.rows, cols: shape.cols, seed: 7 + UInt64(index))
            guard let weight = rowForm.packed() else { return }
            #expect(weight.values() == rowForm.values())
            var random = SeededGenerator(seed: 200 + UInt64(index))
            let x = random.normals(shape.m * shape.cols)
            let exact = exactProduct(weight.values(), x, m: shape.m, rows: shape.rows, cols: shape.cols)
            gk_isa_limit(GK_ISA_SCALAR)
            let reference = multiply([weight], x: x, m: shape.m, compute: GK_COMPUTE_INT8)[0]
            for (y, (sum, magnitude)) in zip(reference, zip(exact.sums, exact.magnitudes)) {
                // Codes of activations err by half a step of absmax / 127 at most.
                #expect(abs(Double(y) - sum) < magnitude * 0.02, "type \(type.rawValue) \(shape)")
            }
            for isa in instructionSets {
                gk_isa_limit(isa)
                let y = multiply([weight], x: x, m: shape.m, compute: GK_COMPUTE_INT8, pool: pool)[0]
                let worst = zip(y, zip(reference, exact.magnitudes)).map { abs(Double($0 - $1.0)) / $1.1 }.max() ?? 0
                #expect(worst < 1e-5, "type \(type.rawValue) \(isa) \(shape)")
            }
        }
    }

    @Test("bfloat16 products agree with sums in double of the rounded operands", arguments: [GK_BF16, GK_NF4, GK_FP4, GK_F32, GK_Q4_1])
    func bfloat16(type: gk_type) {
        defer { gk_isa_limit(GK_ISA_AMX) }
        let pool = gk_pool_create(2)
        defer { gk_pool_destroy(pool) }
        func rounded(_ x: Float) -> Float { Float(bitPattern: (x.bitPattern + 0x7FFF + (x.bitPattern >> 16 & 1)) & 0xFFFF_0000) }
        for (index, shape) in Self.shapes.enumerated() {
            let weight = randomWeight(type, rows: shape.rows, cols: shape.cols, seed: 50 + UInt64(index))
            var random = SeededGenerator(seed: 60 + UInt64(index))
            let x = random.normals(shape.m * shape.cols)
            let exact = exactProduct(weight.values().map(rounded), x.map(rounded), m: shape.m, rows: shape.rows, cols: shape.cols)
            for isa in instructionSets {
                gk_isa_limit(isa)
                for form in [weight, weight.packed()].compactMap({ $0 }) {
                    let y = multiply([form], x: x, m: shape.m, compute: GK_COMPUTE_BF16, pool: pool)[0]
                    let worst = zip(y, zip(exact.sums, exact.magnitudes)).map { abs(Double($0) - $1.0) / $1.1 }.max() ?? 0
                    #expect(worst < 3e-6, "type \(type.rawValue) \(isa) \(shape)")
                }
            }
        }
    }

    @Test("a row's result depends neither on the rows beside it nor on the number of threads")
    func independence() {
        let pool = gk_pool_create(4)
        defer { gk_pool_destroy(pool) }
        for type in plainTypes + blockTypes + [GK_INT8, GK_NF4] {
            let rows = randomWeight(type, rows: 83, cols: 512, seed: 5)
            for weight in [rows, rows.packed()].compactMap({ $0 }) {
                var random = SeededGenerator(seed: 9)
                let x = random.normals(21 * 512)
                for compute in [GK_COMPUTE_F32, GK_COMPUTE_INT8] {
                    let all = multiply([weight], x: x, m: 21, compute: compute, pool: pool)[0]
                    #expect(all == multiply([weight], x: x, m: 21, compute: compute)[0])
                    for i in [0, 7, 20] {
                        let one = multiply([weight], x: Array(x[i * 512..<(i + 1) * 512]), m: 1, compute: compute, pool: pool)[0]
                        #expect(one == Array(all[i * 83..<(i + 1) * 83]), "type \(type.rawValue) \(compute) row \(i)")
                    }
                }
            }
        }
    }

    @Test("norm, activation function, bias and residual are as if done one after the other")
    func fused() {
        var random = SeededGenerator(seed: 3)
        let weight = randomWeight(GK_Q4_1, rows: 40, cols: 96, seed: 1)
        let x = random.normals(2 * 96), up = random.normals(2 * 96), norm = random.normals(96)
        let bias = random.normals(40), residual = random.normals(80)
        var normalised = [Float](repeating: 0, count: 192), gated = normalised, curved = normalised
        gk_rms_norm(&normalised, x, norm, 2, 96, 1e-5)
        gk_silu_mul(&gated, x, up, 192)
        gk_gelu_mul(&curved, x, up, 192)
        let rare: [(gk_input_kind, GateKernel)] = [
            (GK_INPUT_ERF_GELU_MUL, gk_erf_gelu_mul), (GK_INPUT_QUICK_GELU_MUL, gk_quick_gelu_mul), (GK_INPUT_RELU_MUL, gk_relu_mul),
            (GK_INPUT_SQUARED_RELU_MUL, gk_squared_relu_mul),
        ]
        var kinds = [(GK_INPUT_RMS_NORM, normalised), (GK_INPUT_SILU_MUL, gated), (GK_INPUT_GELU_MUL, curved)]
        for (kind, kernel) in rare {
            var prepared = x
            kernel(&prepared, x, up, 192)
            kinds.append((kind, prepared))
        }
        for (kind, prepared) in kinds {
            let plain = multiply([weight], x: prepared, m: 2, compute: GK_COMPUTE_F32)[0]
            let fused = multiply(
                [weight, weight], x: x, m: 2, compute: GK_COMPUTE_F32, kind: kind, x2: up, norm: norm, bias: bias, residual: residual)
            let expected = plain.indices.map { plain[$0] + bias[$0 % 40] + residual[$0] }
            #expect(fused == [expected, expected])
        }
    }
}
