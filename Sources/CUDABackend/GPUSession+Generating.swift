internal import CCUDAShim
import TensorMemory
import Tensors

extension GPUSession {
    func startGenerating(_ request: GenerationRequest) throws(BackendError) {
        guard hasLogits else { throw .unsupported("generating before the prompt was evaluated") }
        let sampling = request.sampling
        // The device draws only the plain cases; all others are drawn on the host from the logits.
        let isPlain = request.alternatives == 0 && sampling.isPlainGreedy
        run = Run(request: request, sampler: isPlain ? nil : TokenSampler(request))
    }

    func nextToken() throws(BackendError) -> GeneratedToken {
        guard var run else { throw .unsupported("a next token before generating was started") }
        self.run = nil
        let token = try next(&run)
        run.handedOut += 1
        run.pending = token.id
        self.run = run
        return token
    }

    private func next(_ run: inout Run) throws(BackendError) -> GeneratedToken {
        if let pending = run.pending {
            // The token before this one counts as cached from now on.
            guard position < capacity else { throw .cacheFull(capacity: capacity, needed: position + 1) }
            if run.ready.isEmpty {
                if run.sampler != nil {
                    hasLogits = false
                    try step(pending)
                    position += 1
                    hasLogits = true
                    return try chooseFromLogits(&run)
                }
                try makeTokens(&run)
            }
            position += 1
            run.ahead -= 1
            hasLogits = false
            if let token = run.ready.popFirst() { return token }
        }
        return try chooseFromLogits(&run)
    }

    /// The token that the logits give, on the device or through the host's sampler.
    private func chooseFromLogits(_ run: inout Run) throws(BackendError) -> GeneratedToken {
        let logits = program.at(program.layout.logits)
        if run.sampler != nil {
            let values = try backend.run { () throws(CUDAFailure) in try backend.context.read(shape.vocabularySize, of: Float.self, from: logits) }
            return run.sampler?.next(values.span, alternatives: run.request.alternatives) ?? GeneratedToken(id: 0, logProbability: 0)
        }
        let choice = program.at(program.layout.choice)
        let choices = try backend.run { () throws(CUDAFailure) in
            try program.choose(
                logits, rows: 1, choices: choice, feedback: program.at(program.layout.tokens) + UInt64(position * 4), temperature: 0, seed: 0,
                counter: UInt32(truncatingIfNeeded: position))
            return try backend.context.read(1, of: KernelChoice.self, from: choice)
        }
        guard let chosen = choices.first else { throw .device(backend.device, operation: "choose", message: "nothing came back") }
        return GeneratedToken(id: chosen.token, logProbability: chosen.logit - chosen.logSum)
    }

    /// Makes the next tokens, starting from `tokens[position]`, more at a time the longer the run lasts.
    private func makeTokens(_ run: inout Run) throws(BackendError) {
        let steps = max(1, min(run.steps, run.request.maximumTokens - run.handedOut, capacity - position))
        run.steps = min(run.steps * 2, GPUSessionLayout.mostSteps)
        if let loop, prefersLoop(loop) { try runLoop(loop, steps: steps) } else { try runGraph(steps: steps) }
        let (ids, chosen) = try backend.run { () throws(CUDAFailure) in
            let ids = try backend.context.read(steps, of: Int32.self, from: program.at(program.layout.tokens) + UInt64((position + 1) * 4))
            return (ids, try backend.context.read(2 * steps, of: Float.self, from: program.at(program.layout.chosen)))
        }
        run.ready = ids.enumerated().map { GeneratedToken(id: $1, logProbability: chosen[2 * $0] - chosen[2 * $0 + 1]) }[...]
        run.ahead += steps
    }

    /// The decode loop's next tokens, in one launch.
    private func runLoop(_ loop: DecodeLoop, steps: Int) throws(BackendError) {
        // The kernel counts rounds of words, several a token.
        if epoch > UInt32.max / UInt32(shape.layerCount / WORD_SETS + 1) - UInt32(2 * GPUSessionLayout.mostSteps) {
            try backend.run { () throws(CUDAFailure) in
                try backend.context.fill(loop.arguments.words, with: 0, byteCount: program.layout.wordCount * 8)
            }
            epoch = 1
        }
        var arguments = loop.arguments
        arguments.position = Int32(position)
        arguments.steps = Int32(steps)
        arguments.epoch = epoch
        epoch += UInt32(steps)
        try backend.run { () throws(CUDAFailure) in try backend.context.launch(loop.function, loop.launch, arguments) }
    }

    /// The next tokens by the graph of a step, launched as often.
    private func runGraph(steps: Int) throws(BackendError) {
        let graph = try stepGraph(chooses: true)
        try writePlace()
        try backend.run { () throws(CUDAFailure) in for _ in 0..<steps { try backend.context.launch(graph) } }
    }

    private func writePlace() throws(BackendError) {
        let place = DecodePlace(position: Int32(position), made: 0)
        try backend.run { () throws(CUDAFailure) in try backend.context.write([place], to: program.at(program.layout.place)) }
    }

    /// A step as a graph, recorded when it is first asked for.
    private func stepGraph(chooses: Bool) throws(BackendError) -> GPUGraph {
        if let graph = graphs[chooses] { return graph }
        // Kernels are loaded, and told of their shared memory, by running once: a recording takes neither. The step that is run
        // is the one that comes next, and comes again.
        try writePlace()
        try program.step(caches: caches, capacity: capacity, chooses: chooses)
        let result = Result { () throws(BackendError) in
            try backend.run { () throws(CUDAFailure) in
                try backend.context.capture { recording throws(CUDAFailure) in
                    program.recording = recording
                    defer { program.recording = nil }
                    do throws(BackendError) {
                        try program.step(caches: caches, capacity: capacity, chooses: chooses)
                    } catch {
                        throw CUDAFailure(kind: .failed, operation: "recording a step", description: error.description)
                    }
                }
            }
        }
        let graph = try result.get()
        graphs[chooses] = graph
        return graph
    }

    package func loopClocks() throws(BackendError) -> [UInt64] {
        guard let loop, position < capacity else { return [] }
        let count = shape.layerCount * 8
        let block = try backend.allocate(count * 8, owner: "clocks")
        var arguments = loop.arguments
        arguments.position = Int32(position)
        arguments.steps = 1
        arguments.epoch = epoch
        arguments.clocks = UInt64(block.address)
        epoch += 1
        return try backend.run { () throws(CUDAFailure) in
            try backend.context.launch(loop.function, loop.launch, arguments)
            return try backend.context.read(count, of: UInt64.self, from: UInt64(block.address))
        }
    }

    /// Logits after `token`, which goes to the cache's next position.
    private func step(_ token: Int32) throws(BackendError) {
        try backend.run { () throws(CUDAFailure) in
            try backend.context.write([token], to: program.at(program.layout.tokens) + UInt64(position * 4))
        }
        let graph = try stepGraph(chooses: false)
        try writePlace()
        try backend.run { () throws(CUDAFailure) in try backend.context.launch(graph) }
    }

    /// What the device made beyond what was handed out lies past `position` and is overwritten by what comes next.
    func stopGenerating() { run = nil }
}
