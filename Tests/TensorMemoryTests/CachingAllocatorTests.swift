import TensorMemory
import TestSupport
import Testing

@Suite struct CachingAllocatorTests {
    private let mebibyte = 1 << 20

    @Test("requests are rounded to 512 bytes and small ones share a 2 MiB segment")
    func smallRequests() throws {
        let allocator = CachingAllocator(FakeMemory())
        let blocks = try [1, 512, 513, mebibyte - 1536].map { try allocator.allocate(byteCount: $0, owner: "test") }
        #expect(allocator.statistics.requested == 1 + 512 + 513 + mebibyte - 1536)
        #expect(allocator.statistics.allocated == 512 + 512 + 1024 + mebibyte - 1536)
        #expect(allocator.statistics.reserved == 2 * mebibyte)
        #expect(blocks.allSatisfy { $0.address % 512 == 0 })
        #expect(allocator.violations() == [])
    }

    @Test(
        "the segment taken depends on the request as in PyTorch",
        arguments: [
            (1, 2 << 20), (1 << 20, 2 << 20), (1 << 20 + 1, 20 << 20), (10 << 20 - 512, 20 << 20), (10 << 20, 10 << 20),
            (10 << 20 + 1, 12 << 20), (25 << 20, 26 << 20),
        ])
    func segmentSizes(request: Int, segment: Int) throws {
        let allocator = CachingAllocator(FakeMemory())
        let block = try allocator.allocate(byteCount: request, owner: "test")
        #expect(allocator.statistics.reserved == segment)
        #expect(block.byteCount == request)
    }

    @Test("a freed block is reused without going to the system, and the smallest that fits is taken")
    func reuse() throws {
        let allocator = CachingAllocator(FakeMemory())
        let keep = try allocator.allocate(byteCount: 512, owner: "keep")
        var large: MemoryBlock? = try allocator.allocate(byteCount: 8192, owner: "large")
        let fence = try allocator.allocate(byteCount: 512, owner: "fence")
        var small: MemoryBlock? = try allocator.allocate(byteCount: 2048, owner: "small")
        let end = try allocator.allocate(byteCount: 512, owner: "end")
        let (largeAddress, smallAddress) = (large?.address, small?.address)
        large = nil
        small = nil
        let again = try allocator.allocate(byteCount: 2000, owner: "again")
        let bigger = try allocator.allocate(byteCount: 8000, owner: "bigger")
        #expect(again.address == smallAddress)
        #expect(bigger.address == largeAddress)
        #expect(allocator.statistics.segmentCount == 1)
        withExtendedLifetime((keep, fence, end)) {}
    }

    @Test("an emptied cache goes back to the system, but for segments in use")
    func emptyCache() throws {
        let memory = FakeMemory()
        let allocator = CachingAllocator(memory)
        var blocks = try [100, 3 << 20, 64 << 20].map { try allocator.allocate(byteCount: $0, owner: "test") }
        #expect(memory.held == 86 << 20)
        blocks.removeLast()
        #expect(memory.held == 86 << 20)
        allocator.emptyCache()
        #expect(memory.held == 22 << 20)
        blocks = []
        allocator.emptyCache()
        #expect(memory.held == 0)
        #expect(allocator.statistics.reserved == 0)
        #expect(allocator.statistics.allocated == 0)
        #expect(allocator.statistics.peakReserved == 86 << 20)
        allocator.resetPeak()
        #expect(allocator.statistics.peakReserved == 0)
    }

    @Test("an allocator that goes returns what it kept")
    func deinitialisation() throws {
        let memory = FakeMemory()
        var allocator: CachingAllocator? = CachingAllocator(memory)
        var block = try allocator?.allocate(byteCount: 100, owner: "test")
        allocator = nil
        #expect(memory.held == 2 << 20)
        #expect(block != nil)
        block = nil
        #expect(memory.held == 0)
    }

    @Test("the cache is emptied before memory runs out")
    func retry() throws {
        let allocator = CachingAllocator(FakeMemory(size: 64 << 20))
        _ = try allocator.allocate(byteCount: 40 << 20, owner: "first")
        let second = try allocator.allocate(byteCount: 60 << 20, owner: "second")
        #expect(second.byteCount == 60 << 20)
        #expect(allocator.statistics.retryCount == 1)
    }

    @Test("running out of memory says who holds what")
    func outOfMemory() throws {
        let allocator = CachingAllocator(FakeMemory(size: 64 << 20))
        let weights = try allocator.allocate(byteCount: 40_000_000, owner: "weights")
        let cache = try allocator.allocate(byteCount: 100, owner: "KV cache")
        let error = #expect(throws: MemoryError.self) { try allocator.allocate(byteCount: 30_000_000, owner: "activations") }
        #expect(
            "\(error?.description ?? "")" == """
                out of memory on cuda:7: 30.00 MB were asked for by activations; 40.00 MB are allocated, 44.04 MB reserved, \
                the device has 23.07 MB free of 67.11 MB
                  weights: 40.00 MB in 1 block
                  KV cache: 512 bytes in 1 block
                  help: free what is no longer needed, load with a smaller dtype, or shorten the context
                """)
        withExtendedLifetime((weights, cache)) {}
    }

    @Test("a limit holds, and sizes that no machine has are refused", arguments: [Int.max, Int.max - 511, 1 << 50])
    func impossibleSizes(byteCount: Int) throws {
        let allocator = CachingAllocator(FakeMemory())
        #expect(throws: MemoryError.self) { try allocator.allocate(byteCount: byteCount, owner: "test") }
        #expect(throws: MemoryError.invalidByteCount(-1, owner: "test")) { try allocator.allocate(byteCount: -1, owner: "test") }
        let limited = CachingAllocator(FakeMemory(), limit: 20 << 20)
        let block = try limited.allocate(byteCount: 5 << 20, owner: "test")
        #expect(throws: MemoryError.self) { try limited.allocate(byteCount: 16 << 20, owner: "test") }
        #expect(limited.statistics.reserved == 20 << 20)
        withExtendedLifetime(block) {}
    }

    @Test("weights are reported within 2 % of their bytes")
    func weights() throws {
        // The tensors of SmolLM2-135M in bfloat16: an embedding and 30 layers.
        let layer = [576, 576 * 576, 192 * 576, 192 * 576, 576 * 576, 576, 1536 * 576, 1536 * 576, 576 * 1536]
        let elements = [49152 * 576] + (0..<30).flatMap { _ in layer } + [576]
        let allocator = CachingAllocator(FakeMemory())
        let blocks = try elements.map { try allocator.allocate(byteCount: 2 * $0, owner: "weights") }
        let bytes = 2 * elements.reduce(0, +)
        #expect(allocator.statistics.requested == bytes)
        #expect(Double(allocator.statistics.allocated) < 1.001 * Double(bytes))
        #expect(Double(allocator.statistics.reserved) < 1.15 * Double(bytes))
        #expect(blocks.count == 272)
    }

    @Test("random requests never overlap, and all is joined again in the end", arguments: 0..<8 as Range<UInt64>)
    func randomSequences(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let memory = FakeMemory(size: 3 << 30)
        let allocator = CachingAllocator(memory)
        var blocks: [MemoryBlock] = []
        var refused = 0
        for step in 0..<3000 {
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<55:
                let limit = [600, 70_000, 1 << 20, 4 << 20, 30 << 20][Int.random(in: 0..<5, using: &generator)]
                do {
                    blocks.append(try allocator.allocate(byteCount: Int.random(in: 0...limit, using: &generator), owner: "owner \(step % 5)"))
                } catch {
                    refused += 1
                }
            case 55..<98:
                if let index = blocks.indices.randomElement(using: &generator) { blocks.swapAt(index, blocks.count - 1) }
                _ = blocks.popLast()
            default: allocator.emptyCache()
            }
            if step % 50 == 0 {
                #expect(allocator.violations() == [])
                let ranges = blocks.map { ($0.address, $0.address + UInt(max($0.byteCount, 1))) }.sorted { $0.0 < $1.0 }
                for (left, right) in zip(ranges, ranges.dropFirst()) { #expect(left.1 <= right.0) }
                #expect(allocator.statistics.requested == blocks.reduce(0) { $0 + $1.byteCount })
                #expect(allocator.statistics.reserved == memory.held)
            }
        }
        blocks = []
        #expect(allocator.violations() == [])
        #expect(allocator.statistics.allocated == 0)
        #expect(allocator.statistics.blockCount == 0)
        #expect(allocator.snapshot.segments.allSatisfy { $0.blocks.count == 1 })
        allocator.emptyCache()
        #expect(memory.held == 0)
        #expect(allocator.statistics.segmentCount == 0)
    }

    @Test("many tasks allocate and free at once")
    func concurrency() async throws {
        let memory = FakeMemory()
        let allocator = CachingAllocator(memory)
        await withTaskGroup(of: Void.self) { group in
            for seed in 0..<8 as Range<UInt64> {
                group.addTask {
                    var generator = SeededGenerator(seed: seed)
                    var blocks: [MemoryBlock] = []
                    for _ in 0..<500 {
                        let size = Int.random(in: 0...(3 << 20), using: &generator)
                        if Bool.random(using: &generator), let block = try? allocator.allocate(byteCount: size, owner: "task") {
                            blocks.append(block)
                        } else {
                            _ = blocks.popLast()
                        }
                    }
                }
            }
        }
        #expect(allocator.violations() == [])
        #expect(allocator.statistics.allocated == 0)
        #expect(allocator.statistics.allocationCount > 1000)
    }
}
