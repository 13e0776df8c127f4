private import Synchronization
import Tensors
import Tokenizers

/// One answer in the making.
final class GenerationRun: @unchecked Sendable {
    // Everything that changes is read and written within the lock.

    private let lock = Mutex(())
    private let context: DecodingContext
    private let prompt: [Int32]
    private let options: GenerationOptions
    private let endTokens: Set<Int32>
    private var decoder: StreamingDecoder?
    private var stops: StopStringFilter
    private var speculation: PromptLookup?
    private let onFinish: () -> Void

    private var tokens: [Int] = []
    private var logProbabilities: [Float] = []
    private var text = ""
    private var finishReason: FinishReason?
    private var cachedTokenCount = 0
    private var promptDuration = Duration.zero
    private let start = ContinuousClock.now
    private var lastInstant: ContinuousClock.Instant
    private var isStarted = false
    /// The newest token, which the cache does not hold yet.
    private var pending: Int32?

    init(
        context: DecodingContext, prompt: [Int32], options: GenerationOptions, endTokens: Set<Int32>,
        tokenizer: Tokenizer?, onFinish: @escaping () -> Void
    ) {
        self.context = context
        self.prompt = prompt
        self.options = options
        self.endTokens = options.stopsAtEndOfText ? endTokens : []
        decoder = tokenizer?.streamingDecoder(skipSpecialTokens: true)
        stops = StopStringFilter(options.stopStrings)
        if options.speculatedTokens > 0, options.sampling.isPlainGreedy {
            speculation = PromptLookup(history: prompt, count: options.speculatedTokens)
        }
        lastInstant = start
        self.onFinish = onFinish
    }

    deinit { finish() }

    private var isFinished = false

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        context.session.stopGenerating()
        onFinish()
    }

    /// The next token; `nil` after the last.
    func next() throws(ModelError) -> GenerationStep? {
        try lock.withLock { _ in Result { () throws(ModelError) in try advance() } }.get()
    }

    private func advance() throws(ModelError) -> GenerationStep? {
        guard finishReason == nil, !isFinished else { return nil }
        do {
            if tokens.count >= options.maximumTokens {
                finishReason = .maximumTokens
                finish()
                return nil
            }
            let token = try nextToken()
            let now = ContinuousClock.now
            let duration = now - lastInstant
            lastInstant = now
            if tokens.isEmpty { promptDuration = duration }
            return step(token, duration: duration)
        } catch {
            finish()
            throw error
        }
    }

    private func step(_ token: GeneratedToken, duration: Duration) -> GenerationStep {
        tokens.append(Int(token.id))
        logProbabilities.append(token.logProbability)
        var piece = ""
        if endTokens.contains(token.id) {
            finishReason = .endOfText
        } else {
            piece = stops.append(decoder?.append(Int(token.id)) ?? "")
            if stops.isStopped { finishReason = .stopString }
        }
        if finishReason == nil, tokens.count >= options.maximumTokens { finishReason = .maximumTokens }
        if finishReason != nil {
            if !stops.isStopped { piece += stops.finish(with: decoder?.finish() ?? "") }
            if stops.isStopped { finishReason = .stopString }
            finish()
        }
        text += piece
        return GenerationStep(
            token: Int(token.id), text: piece, logProbability: token.logProbability, alternatives: token.alternatives,
            duration: duration)
    }

    private func nextToken() throws(ModelError) -> GeneratedToken {
        if !isStarted {
            cachedTokenCount = try context.prepare(prompt, further: max(0, options.maximumTokens - 1))
            isStarted = true
            do {
                try context.session.startGenerating(
                    GenerationRequest(
                        sampling: options.sampling, history: prompt, alternatives: min(64, max(0, options.alternatives)),
                        maximumTokens: speculation == nil ? options.maximumTokens : 1))
            } catch { throw .backend(error) }
            return try take()
        }
        if speculation != nil { return try speculate() }
        return try take()
    }

    /// A token that the session chose by itself, which puts the one before it into the cache.
    private func take() throws(ModelError) -> GeneratedToken {
        do {
            let token = try context.session.nextToken()
            if let pending { context.noteCached(pending) }
            pending = token.id
            speculation?.append(token.id)
            return token
        } catch { throw .backend(error) }
    }

    /// Evaluates the newest token with guesses after it, and takes those guesses that the model makes too.
    private func speculate() throws(ModelError) -> GeneratedToken {
        guard var lookup = speculation, let pending else { return try take() }
        if lookup.verified.isEmpty {
            let room = min(options.maximumTokens - tokens.count, context.shape.contextLength - context.tokens.count) - 1
            let guesses = lookup.guess(most: max(0, room))
            let result = try context.evaluate([pending] + guesses, wanting: DecoderOutputs(logits: .all))
            let choices = Self.choices(result.logits, vocabularySize: context.shape.vocabularySize, alternatives: options.alternatives)
            var accepted = 0
            while accepted < guesses.count, choices[accepted].id == guesses[accepted] { accepted += 1 }
            context.truncate(to: context.tokens.count - (guesses.count - accepted))
            lookup.verified = Array(choices[...accepted])
        }
        let token = lookup.verified.removeFirst()
        lookup.append(token.id)
        self.pending = token.id
        speculation = lookup
        return token
    }

    private static func choices(_ logits: [Float], vocabularySize: Int, alternatives: Int) -> [GeneratedToken] {
        stride(from: 0, to: logits.count, by: vocabularySize).map { start in
            let row = logits.span.extracting(start..<start + vocabularySize)
            let (best, logSum) = TokenSampler.statistics(row)
            return GeneratedToken(
                id: best, logProbability: row[Int(best)] - logSum,
                alternatives: alternatives > 0 ? TokenSampler.likeliest(row, min(64, alternatives), logSum: logSum) : [])
        }
    }

    /// The answer so far as a whole.
    var result: GenerationResult {
        lock.withLock { _ in
            GenerationResult(
                text: text, tokens: tokens, logProbabilities: logProbabilities, finishReason: finishReason ?? .maximumTokens,
                promptTokenCount: prompt.count, cachedTokenCount: cachedTokenCount, promptDuration: promptDuration,
                decodeDuration: max(.zero, lastInstant - start - promptDuration))
        }
    }
}

/// Guesses how a text goes on from where it went on before (Saxena, "Prompt lookup decoding", 2023).
struct PromptLookup {
    private var history: [Int32]
    private let count: Int
    /// Choices of the model that were evaluated ahead and not handed out yet.
    var verified: [GeneratedToken] = []

    /// Tokens that must agree before the guess, at most and at least.
    private static let lengths = (most: 3, least: 2)

    init(history: [Int32], count: Int) {
        self.history = history
        self.count = min(count, 16)
    }

    mutating func append(_ token: Int32) { history.append(token) }

    /// What followed the last earlier place where the newest tokens stand; empty where there is none.
    func guess(most: Int) -> [Int32] {
        for length in stride(from: Self.lengths.most, through: Self.lengths.least, by: -1) where history.count > length {
            let end = history.suffix(length)
            for start in stride(from: history.count - length - 1, through: 0, by: -1)
            where history[start..<start + length].elementsEqual(end) {
                return Array(history[(start + length)...].prefix(min(count, most)))
            }
        }
        return []
    }
}

/// Holds text back that may be the beginning of a stop string.
package struct StopStringFilter {
    private let stops: [String]
    private var held = ""
    package private(set) var isStopped = false

    package init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }
    }

    /// What may be shown now that `text` was added.
    package mutating func append(_ text: String) -> String {
        if stops.isEmpty || isStopped { return isStopped ? "" : text }
        held += text
        if let cut = stops.compactMap({ firstRange(of: $0) }).min() {
            isStopped = true
            let shown = String(decoding: held.utf8.prefix(cut), as: UTF8.self)
            held = ""
            return shown
        }
        let kept = stops.map { overlap(with: $0) }.max() ?? 0
        let shown = String(decoding: held.utf8.dropLast(kept), as: UTF8.self)
        held = String(decoding: held.utf8.suffix(kept), as: UTF8.self)
        return shown
    }

    /// What was held back, now that nothing but `text` follows.
    package mutating func finish(with text: String) -> String {
        let shown = append(text)
        defer { held = "" }
        return isStopped ? shown : shown + held
    }

    /// The UTF-8 offset at which `stop` begins.
    private func firstRange(of stop: String) -> Int? {
        let text = Array(held.utf8), stop = Array(stop.utf8)
        guard text.count >= stop.count else { return nil }
        return (0...text.count - stop.count).first { text[$0..<$0 + stop.count].elementsEqual(stop) }
    }

    /// How many bytes at the end may be the beginning of `stop`; whole characters, since both are UTF-8.
    private func overlap(with stop: String) -> Int {
        let text = Array(held.utf8), stop = Array(stop.utf8)
        return (1..<max(1, stop.count)).reversed().first { length in
            length <= text.count && text.suffix(length).elementsEqual(stop.prefix(length))
        } ?? 0
    }
}
