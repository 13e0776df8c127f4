import CUDABackend
import TensorMemory
import Tensors
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("A decoder on a driver that only takes notes")
struct SessionTests {
    private static let shape = DecoderShape(
        vocabularySize: 64, hiddenSize: 64, intermediateSize: 96, layerCount: 2, headCount: 1, keyValueHeadCount: 1, headSize: 64, contextLength: 64,
        normEpsilon: 1e-5, cacheType: .float32)

    /// A file in which all of the tensors lie, of zeros unless `content` says else.
    private func file(_ path: String, _ tensors: [(String, [Int])], content: (Int) -> UInt8 = { _ in 0 }) throws -> SafetensorsFile {
        var entries: [String] = []
        var offset = 0
        for (name, dimensions) in tensors {
            let count = 4 * dimensions.reduce(1, *)
            entries.append("\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(dimensions),\"data_offsets\":[\(offset),\(offset + count)]}")
            offset += count
        }
        let header = Array("{\(entries.joined(separator: ","))}".utf8)
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
        bytes += (0..<offset).map(content)
        let file = try #require(fopen(path, "w"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
        return try SafetensorsFile(path: path)
    }

    private func plan(_ backend: GPUBackend, _ name: String) throws -> DecoderPlan {
        let s = Self.shape
        let matrices = [
            ("q", [64, 64]), ("k", [64, 64]), ("v", [64, 64]), ("o", [64, 64]), ("gate", [96, 64]), ("up", [96, 64]), ("down", [64, 96]),
            ("head", [64, 64]), ("norm", [64]),
        ]
        let path = "/tmp/galley-session-\(getpid())-\(name).safetensors"
        defer { unlink(path) }
        let file = try file(path, matrices)
        func weight(_ name: String) throws -> Weight { try backend.makeWeight(WeightSource(try file.tensor(named: name)), in: .dense(.float32)) }
        func linear(_ name: String) throws -> LinearLayer { LinearLayer(try weight(name)) }
        let layer = DecoderLayer(
            attentionNorm: try weight("norm"), query: try linear("q"), key: try linear("k"), value: try linear("v"), output: try linear("o"),
            feedForwardNorm: try weight("norm"), gate: try linear("gate"), up: try linear("up"), down: try linear("down"))
        let head = try weight("head")
        return DecoderPlan(
            shape: s, computeType: .float32, embedding: head, layers: [layer, layer], finalNorm: try weight("norm"), outputHead: LinearLayer(head),
            rotaryEmbeddings: [RotaryEmbedding(inverseFrequencies: RotaryEmbedding.frequencies(base: 10000, rotatedElements: 64), pairing: .halves)])
    }

    @Test("A prompt is a known sequence of kernels, and generation one cooperative launch for several tokens")
    func launches() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let session = try backend.makeSession(for: try plan(backend, "launches"), capacity: 32)
        fake.clear()
        _ = try session.evaluate([1, 2, 3], wanting: .readyToGenerate)
        let kernels = fake.log.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        let block = [
            "overlap rms_norm_f32 3x1", "overlap product_f32 3x1", "overlap rotate_store_f32 3x1", "overlap attend_f32 1x3",
            "overlap product_f32 1x1", "overlap rms_norm_f32 3x1", "overlap product_f32 4x1", "overlap gate_f32 2x1", "overlap product_f32 1x1",
        ]
        // The first waits for whatever made the weights; each of the others may begin while the one ahead of it ends.
        #expect(kernels == ["launch embed_f32 3x1"] + block + block + ["overlap matvec_f32 4x1"])
        #expect(session.position == 3)

        fake.clear()
        try session.startGenerating(GenerationRequest(maximumTokens: 8))
        var ids: [Int32] = []
        for _ in 0..<8 { ids.append(try session.nextToken().id) }
        session.stopGenerating()
        #expect(ids.count == 8)
        // The device computes nothing here, so each token is what its memory held.
        #expect(ids.allSatisfy { $0 == 0 })
        let together = fake.log.filter { $0.hasPrefix("together decode_f32 4x1 384") }
        #expect(together.count == 3, "one, two and then the four that were left")
        #expect(session.position == 10)
    }

    @Test("Finished weights hold what the file held, and a copy that fails is an error then")
    func filling() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let path = "/tmp/galley-session-\(getpid())-filling.safetensors"
        defer { unlink(path) }
        // Less than a piece, pieces that end in the middle, and more than one thread takes at a time.
        let tensors = [("small", [7, 9]), ("odd", [1, 300_001]), ("large", [3072, 1024])]
        let file = try file(path, tensors) { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 12) }
        let weights = try tensors.map { try backend.makeWeight(WeightSource(try file.tensor(named: $0.0)), in: .dense(.float32)) }
        try backend.finish(weights)
        for weight in weights {
            let stored = try file.tensor(named: weight.name).data
            let storage = try #require(weight.storage as? GPUWeight)
            #expect(try backend.context.read(stored.byteCount, of: UInt8.self, from: storage.address) == stored.copy, "\(weight.name)")
        }
        // Float32 becomes int8 by whole rows, in pieces of a thread's own.
        fake.clear()
        let small = try backend.makeWeight(WeightSource(try file.tensor(named: "large")), in: .int8)
        try backend.finish([small])
        #expect(fake.log.filter { $0.contains("quantise8_f32") }.map { $0.split(separator: " ")[2] } == Array(repeating: "256x1", count: 12))

        fake.fail("cuMemcpyHtoDAsync_v2", 719, after: 1)
        let failing = try backend.makeWeight(WeightSource(try file.tensor(named: "large")), in: .dense(.float32))
        #expect {
            try backend.finish([failing])
        } throws: { error in
            guard case .device(_, let operation, _)? = error as? BackendError else { return false }
            return operation == "cuMemcpyHtoDAsync_v2"
        }
        fake.clear()
        #expect(throws: BackendError.self, "it stays unfilled, and says so again") { try backend.finish([failing]) }
        #expect(!fake.log.contains { $0.hasPrefix("lock") })
    }

    @Test("Two loads on one device: what fails in one leaves the other's weights as the file has them", arguments: Interleaving.allCases)
    func twoLoads(_ order: Interleaving) throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let path = "/tmp/galley-session-\(getpid())-\(order).safetensors"
        defer { unlink(path) }
        let tensors = [("a", [300, 1024]), ("b", [40, 64]), ("c", [512, 1024])]
        let file = try file(path, tensors) { UInt8(truncatingIfNeeded: $0 &* 11 &+ 3) }
        func weight(_ name: String) throws -> Weight { try backend.makeWeight(WeightSource(try file.tensor(named: name)), in: .dense(.float32)) }
        func isRight(_ weight: Weight) throws -> Bool {
            let stored = try file.tensor(named: weight.name).data
            let storage = try #require(weight.storage as? GPUWeight)
            return try backend.context.read(stored.byteCount, of: UInt8.self, from: storage.address) == stored.copy
        }
        var good: [Weight] = [], bad: [Weight] = []
        switch order {
        case .goodIsAsked, .badIsAsked:
            for (name, _) in tensors {
                good.append(try weight(name))
                bad.append(try weight(name))
            }
        case .goodIsDone:
            good = try tensors.map { try weight($0.0) }
            try backend.finish(good)
            bad = try tensors.map { try weight($0.0) }
        case .goodBegins:
            bad = try tensors.map { try weight($0.0) }
        }
        func failBad() throws {
            fake.fail("cuMemcpyHtoDAsync_v2", 719, after: 2)
            #expect(throws: BackendError.self) { try backend.finish(bad) }
            fake.clear()
        }
        if order == .goodIsAsked { try backend.finish(good) }
        try failBad()
        if order == .goodBegins { good = try tensors.map { try weight($0.0) } }
        try backend.finish(good)
        for weight in good { #expect(try isRight(weight), "\(weight.name)") }
        // The other's error is its own, and stays with it.
        #expect(throws: BackendError.self) { try backend.finish(bad) }
        #expect(throws: BackendError.self) { try backend.finish(good + bad.prefix(1)) }
        #expect(throws: Never.self) { try backend.finish(good) }
    }

    enum Interleaving: CaseIterable {
        /// Both ask in turns; the one that goes well, or the other, is the first to wait.
        case goodIsAsked, badIsAsked
        /// One is done before the other begins, or begins when the other has failed.
        case goodIsDone, goodBegins
    }

    @Test("Loads that fill at once, some of which fail, get each its own outcome")
    func loadsAtOnce() async throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let path = "/tmp/galley-session-\(getpid())-at-once.safetensors"
        defer { unlink(path) }
        let file = try file(path, [("a", [64, 1024]), ("b", [30, 64])]) { UInt8(truncatingIfNeeded: $0 &* 5 &+ 1) }
        // Every other load takes its weights as int8, for which the device has to compute: it refuses that.
        let loads = try (0..<8).map { number in
            try ["a", "b"].map { try backend.makeWeight(WeightSource(try file.tensor(named: $0)), in: number % 2 == 0 ? .dense(.float32) : .int8) }
        }
        fake.fail("cuLaunchKernel", 719)
        let failed = await withTaskGroup(of: (Int, Bool).self) { group in
            for (number, weights) in loads.enumerated() {
                group.addTask { (number, (try? backend.finish(weights)) == nil) }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        fake.clear()
        for (number, weights) in loads.enumerated() {
            #expect(failed[number] == (number % 2 != 0), "load \(number)")
            guard number % 2 == 0 else { continue }
            for weight in weights {
                let stored = try file.tensor(named: weight.name).data
                let storage = try #require(weight.storage as? GPUWeight)
                #expect(try backend.context.read(stored.byteCount, of: UInt8.self, from: storage.address) == stored.copy)
            }
        }
    }

    @Test("A session is not made of weights that could not be filled")
    func unfilledSession() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let plan = try plan(backend, "unfilled")
        fake.fail("cuMemcpyHtoDAsync_v2", 719)
        #expect(throws: BackendError.self) { try backend.makeSession(for: plan, capacity: 32) }
        fake.clear()
        #expect(throws: BackendError.self) { try backend.makeSession(for: plan, capacity: 32) }
    }

    @Test("Weights that are dropped before they are filled go back, and so does their device")
    func dropped() throws {
        let fake = try #require(FakeDriver())
        let path = "/tmp/galley-session-\(getpid())-dropped.safetensors"
        defer { unlink(path) }
        let file = try file(path, [("one", [1024, 1024]), ("two", [64, 64])])
        do {
            let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
            func weight(_ name: String) throws -> Weight { try backend.makeWeight(WeightSource(try file.tensor(named: name)), in: .dense(.float32)) }
            _ = try weight("one")
            let kept = try weight("two")
            try backend.finish([kept])
            #expect(fake.log.filter { $0.hasPrefix("lock") }.count == 1, "one thread for the one that is left")
            _ = try weight("one")
        }
        #expect(fake.log.last == "release")
        #expect(fake.memoryUsed == 0)
    }

    @Test("What a block keeps in shared memory leaves the line at 64 KiB to the table of codes", arguments: [KernelFormat.n4, .n4dq, .q4_1])
    func sharedMemory(format: KernelFormat) throws {
        let limit = 231_424
        for (hidden, inner, heads, layers) in [(576, 1536, 9, 30), (2048, 5632, 32, 22), (4096, 11008, 32, 32)] {
            let shape = DecoderShape(
                vocabularySize: 32000, hiddenSize: hidden, intermediateSize: inner, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
                headSize: hidden / heads, contextLength: 64, normEpsilon: 1e-5, cacheType: .bfloat16)
            guard let shared = DecodeLoop.SharedMemory(shape: shape, weights: format, head: .bf16, blocks: 132, limit: limit) else { continue }
            let layout = shared.layout
            let slot = max(format.ringSlotByteCount, KernelFormat.bf16.ringSlotByteCount)
            let inPairs = format != .q4_1
            let back = Int(layout.ring) + Int(layout.frontSlots) * slot
            // Inputs: two parts of 16 bits each, or one where two values share a word; then the down-projection's has its own place.
            let inputs = inPairs ? format.partStride(columns: hidden) : format.partsByteCount(columns: max(hidden, inner))
            let rows = Int(shared.partialRows)
            let used: [(String, Int, Int)] = [
                ("table", 64512, 66560), ("first slots", Int(layout.front), Int(layout.frontSlots) * slot),
                ("other slots", back, (shared.slots - Int(layout.frontSlots)) * slot), ("barriers", Int(layout.barriers), shared.slots * 16),
                ("map", Int(layout.map), format == .n4dq ? 1024 : 0), ("layers", Int(layout.layers), layers * 368 + 48),
                ("hidden", Int(layout.hidden), hidden * 4), ("shares", Int(layout.shares), 84), ("squares", Int(layout.squares), 1024),
                ("cosines", Int(layout.cosines), 1024), ("scratch", Int(layout.scratch), (768 + 8 * hidden / heads + 16) * 4),
                ("sums", Int(layout.partial), 8 * rows * 4), ("block sums", Int(layout.blockSums), inPairs ? 0 : max(hidden, inner) / 32 * 4),
                ("inputs", Int(layout.planes), inputs), ("gated", Int(layout.gated), inPairs ? format.partStride(columns: inner) : 0),
                ("announcements", Int(layout.summed), (rows / 16 * 4 + (inner + 2047) / 2048 + 1) * 8),
            ].filter { $0.2 > 0 }.sorted { $0.1 < $1.1 }
            for (lower, upper) in zip(used, used.dropFirst()) { #expect(lower.1 + lower.2 <= upper.1, "\(lower) \(upper)") }
            #expect(used.allSatisfy { $0.1 % 16 == 0 || $0.0 == "table" })
            #expect(Int(layout.front) % 128 == 0 && back % 128 == 0)
            // The head's input, in three parts, may lie over the down-projection's.
            let head = Int(layout.planes) + KernelFormat.bf16.partsByteCount(columns: hidden)
            let next = used.first { $0.1 > Int(layout.planes) && $0.0 != "gated" }
            #expect(head <= next?.1 ?? shared.byteCount)
            #expect(shared.slots >= 4)
            #expect(shared.byteCount <= limit)
        }
    }

    @Test("Memory that runs out names who holds it, and all of it goes back")
    func memory() throws {
        let fake = try #require(FakeDriver())
        fake.setMemory(48 << 20)
        do {
            let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
            let plan = try plan(backend, "memory")
            #expect {
                _ = try backend.makeSession(for: plan, capacity: 1 << 20)
            } throws: { error in
                guard let error = error as? BackendError, case .memory(.outOfMemory(let failure)) = error else { return false }
                return failure.holders.contains { $0.name == "weights" } && failure.owner == "KV cache"
            }
            let allocator = try #require(backend.allocator as? CachingAllocator)
            #expect(allocator.violations().isEmpty)
            #expect(allocator.statistics.reserved >= allocator.statistics.allocated)
        }
        #expect(fake.log.last == "release")
    }

    @Test("A device that is lost in the middle is an error of that operation")
    func lost() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let session = try backend.makeSession(for: try plan(backend, "lost"), capacity: 32)
        fake.fail("cuLaunchKernelEx", 999, after: 5)
        #expect {
            _ = try session.evaluate([1, 2, 3], wanting: .readyToGenerate)
        } throws: { error in
            guard let error = error as? BackendError, case .device(.cuda(0), "cuLaunchKernelEx", let message) = error else { return false }
            return message.contains("lost")
        }
        #expect(session.position == 0)
    }

    @Test("What a saved cache holds comes back, and a damaged one is refused")
    func cache() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let session = try backend.makeSession(for: try plan(backend, "cache"), capacity: 16)
        _ = try session.evaluate([1, 2, 3, 4], wanting: .readyToGenerate)
        let saved = try session.exportCache()
        #expect(saved.count == 48 + 2 * 2 * 4 * 64 * 4)
        session.truncate(to: 1)
        try session.importCache(saved)
        #expect(session.position == 4)
        #expect(throws: BackendError.self) { try session.importCache(Array(saved.dropLast())) }
        #expect(throws: BackendError.self) { try session.importCache([1, 2, 3]) }
        #expect(throws: BackendError.cacheFull(capacity: 16, needed: 24)) {
            _ = try session.evaluate([Int32](repeating: 1, count: 20), wanting: .readyToGenerate)
        }
    }
}
