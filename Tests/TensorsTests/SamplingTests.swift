import Tensors
import TestSupport
import Testing

@Suite("Sampling, held against the distribution computed in double precision")
struct SamplingTests {
    static let logits: [Float] = [2, -1, 0.5, 3, 2.5, -4, .nan, 1, 2.9, -0.5]

    static func request(_ sampling: Sampling, history: [Int32] = []) -> GenerationRequest {
        GenerationRequest(sampling: sampling, history: history, alternatives: 0, maximumTokens: 1)
    }

    /// The probabilities that a way of sampling gives each id, by its definition.
    static func distribution(_ sampling: Sampling, history: [Int] = []) -> [Double] {
        var values = logits.map { $0.isNaN ? -Double.infinity : Double($0) }
        let window = sampling.repetitionWindow > 0 ? sampling.repetitionWindow : history.count
        for id in Set(history.suffix(window)) {
            let penalty = Double(sampling.repetitionPenalty)
            values[id] = values[id] > 0 ? values[id] / penalty : values[id] * penalty
        }
        let weights = values.map { exponential($0 / Double(sampling.temperature)) }
        var order = values.indices.sorted { weights[$0] > weights[$1] }
        if sampling.topK > 0 { order = Array(order.prefix(sampling.topK)) }
        let total = order.reduce(0) { $0 + weights[$1] }
        var kept: [Int] = [], sum = 0.0
        for id in order where sum < Double(sampling.topP) * total || kept.isEmpty {
            sum += weights[id]
            kept.append(id)
        }
        if let best = kept.first { kept = kept.filter { weights[$0] >= Double(sampling.minP) * weights[best] } }
        let share = kept.reduce(0) { $0 + weights[$1] }
        return values.indices.map { kept.contains($0) ? weights[$0] / share : 0 }
    }

    /// By repeated squaring of a short series: nothing of the library's own.
    static func exponential(_ x: Double) -> Double {
        guard x > -700 else { return 0 }
        let small = x / 1024
        var result = 1 + small * (1 + small / 2 * (1 + small / 3 * (1 + small / 4 * (1 + small / 5))))
        for _ in 0..<10 { result *= result }
        return result
    }

    static let ways: [Sampling] = [
        Sampling(temperature: 1, seed: 1), Sampling(temperature: 0.7, seed: 2), Sampling(temperature: 3, seed: 3),
        Sampling(temperature: 1, topK: 3, seed: 4), Sampling(temperature: 1, topP: 0.6, seed: 5), Sampling(temperature: 1, minP: 0.3, seed: 6),
        Sampling(temperature: 1.5, topK: 6, topP: 0.9, minP: 0.05, seed: 7),
    ]

    @Test("Draws are as frequent as they should be", arguments: ways)
    func frequencies(sampling: Sampling) {
        let expected = Self.distribution(sampling)
        var sampler = TokenSampler(Self.request(sampling))
        var counts = [Int](repeating: 0, count: Self.logits.count)
        let draws = 20_000
        for _ in 0..<draws { counts[Int(sampler.next(Self.logits.span).id)] += 1 }
        for (count, share) in zip(counts, expected) {
            if share == 0 { #expect(count == 0) }
            // Five standard deviations of a binomial count.
            let deviation = (Double(draws) * share * (1 - share)).squareRoot()
            #expect(abs(Double(count) - Double(draws) * share) <= 5 * deviation + 1e-9, "\(count) of \(draws), expected \(share)")
        }
    }

    @Test("The penalty weakens what occurred, within its window")
    func penalty() {
        let history: [Int32] = [3, 3, 8, 1]
        for window in [0, 2] {
            let sampling = Sampling(temperature: 1, repetitionPenalty: 1.8, repetitionWindow: window, seed: 9)
            let expected = Self.distribution(sampling, history: history.map { Int($0) })
            var counts = [Int](repeating: 0, count: Self.logits.count)
            for seed in 0..<8000 {
                var seeded = sampling
                seeded.seed = UInt64(seed)
                // The history grows with each draw, so each is the first of its own.
                var sampler = TokenSampler(Self.request(seeded, history: history))
                counts[Int(sampler.next(Self.logits.span).id)] += 1
            }
            for (count, share) in zip(counts, expected) {
                #expect(abs(Double(count) / 8000 - share) <= 5 * (share * (1 - share) / 8000).squareRoot() + 1e-9)
            }
        }
        var greedy = TokenSampler(Self.request(Sampling(repetitionPenalty: 4), history: [3]))
        #expect(greedy.next(Self.logits.span).id == 8)
    }

    @Test("Greedy takes the lowest id among equals; a seed repeats itself")
    func greedy() {
        var sampler = TokenSampler(Self.request(.greedy))
        #expect(sampler.next([1, 5, 5, 2].span).id == 1)
        func draws(_ seed: UInt64) -> [Int32] {
            var sampler = TokenSampler(Self.request(Sampling(temperature: 1, seed: seed)))
            return (0..<50).map { _ in sampler.next(Self.logits.span).id }
        }
        #expect(draws(7) == draws(7))
        #expect(draws(7) != draws(8))
    }
}
