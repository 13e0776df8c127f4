import CKernels
import Testing

@Suite(.serialized) struct AttentionTests {
    struct Case: Sendable, CustomStringConvertible {
        var m: Int, first: Int, heads: Int, kvHeads: Int, dim: Int, window = 0, softcap: Float = 0
        var description: String { "m \(m), first \(first), heads \(heads)/\(kvHeads), dim \(dim), window \(window), softcap \(softcap)" }
    }

    static let cases = [
        Case(m: 1, first: 0, heads: 9, kvHeads: 3, dim: 64), Case(m: 1, first: 130, heads: 9, kvHeads: 3, dim: 64),
        Case(m: 1, first: 77, heads: 4, kvHeads: 1, dim: 256, window: 20), Case(m: 1, first: 40, heads: 12, kvHeads: 2, dim: 32, softcap: 30),
        Case(m: 5, first: 3, heads: 4, kvHeads: 2, dim: 16), Case(m: 40, first: 0, heads: 9, kvHeads: 3, dim: 64),
        Case(m: 30, first: 50, heads: 4, kvHeads: 1, dim: 128, window: 30), Case(m: 33, first: 9, heads: 3, kvHeads: 3, dim: 80, softcap: 5),
        Case(m: 6, first: 2, heads: 2, kvHeads: 2, dim: 20),
    ]

    @Test("attention over any cache type is what the definition says, in double", arguments: cases)
    func definition(test: Case) {
        defer { gk_isa_limit(GK_ISA_AMX) }
        let pool = gk_pool_create(2)
        defer { gk_pool_destroy(pool) }
        var random = SeededGenerator(seed: 11)
        let positions = test.first + test.m, width = test.heads * test.dim, kvWidth = test.kvHeads * test.dim
        let q = random.normals(test.m * width), k = random.normals(positions * kvWidth), v = random.normals(positions * kvWidth)
        for type in plainTypes {
            for isa in instructionSets {
                gk_isa_limit(isa)
                let (y, keys, values) = attend(test, type: type, q: q, k: k, v: v, pool: pool)
                var worst = 0.0
                for i in 0..<test.m {
                    for h in 0..<test.heads {
                        let expected = reference(test, i: i, h: h, q: q, k: keys, v: values)
                        for d in 0..<test.dim { worst = max(worst, abs(expected[d] - Double(y[i * width + h * test.dim + d]))) }
                    }
                }
                #expect(worst < 2e-5, "\(test) cache \(type.rawValue) \(isa)")
            }
        }
    }

    @Test("both rotary layouts turn pairs by the angles given")
    func rope() {
        defer { gk_isa_limit(GK_ISA_AMX) }
        for (dim, dims) in [(64, 64), (80, 80), (20, 12), (256, 256)] {
            var random = SeededGenerator(seed: 2)
            let x = random.normals(2 * 3 * dim), cosines = random.normals(dims), sines = random.normals(dims)
            for isa in instructionSets {
                gk_isa_limit(isa)
                for layout in [GK_ROPE_HALVES, GK_ROPE_INTERLEAVED] {
                    var y = x
                    #expect(gk_rope(&y, 2, Int64(3 * dim), 3, Int64(dim), Int64(dims), cosines, sines, layout) == GK_OK)
                    var expected = x
                    for i in 0..<2 {
                        for h in 0..<3 {
                            for p in 0..<dims / 2 {
                                let at = (i * 3 + h) * dim
                                let (a, b) = layout == GK_ROPE_HALVES ? (at + p, at + dims / 2 + p) : (at + 2 * p, at + 2 * p + 1)
                                let c = cosines[i * dims / 2 + p], s = sines[i * dims / 2 + p]
                                expected[a] = x[a] * c - x[b] * s
                                expected[b] = x[a] * s + x[b] * c
                            }
                        }
                    }
                    #expect(y == expected, "dim \(dim) \(layout) \(isa)")
                }
            }
        }
    }

    private func reference(_ test: Case, i: Int, h: Int, q: [Float], k: [Float], v: [Float]) -> [Double] {
        let kvHead = h / (test.heads / test.kvHeads), dim = test.dim, position = test.first + i
        let from = test.window > 0 ? max(0, position - test.window + 1) : 0
        var scores: [Double] = []
        for j in from...position {
            var score = 0.0
            for d in 0..<dim {
                score += Double(q[(i * test.heads + h) * dim + d]) * Double(k[(j * test.kvHeads + kvHead) * dim + d])
            }
            score *= 0.2
            if test.softcap > 0 { score = Double(test.softcap) * hyperbolicTangent(score / Double(test.softcap)) }
            scores.append(score)
        }
        let top = scores.max() ?? 0, weights = scores.map { exponential($0 - top) }, total = weights.reduce(0, +)
        return (0..<dim).map { d in
            weights.indices.reduce(0.0) { $0 + weights[$1] / total * Double(v[((from + $1) * test.kvHeads + kvHead) * dim + d]) }
        }
    }
}
