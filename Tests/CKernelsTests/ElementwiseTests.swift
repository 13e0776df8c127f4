import CKernels
import Testing

@Suite(.serialized) struct ElementwiseTests {
    @Test("gates, norm and softmax are within rounding of the formulas in double")
    func formulas() {
        defer { gk_isa_limit(GK_ISA_AMX) }
        var random = SeededGenerator(seed: 4)
        for count in [1, 15, 16, 33, 200] {
            let gate = random.normals(count).map { $0 * 5 }, up = random.normals(count), weight = random.normals(count)
            for isa in instructionSets {
                gk_isa_limit(isa)
                var y = [Float](repeating: .nan, count: count)
                gk_silu_mul(&y, gate, up, Int64(count))
                for i in 0..<count {
                    let x = Double(gate[i]), expected = x / (1 + exponential(-x)) * Double(up[i])
                    #expect(abs(Double(y[i]) - expected) <= 1e-6 * abs(expected) + 1e-12)
                }
                gk_gelu_mul(&y, gate, up, Int64(count))
                for i in 0..<count {
                    let x = Double(gate[i]), u = 0.7978845608028654 * (x + 0.044715 * x * x * x)
                    let expected = 0.5 * x * (1 + hyperbolicTangent(u)) * Double(up[i])
                    #expect(abs(Double(y[i]) - expected) <= 3e-6 * abs(Double(gate[i]) * Double(up[i])) + 1e-12)
                }
                gk_rms_norm(&y, gate, weight, 1, Int64(count), 1e-5)
                let mean = gate.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
                for i in 0..<count {
                    let expected = Double(gate[i]) / (mean + 1e-5).squareRoot() * Double(weight[i])
                    #expect(abs(Double(y[i]) - expected) <= 2e-6 * abs(expected) + 1e-12)
                }
                gk_softmax(&y, gate, Int64(count))
                let top = Double(gate.max() ?? 0), total = gate.reduce(0.0) { $0 + exponential(Double($1) - top) }
                for i in 0..<count { #expect(abs(Double(y[i]) - exponential(Double(gate[i]) - top) / total) < 1e-6) }
                var largest: Float = 0, sum = 0.0
                gk_sum_exp(gate, Int64(count), &largest, &sum)
                #expect(largest == gate.max())
                #expect(abs(sum - total) < 1e-6 * total)
            }
        }
    }

    @Test("gates that few models use are the formulas, at both ends too")
    func rareGates() {
        var random = SeededGenerator(seed: 6)
        let gate = random.normals(100).map { $0 * 5 } + [0, -0.0, 200, -200, 1e-20, -1e-20], up = random.normals(106)
        let gates: [(GateKernel, (Double) -> Double)] = [
            (gk_erf_gelu_mul, { 0.5 * $0 * (1 + errorFunction($0 * 0.5.squareRoot())) }),
            (gk_quick_gelu_mul, { $0 / (1 + exponential(-1.702 * $0)) }),
            (gk_relu_mul, { max($0, 0) }), (gk_squared_relu_mul, { max($0, 0) * max($0, 0) }),
        ]
        for (kernel, formula) in gates {
            var y = gate
            kernel(&y, gate, up, Int64(gate.count))
            for i in gate.indices {
                let expected: Double = formula(Double(gate[i])) * Double(up[i])
                // A difference of nearly equal numbers loses by their size, which is the input's.
                let size: Double = abs(Double(gate[i]) * Double(up[i]))
                let allowed: Double = 1e-6 * abs(expected) + 1e-7 * size + 1e-30
                let error: Double = abs(Double(y[i]) - expected)
                #expect(error <= allowed)
            }
        }
    }

    @Test("the first of the largest wins, NaN never does")
    func argmax() {
        defer { gk_isa_limit(GK_ISA_AMX) }
        for isa in instructionSets {
            gk_isa_limit(isa)
            var x = [Float](repeating: -2, count: 77)
            #expect(gk_argmax(x, 77) == 0)
            x[40] = 3
            x[70] = 3
            x[5] = .nan
            #expect(gk_argmax(x, 77) == 40)
            #expect(gk_argmax(x, 0) == -1)
            #expect(gk_argmax([Float](repeating: .nan, count: 20), 20) == -1)
        }
    }

    @Test("halves and bfloat16 round to nearest, ties to even, and come back exactly")
    func conversion() {
        var random = SeededGenerator(seed: 8)
        var source: [Float] = [0, -0.0, 1, 65504, 65519, 65520, 1e-8, 5.9604645e-8, 2.9802322e-8, 2.98023259e-8, .infinity, -.infinity, 1e38]
        for _ in 0..<20_000 { source.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))) }
        let count = Int64(source.count)
        var halves = [UInt16](repeating: 0, count: source.count), back = source
        #expect(gk_convert(nil, GK_F32, source, GK_F16, &halves, count) == GK_OK)
        #expect(gk_convert(nil, GK_F16, halves, GK_F32, &back, count) == GK_OK)
        #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
            for i in source.indices where !source[i].isNaN {
                #expect(halves[i] == Float16(source[i]).bitPattern)
                #expect(back[i] == Float(Float16(source[i])))
            }
        #endif
        #expect(gk_convert(nil, GK_F32, source, GK_BF16, &halves, count) == GK_OK)
        #expect(gk_convert(nil, GK_BF16, halves, GK_F32, &back, count) == GK_OK)
        for i in source.indices {
            if source[i].isNaN {
                #expect(back[i].isNaN)
            } else {
                let bits = source[i].bitPattern, rounded = UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)
                #expect(halves[i] == UInt16(truncatingIfNeeded: rounded >> 16))
            }
        }
    }

    @Test("int8 rows keep values within half a step")
    func int8() {
        var random = SeededGenerator(seed: 6)
        let x = random.normals(5 * 100)
        var codes = [Int8](repeating: 0, count: 500), absmax = [Float](repeating: 0, count: 5)
        #expect(gk_quantize_int8(nil, x, 5, 100, &codes, &absmax) == GK_OK)
        for i in x.indices {
            let step = absmax[i / 100] / 127
            #expect(abs(Float(codes[i]) * step - x[i]) <= step * 0.5001)
        }
        #expect((0..<5).allSatisfy { row in absmax[row] == x[row * 100..<(row + 1) * 100].map(abs).max() })
    }

    @Test("bad arguments give a status")
    func statuses() {
        var y: Float = 0, byte: UInt8 = 0
        #expect(gk_rows_bytes(GK_Q4_0, 2, 33) == -1)
        #expect(gk_rows_bytes(GK_F32, .max, 2) == -1)
        #expect(gk_packed_bytes(GK_Q2_K, 16, 256) == -1)
        #expect(gk_packed_bytes(GK_Q4_0, .max, 32) == -1)
        #expect(gk_matmul_scratch_bytes(nil, -1, 32) == -1)
        #expect(gk_dequantize(nil, GK_NF4, [UInt8(0)], GK_F32, &y, 1) == GK_UNSUPPORTED)
        #expect(gk_quantize_4bit(nil, GK_NF4, [1], 1, 63, &byte, &y) == GK_BAD_ARGUMENT)
        #expect(gk_rope(&y, 1, 1, 1, 1, 2, [1], [0], GK_ROPE_HALVES) == GK_BAD_ARGUMENT)
    }
}
