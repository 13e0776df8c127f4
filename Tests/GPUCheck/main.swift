// Holds the GPU's results against double precision, then measures. usage: gpu-check [check] [speed] [table] [SHAPE…], or
// gpu-check first-token [nf4]. ShapeSpeed.swift says what a SHAPE is.
import CUDABackend
import TensorMemory
import Tensors

setLineBuffered()
let wanted = Set(CommandLine.arguments.dropFirst())
func wants(_ part: String) -> Bool { wanted.isEmpty || wanted.contains(part) }
let folder = environment("GALLEY_GPU_FOLDER") ?? "/tmp"

if wanted.contains("first-token") {
    let isQuantized = wanted.contains("nf4")
    let format = isQuantized ? WeightFormat.fourBit(.init(.nf4, blockSize: 64, isDoubleQuantized: true)) : .dense(.bfloat16)
    do {
        if wanted.contains("table") { print(FirstToken.titles) }
        print(try FirstToken(folder: folder, name: isQuantized ? "nf4 dq" : "bf16", format: format).run())
    } catch {
        print("FAILED", error)
        end(1)
    }
    end(0)
}

let backend: GPUBackend
let opening = seconds()
do {
    backend = try GPUBackend.shared()
} catch {
    print("skipped: \(error)")
    end(0)
}
print("\(backend.deviceName), compute capability \(backend.context.computeCapability), opened in \(fixed((seconds() - opening) * 1e3, 1)) ms")

var failures = 0
do {
    if wants("table") { print(try deviceTable().text) }
    if wants("check") {
        print(padded("", 26) + ["prompt", "steps", "after", "gap", "log p"].map { padded($0, 11) }.joined() + "  misses")
        for model in ModelCase.all where environment("GALLEY_GPU_CASE").map({ model.name.contains($0) }) ?? true {
            do {
                let (line, isGood) = try model.check(backend, seed: 42, folder: folder)
                print(line)
                if !isGood { failures += 1 }
            } catch {
                print(padded(model.name, 26, left: true), "FAILED", error)
                failures += 1
                if "\(error)".contains("restart") { end(1) }
            }
        }
        let plans = environment("GALLEY_GPU_PLANS").flatMap { UInt64($0) } ?? 100
        for seed in 0..<(environment("GALLEY_GPU_CASE") == nil ? plans : 0) {
            let model = ModelCase.random(seed: seed)
            do {
                let (line, isGood) = try model.check(backend, seed: seed, folder: folder)
                print(line)
                if !isGood {
                    print("  \(model.drawn)")
                    failures += 1
                }
            } catch {
                print(padded(model.name, 26, left: true), "FAILED", error, model.drawn)
                failures += 1
                if "\(error)".contains("restart") { end(1) }
            }
        }
        if let golden = environment("GALLEY_GOLDEN_BNB") {
            let (line, isGood) = try GoldenQuantization.check(backend, folder: golden)
            print(line, isGood ? "ok" : "WRONG")
            if !isGood { failures += 1 }
        }
        print("\(failures) wrong")
    }
    if wants("speed") {
        let writing = seconds()
        guard Speed(backend: backend, folder: folder, shape: Speed.shape(.bfloat16)).writeCheckpoint() else {
            throw CheckFailure("no room for the checkpoint in \(folder)")
        }
        print("checkpoint written in \(fixed(seconds() - writing, 1)) s")
        print(Speed.titles)
        let nf4 = WeightFormat.fourBit(.init(.nf4, blockSize: 64, isDoubleQuantized: true))
        let cases: [(String, WeightFormat, DType)] = [
            ("bf16", .dense(.bfloat16), .bfloat16), ("nf4 dq", nf4, .bfloat16), ("fp4", .fourBit(.init(.fp4)), .bfloat16), ("int8", .int8, .bfloat16),
            ("fp32", .dense(.float32), .float32), ("bf16", .dense(.bfloat16), .bfloat16), ("nf4 dq", nf4, .bfloat16),
        ]
        for (name, format, dense) in cases where environment("GALLEY_GPU_CASE").map({ name.contains($0) }) ?? true {
            do { print(try Speed(backend: backend, folder: folder, shape: Speed.shape(dense)).measure(name, format, dense: dense)) } catch {
                print(name, "FAILED", error)
            }
        }
    }
    let shapes = CommandLine.arguments.compactMap(ShapeSpeed.init(argument:))
    if !shapes.isEmpty { print(ShapeSpeed.titles) }
    for shape in shapes {
        do { try shape.measure(backend, folder: folder) } catch { print(shape.name, "FAILED", error) }
    }
    if wants("table") { print(try deviceTable().text) }
} catch {
    print("FAILED", error)
    failures += 1
}
end(failures == 0 ? 0 : 1)

extension ModelCase {
    static let all: [ModelCase] = {
        func shape(
            _ cache: DType, hidden: Int = 256, inner: Int = 704, layers: Int = 2, heads: Int = 4, kv: Int = 2, size: Int = 64, vocabulary: Int = 1000,
            activation: GatedActivation = .silu
        ) -> DecoderShape {
            DecoderShape(
                vocabularySize: vocabulary, hiddenSize: hidden, intermediateSize: inner, layerCount: layers, headCount: heads, keyValueHeadCount: kv,
                headSize: size,
                contextLength: 512, normEpsilon: 1e-5, activation: activation, cacheType: cache)
        }
        func nf4(_ block: Int, _ double: Bool) -> WeightFormat { .fourBit(.init(.nf4, blockSize: block, isDoubleQuantized: double)) }
        let (f32, f16, bf16) = (DType.float32, DType.float16, DType.bfloat16)
        return [
            ModelCase(name: "f32", shape: shape(f32), format: .dense(f32), tolerance: 1e-5, expectsLoop: true),
            ModelCase(
                name: "f32 bias neighbours", shape: shape(f32, kv: 1), format: .dense(f32), hasBias: true, pairing: .neighbours, tolerance: 1e-5,
                expectsLoop: true),
            ModelCase(
                name: "f32 576 heads 9/3", shape: shape(f32, hidden: 576, inner: 1536, heads: 9, kv: 3), format: .dense(f32), tolerance: 1e-5,
                expectsLoop: true),
            ModelCase(
                name: "f32 gemma-like", shape: shape(f32, size: 128, activation: .geluTanh), format: .dense(f32), hasHeadNorms: true,
                hasPostNorms: true, window: 20, tolerance: 1e-5),
            ModelCase(
                name: "f32 odd widths", shape: shape(f32, hidden: 62, inner: 175, heads: 2, kv: 1, size: 30), format: .dense(f32), tolerance: 1e-5),
            ModelCase(name: "f16", shape: shape(f16), format: .dense(f16), dense: f16, tolerance: 3e-3, expectsLoop: true),
            ModelCase(
                name: "bf16", shape: shape(bf16), format: .dense(bf16), dense: bf16, computeType: .bfloat16, tolerance: 2e-2, expectsLoop: true),
            ModelCase(
                name: "bf16 576 heads 9/3", shape: shape(bf16, hidden: 576, inner: 1536, heads: 9, kv: 3), format: .dense(bf16), dense: bf16,
                tolerance: 2e-2, expectsLoop: true),
            ModelCase(
                name: "bf16 qwen-like", shape: shape(bf16, size: 128), format: .dense(bf16), dense: bf16, hasBias: true, hasHeadNorms: true,
                tolerance: 2e-2, expectsLoop: true),
            ModelCase(name: "f32 head norms", shape: shape(f32), format: .dense(f32), hasHeadNorms: true, tolerance: 1e-5, expectsLoop: true),
            ModelCase(name: "int8", shape: shape(bf16), format: .int8, dense: bf16, tolerance: 2e-2, expectsLoop: true),
            ModelCase(name: "fp4", shape: shape(bf16, hidden: 320), format: .fourBit(.init(.fp4)), dense: bf16, tolerance: 2e-2, expectsLoop: true),
            ModelCase(name: "nf4", shape: shape(bf16, hidden: 320), format: nf4(64, false), dense: bf16, tolerance: 2e-2, expectsLoop: true),
            ModelCase(name: "nf4 dq", shape: shape(bf16, hidden: 320), format: nf4(64, true), dense: bf16, tolerance: 2e-2, expectsLoop: true),
            ModelCase(
                name: "nf4 dq 576 heads 9/3", shape: shape(bf16, hidden: 576, inner: 1536, heads: 9, kv: 3), format: nf4(64, true), dense: bf16,
                tolerance: 2e-2, expectsLoop: true),
            ModelCase(
                name: "nf4 dq 1024", shape: shape(bf16, hidden: 1024, inner: 5120, heads: 16, kv: 4), format: nf4(64, true), dense: bf16,
                tolerance: 2e-2, expectsLoop: true),
            ModelCase(name: "nf4 blocks of 256", shape: shape(bf16), format: nf4(256, false), dense: bf16, tolerance: 2e-2, expectsLoop: false),
            ModelCase(name: "nf4 dq f32 cache", shape: shape(f32), format: nf4(64, true), tolerance: 2e-2),
            ModelCase(
                name: "nf4 dq odd widths", shape: shape(f32, hidden: 64, inner: 176, heads: 4, kv: 2, size: 16), format: nf4(64, true),
                tolerance: 2e-2),
            ModelCase(name: "q4_0", shape: shape(f16), format: .blocks(.q4_0), tolerance: 3e-3),
            ModelCase(name: "q4_1", shape: shape(f16), format: .blocks(.q4_1), tolerance: 3e-3),
            ModelCase(name: "q8_0", shape: shape(f16), format: .blocks(.q8_0), tolerance: 3e-3),
            ModelCase(name: "q4_0 file", shape: shape(f16), format: .blocks(.q4_0), hasBlockEnds: true, tolerance: 3e-3, expectsLoop: true),
            ModelCase(
                name: "q4_1 file 576 heads 9/3", shape: shape(f16, hidden: 576, inner: 1536, heads: 9, kv: 3), format: .blocks(.q4_1),
                hasBlockEnds: true, tolerance: 1e-2, expectsLoop: true),
            ModelCase(name: "q8_0 file", shape: shape(f16), format: .blocks(.q8_0), hasBlockEnds: true, tolerance: 3e-3, expectsLoop: true),
            ModelCase(
                name: "bf16 long prompt", shape: shape(bf16), format: .dense(bf16), dense: bf16, hasBias: true, tolerance: 2e-2, expectsLoop: true,
                promptCount: 300),
            ModelCase(
                name: "f16 long prompt", shape: shape(f16), format: .dense(f16), dense: f16, tolerance: 3e-3, expectsLoop: true, promptCount: 200),
            ModelCase(
                name: "nf4 dq long prompt", shape: shape(bf16, hidden: 320), format: nf4(64, true), dense: bf16, tolerance: 2e-2, expectsLoop: true,
                promptCount: 300),
            ModelCase(name: "int8 long prompt", shape: shape(bf16), format: .int8, dense: bf16, tolerance: 2e-2, expectsLoop: true, promptCount: 130),
            ModelCase(
                name: "q4_1 long prompt gelu", shape: shape(f16, kv: 1, activation: .geluTanh), format: .blocks(.q4_1), tolerance: 1e-2,
                promptCount: 150),
            ModelCase(name: "f32 heads of 128", shape: shape(f32, hidden: 512, size: 128), format: .dense(f32), tolerance: 1e-5, expectsLoop: true),
        ]
    }()
}
