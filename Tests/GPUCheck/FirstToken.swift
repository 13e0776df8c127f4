import CUDABackend
import TensorMemory
import Tensors

/// A process from its start to its first token, with the model of ``Speed``: the device is opened, the checkpoint loaded, a
/// prompt of 32 tokens evaluated, and one token chosen. The checkpoint is there from `gpu-check speed`.
struct FirstToken {
    let folder: String
    let name: String
    let format: WeightFormat

    static let titles =
        padded("format", 8, left: true) + ["main ms", "device", "load", "prompt", "together"].map { padded($0, 10) }.joined()

    /// Milliseconds of each part, the first since `GALLEY_STARTED` (bash's `$EPOCHREALTIME`, before the process was asked for).
    func run() throws -> String {
        let started = environment("GALLEY_STARTED").flatMap { Double($0) } ?? wallClock()
        var line = padded(name, 8, left: true)
        var last = started
        func mark() {
            let now = wallClock()
            line += padded(fixed((now - last) * 1e3, 1), 10)
            last = now
        }
        mark()
        let backend = try GPUBackend.shared()
        mark()
        let plan = try Speed(backend: backend, folder: folder, shape: Speed.shape(.bfloat16)).plan(format, dense: .bfloat16)
        try backend.finish(plan.weights)
        try backend.context.synchronize()
        mark()
        let session = try backend.makeSession(for: plan, capacity: 256)
        var random = RandomCheckpoint(state: 5)
        _ = try session.evaluate((0..<32).map { _ in Int32(random.next() % 32000) }, wanting: .readyToGenerate)
        try session.startGenerating(GenerationRequest(maximumTokens: 8))
        _ = try session.nextToken()
        mark()
        return line + padded(fixed((last - started) * 1e3, 1), 10)
    }
}
