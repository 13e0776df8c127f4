/// How the next token is chosen from the logits.
///
/// In this order: repetition penalty, then, unless the temperature is 0: temperature, top-k, top-p,
/// min-p, and a draw from what is left. Temperature 0 takes the largest logit, the lowest id among equals.
public struct Sampling: Sendable, Hashable {
    /// Logits are divided by it; 0 is greedy.
    public var temperature: Float
    /// Only the likeliest this many are kept; 0 keeps all.
    public var topK: Int
    /// The fewest likeliest whose probabilities reach this sum are kept; 1 keeps all (Holtzman et al.,
    /// arXiv 1904.09751).
    public var topP: Float
    /// Tokens less likely than this share of the likeliest are dropped; 0 keeps all (arXiv 2407.01082).
    public var minP: Float
    /// Logits of tokens that occurred are divided by it where positive and multiplied where negative
    /// (Keskar et al., arXiv 1909.05858); 1 changes nothing.
    public var repetitionPenalty: Float
    /// How many of the newest tokens the penalty looks at; 0 means all.
    public var repetitionWindow: Int
    /// The same seed, model and prompt give the same tokens.
    public var seed: UInt64

    public init(
        temperature: Float = 0, topK: Int = 0, topP: Float = 1, minP: Float = 0,
        repetitionPenalty: Float = 1, repetitionWindow: Int = 0, seed: UInt64 = 0
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.repetitionWindow = repetitionWindow
        self.seed = seed
    }

    public static let greedy = Sampling()

    /// Whether each token is simply the one with the largest logit.
    public var isPlainGreedy: Bool { temperature <= 0 && repetitionPenalty == 1 }
}

/// Draws tokens from logits on the host: the reference for devices that sample themselves, and what the
/// others use.
public struct TokenSampler: Sendable {
    public let sampling: Sampling
    private var generator: SplitMix64
    private var history: [Int32]
    private var candidates: [Candidate] = []

    private struct Candidate {
        var id: Int32
        var value: Float
    }

    public init(_ request: GenerationRequest) {
        sampling = request.sampling
        generator = SplitMix64(state: request.sampling.seed)
        history = request.sampling.repetitionPenalty == 1 ? [] : request.history
    }

    /// Chooses a token and remembers it.
    ///
    /// - Parameter logits: (vocabularySize), not empty. NaN counts as minus infinity.
    public mutating func next(_ logits: Span<Float>, alternatives: Int = 0) -> GeneratedToken {
        let (best, logSum) = Self.statistics(logits)
        return next(logits, best: best, logSum: logSum, alternatives: alternatives)
    }

    /// The same where the id of the largest logit and ln Σ exp(logit) are known.
    public mutating func next(_ logits: Span<Float>, best: Int32, logSum: Float, alternatives: Int) -> GeneratedToken {
        var chosen = best
        if !sampling.isPlainGreedy { chosen = draw(logits) }
        if sampling.repetitionPenalty != 1 { history.append(chosen) }
        return GeneratedToken(
            id: chosen, logProbability: logits[Int(chosen)] - logSum,
            alternatives: alternatives > 0 ? Self.likeliest(logits, alternatives, logSum: logSum) : [])
    }

    /// The id of the largest logit, and ln Σ exp(logit).
    public static func statistics(_ logits: Span<Float>) -> (best: Int32, logSum: Float) {
        var best = 0
        var largest = -Float.infinity
        for index in logits.indices where logits[index] > largest {
            largest = logits[index]
            best = index
        }
        var sum = 0.0
        for index in logits.indices {
            let difference = logits[index] - largest
            // Terms below exp(-40) cannot change a double sum of 10⁵ terms in its first ten digits.
            if difference > -40 { sum += Double(exponential(difference)) }
        }
        return (Int32(best), largest + Float(logarithm(sum)))
    }

    /// The `count` likeliest tokens with their log-probabilities, best first.
    public static func likeliest(_ logits: Span<Float>, _ count: Int, logSum: Float) -> [GeneratedToken.Alternative] {
        var kept: [GeneratedToken.Alternative] = []
        kept.reserveCapacity(count + 1)
        for index in logits.indices {
            let value = logits[index] - logSum
            if kept.count == count, let last = kept.last, !(value > last.logProbability) { continue }
            let place = kept.firstIndex { value > $0.logProbability } ?? kept.count
            kept.insert(.init(id: Int32(index), logProbability: value), at: place)
            if kept.count > count { kept.removeLast() }
        }
        return kept
    }

    private mutating func draw(_ logits: Span<Float>) -> Int32 {
        candidates.removeAll(keepingCapacity: true)
        candidates.reserveCapacity(logits.count)
        for index in logits.indices {
            let value = logits[index]
            candidates.append(Candidate(id: Int32(index), value: value.isNaN ? -.infinity : value))
        }
        if sampling.repetitionPenalty != 1 { penalise() }
        guard sampling.temperature > 0 else {
            return candidates.max { ($0.value, $1.id) < ($1.value, $0.id) }?.id ?? 0
        }
        return pick()
    }

    private mutating func penalise() {
        let window = sampling.repetitionWindow > 0 ? sampling.repetitionWindow : history.count
        for id in Set(history.suffix(window)) where candidates.indices.contains(Int(id)) {
            let value = candidates[Int(id)].value
            candidates[Int(id)].value =
                value > 0 ? value / sampling.repetitionPenalty : value * sampling.repetitionPenalty
        }
    }

    private mutating func pick() -> Int32 {
        for index in candidates.indices { candidates[index].value /= sampling.temperature }
        let largest = candidates.lazy.map(\.value).max() ?? 0
        // Candidates this far below the best have no share that a 53-bit draw could hit.
        candidates.removeAll { !($0.value - largest > -40) }
        candidates.sort { ($0.value, $1.id) > ($1.value, $0.id) }
        if sampling.topK > 0, candidates.count > sampling.topK {
            candidates.removeLast(candidates.count - sampling.topK)
        }
        var weights = candidates.map { Double(exponential($0.value - largest)) }
        if sampling.topP < 1 {
            let target = Double(sampling.topP) * weights.reduce(0, +)
            var sum = 0.0
            var kept = 0
            for weight in weights where kept == 0 || sum < target {
                sum += weight
                kept += 1
            }
            weights.removeLast(weights.count - kept)
        }
        if sampling.minP > 0, let first = weights.first {
            let floor = Double(sampling.minP) * first
            weights = Array(weights.prefix { $0 >= floor })
        }
        var rest = generator.nextUnit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return candidates[index].id }
        }
        return candidates.first?.id ?? 0
    }
}

/// A small seeded generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0..<1.
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
