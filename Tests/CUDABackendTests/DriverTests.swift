import CUDABackend
import Testing

@Suite("The driver's failures are values")
struct DriverTests {
    private func failure(_ body: () throws(CUDAFailure) -> Void) -> CUDAFailure? {
        do throws(CUDAFailure) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("A missing library says what to install")
    func missingLibrary() throws {
        let error = try #require(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 0, library: "/nowhere/libcuda.so.1") })
        #expect(error.kind == .noLibrary)
        #expect(error.description.contains("install the NVIDIA driver"))
    }

    @Test("An old driver is named with its version")
    func oldDriver() throws {
        let fake = try #require(FakeDriver(.old))
        let error = try #require(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 0, library: fake.path) })
        #expect(error.kind == .oldDriver)
        #expect(error.description.contains("CUDA 12.1"))
        #expect(error.description.contains("535"))
    }

    @Test("A library without an entry point names it")
    func missingSymbol() throws {
        let fake = try #require(FakeDriver(.incomplete))
        let error = try #require(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 0, library: fake.path) })
        #expect(error.kind == .missingSymbol)
        #expect(error.operation == "cuGraphExecDestroy")
    }

    @Test("A machine without a device, and a device that is not there")
    func noDevice() throws {
        let empty = try #require(FakeDriver(.empty))
        #expect(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 0, library: empty.path) }?.kind == .noDevice)
        #expect(try GPUContext.deviceCount(library: empty.path) == 0)
        let fake = try #require(FakeDriver())
        #expect(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 5, library: fake.path) }?.kind == .noDevice)
    }

    @Test("A context that fails half-way gives back what it had")
    func failedOpening() throws {
        let fake = try #require(FakeDriver())
        fake.fail("cuStreamCreate", 2)
        #expect(failure { () throws(CUDAFailure) in _ = try GPUContext(ordinal: 0, library: fake.path) }?.kind == .outOfMemory)
        #expect(fake.log.count == 2 && fake.log[0].hasPrefix("retain") && fake.log[1] == "release")
    }

    @Test("Codes become kinds", arguments: [2, 214, 700, 719, 999, 1] as [Int32])
    func kinds(_ code: Int32) throws {
        let kinds: [Int32: CUDAFailure.Kind] = [
            2: .outOfMemory, 214: .deviceLost, 700: .kernelFault, 719: .kernelFault, 999: .deviceLost, 1: .failed,
        ]
        let kind = try #require(kinds[code])
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        fake.fail("cuStreamSynchronize", code)
        let error = try #require(failure { () throws(CUDAFailure) in try context.synchronize() })
        #expect(error.kind == kind)
        #expect(error.operation == "cuStreamSynchronize")
        #expect(error.description.contains("code \(code)"))
    }

    @Test("A refused module brings what the assembler said")
    func badModule() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        fake.fail("cuModuleLoadDataEx", 222)
        let error = try #require(failure { () throws(CUDAFailure) in _ = try context.function("choose", in: "Rows") })
        #expect(error.kind == .badModule)
        #expect(error.description.contains("ptxas says no"))
        #expect(failure { () throws(CUDAFailure) in _ = try context.function("choose", in: "Nothing") }?.kind == .missingSymbol)
    }

    @Test("A graph counts what was recorded, and a failed recording is ended")
    func graphs() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        let kernel = try context.function("choose", in: "Rows")
        let shape = LaunchShape(grid: (3, 2), threads: 64, sharedBytes: 512)
        do {
            let graph = try context.capture { recording throws(CUDAFailure) in
                for _ in 0..<3 { try context.launch(kernel, shape, UInt64(0xABC), into: recording) }
            }
            #expect(graph.nodeCount == 3)
            try context.launch(graph)
        }
        #expect(fake.log.filter { $0 == "launch choose 3x2 64 512 abc" }.count == 3)
        #expect(fake.log.suffix(4) == ["captured 3", "graph gone", "graph", "exec gone"])
        fake.clear()
        fake.fail("cuLaunchKernel", 1)
        let error = failure { () throws(CUDAFailure) in
            _ = try context.capture { recording throws(CUDAFailure) in try context.launch(kernel, shape, UInt64(0xABC), into: recording) }
        }
        #expect(error?.operation == "cuLaunchKernel")
        #expect(fake.log == ["captured 0", "graph gone"])
    }

    @Test("A cooperative launch says so")
    func cooperative() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        try context.launch(
            try context.function("decode_f32", in: "DecodeLoop.f32"), LaunchShape(grid: (4, 1), threads: 512, isCooperative: true), UInt64(7))
        #expect(fake.log.last == "together decode_f32 4x1 512 0 7")
    }

    @Test("A launch that may overlap the one ahead of it asks for that and nothing else")
    func overlapping() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        try context.launch(try context.function("gate_f32", in: "Rows"), LaunchShape(grid: (4, 2), threads: 256, overlaps: true), UInt64(7))
        #expect(fake.log.last == "overlap gate_f32 4x2 256 0 7")
    }

    @Test("Copies arrive, and a lost device is named")
    func copies() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        let address = try #require(context.allocate(byteCount: 64))
        try context.write([1, 2, 3] as [Int32], to: UInt64(address))
        #expect(try context.read(3, of: Int32.self, from: UInt64(address)) == [1, 2, 3])
        fake.fail("cuMemcpyDtoHAsync_v2", 214)
        #expect(failure { () throws(CUDAFailure) in _ = try context.read(1, of: Int32.self, from: UInt64(address)) }?.kind == .deviceLost)
        context.deallocate(address: address)
        #expect(fake.memoryUsed == 0)
    }

    @Test("Host memory is locked in whole large pages, and goes back")
    func hostMemory() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        fake.clear()
        let host = try context.allocatePinned(byteCount: 5 << 20)
        host.start.storeBytes(of: 7, toByteOffset: (5 << 20) - 1, as: UInt8.self)
        #expect(fake.log == ["lock \(6 << 20), 0 past a large page"])
        context.freePinned(host)
        #expect(fake.log.last == "unlock")
        #expect(failure { () throws(CUDAFailure) in _ = try context.allocatePinned(byteCount: 1 << 60) }?.kind == .outOfHostMemory)
    }

    @Test("Where memory that is there cannot be locked, the driver allocates it")
    func hostMemoryOfTheDriver() throws {
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        fake.clear()
        fake.fail("cuMemHostRegister_v2", 801)
        let host = try context.allocatePinned(byteCount: 1)
        host.start.storeBytes(of: 7, toByteOffset: (2 << 20) - 1, as: UInt8.self)
        context.freePinned(host)
        #expect(fake.log == ["locked \(2 << 20)", "free locked"])
    }

    @Test("The device is opened with one queue, which is sooner there, unless the user wants more; programs started later do not see that")
    func queues() async throws {
        let name = "CUDA_DEVICE_MAX_CONNECTIONS"
        let given = initialEnvironment(name)
        let fake = try #require(FakeDriver())
        let context = try GPUContext(ordinal: 0, library: fake.path)
        #expect(fake.log == ["retain with \(given ?? "1")"])
        withExtendedLifetime(context) {}
        // Other tests open devices meanwhile.
        for _ in 0..<2000 where environment(name) != given { try await Task.sleep(nanoseconds: 1_000_000) }
        #expect(environment(name) == given)
    }
}
