import TensorMemory
import TestSupport
import Testing

@Suite struct MemoryTests {
    @Test("devices are written and read back", arguments: [("cpu", Device.cpu), ("cuda:0", .cuda(0)), ("cuda:12", .cuda(12))])
    func devices(text: String, device: Device) {
        #expect(device.description == text)
        #expect(Device(text) == device)
    }

    @Test("what is no device is refused", arguments: ["", "gpu", "cuda:", "cuda:-1", "cuda:+1", "cuda:1:2", "CPU", "cuda:99999999999999999999"])
    func noDevice(text: String) {
        #expect(Device(text) == nil)
    }

    @Test("cuda alone is the first GPU")
    func firstGPU() {
        #expect(Device("cuda") == .cuda(0))
        #expect(Device.cuda == .cuda(0))
        #expect([Device.cuda(10), .cuda(2), .cpu].sorted() == [.cpu, .cuda(2), .cuda(10)])
    }

    @Test("a device that nothing opened is a clear error")
    func unopened() {
        let error = #expect(throws: MemoryError.self) { try Memory.allocator(for: .cuda(99)) }
        #expect(error?.description == "device cuda:99 is not available: no backend has opened it; the CPU is always there (device: .cpu)")
        #expect(Memory.statistics(of: .cuda(99)) == MemoryStatistics())
    }

    @Test("the first allocator of a device stays")
    func registration() throws {
        let first = CachingAllocator(FakeMemory(device: .cuda(41)))
        #expect(Memory.register(first) === first)
        #expect(Memory.register(CachingAllocator(FakeMemory(device: .cuda(41)))) === first)
        #expect(try Memory.allocator(for: .cuda(41)) === first)
        #expect(Memory.devices.contains(.cuda(41)))
    }

    @Test("the CPU's blocks can be written whole, and freed ones leave the process")
    func systemMemory() throws {
        let allocator = CachingAllocator(SystemMemory())
        var block: MemoryBlock? = try allocator.allocate(byteCount: 33 << 20, owner: "test")
        let bytes = try #require(block?.hostBytes)
        #expect(bytes.count == 33 << 20)
        #expect(bytes.allSatisfy { $0 == 0 })
        for index in stride(from: 0, to: bytes.count, by: 4096) { bytes[index] = 1 }
        bytes[bytes.count - 1] = 7
        #expect(bytes[bytes.count - 1] == 7)
        block = nil
        #expect(allocator.statistics.reserved == 34 << 20)
        allocator.emptyCache()
        #expect(allocator.statistics.reserved == 0)
        let capacity = try #require(allocator.capacity)
        #expect(capacity.total > 0 && capacity.free <= capacity.total)
    }

    @Test("a snapshot names owners, the largest first, and its blocks fill their segments")
    func snapshot() throws {
        let allocator = CachingAllocator(FakeMemory())
        let blocks = try [("weights", 5_000_000), ("KV cache", 1000), ("KV cache", 3000)].map {
            try allocator.allocate(byteCount: $0.1, owner: $0.0)
        }
        let snapshot = allocator.snapshot
        #expect(
            snapshot.description == """
                cuda:7: allocated 5.00 MB (peak 5.00 MB), reserved 23.07 MB (peak 23.07 MB), 3 blocks, 3 allocations
                  weights: 5.00 MB in 1 blocks
                  KV cache: 4.10 kB in 2 blocks
                """)
        for segment in snapshot.segments {
            #expect(segment.blocks.reduce(0) { $0 + $1.byteCount } == segment.byteCount)
        }
        withExtendedLifetime(blocks) {}
    }

    @Test("a timeline holds what happened in order and forgets the oldest")
    func timeline() throws {
        let allocator = CachingAllocator(FakeMemory(), timelineCapacity: 4)
        // In an array, since optimised code frees a variable's block after its last use.
        var blocks = [try allocator.allocate(byteCount: 512, owner: "first")]
        blocks.append(try allocator.allocate(byteCount: 1024, owner: "second"))
        blocks.removeFirst()
        blocks.removeAll()
        allocator.emptyCache()
        let timeline = allocator.timeline
        #expect(
            timeline.events.map { "\($0.kind.rawValue) \($0.byteCount) \($0.owner) -> \($0.allocated)" } == [
                "allocate 1024 second -> 1536", "free 512 first -> 1024", "free 1024 second -> 0", "release 2097152  -> 0",
            ])
        #expect(timeline.droppedEventCount == 2)
        #expect(zip(timeline.events, timeline.events.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
        #expect(blocks.isEmpty)
    }

    @Test("a report shows growth and the peak in between, and leaves the device's own peak alone")
    func report() throws {
        let device = Device.cuda(42)
        let allocator = Memory.register(CachingAllocator(FakeMemory(device: device)))
        _ = try allocator.allocate(byteCount: 50 << 20, owner: "before")
        let (kept, report) = try withMemoryReport {
            _ = try allocator.allocate(byteCount: 8 << 20, owner: "scratch")
            return try allocator.allocate(byteCount: 1 << 20, owner: "kept")
        }
        let use = try #require(report[device])
        #expect(use.growth == 1 << 20)
        #expect(use.peakAllocated == 8 << 20)
        #expect(use.allocationCount == 2)
        #expect(allocator.statistics.peakAllocated == 50 << 20)
        #expect(report.description.contains("cuda:42: 1.05 MB allocated (+1.05 MB), peak 8.39 MB, 2 allocations"))
        withExtendedLifetime(kept) {}
    }

    @Test("asynchronous work is reported too, and its error comes through")
    func asynchronousReport() async throws {
        struct Failure: Error, Equatable {}
        let (value, report) = await withMemoryReport {
            await Task.yield()
            return 3
        }
        #expect(value == 3)
        #expect(report[.cpu] != nil)
        await #expect(throws: Failure()) {
            try await withMemoryReport { () async throws(Failure) -> Int in throw Failure() }
        }
    }

    @Test(
        "byte counts read as people write them",
        arguments: [
            (0, "0 bytes"), (999, "999 bytes"), (1000, "1.00 kB"), (999_994, "999.99 kB"), (999_995, "1.00 MB"),
            (269_060_352, "269.06 MB"), (-2048, "-2.05 kB"), (Int.max, "9.22 EB"),
        ])
    func byteCounts(count: Int, text: String) {
        #expect(formatted(byteCount: count) == text)
    }
}
