import CUDABackend
import Testing

@Suite("The table of devices")
struct DeviceTableTests {
    @Test("It looks like nvidia-smi's")
    func text() throws {
        let fake = try #require(FakeDriver())
        let table = try DeviceTable.read(library: fake.path)
        let lines = table.text.split(separator: "\n").map(String.init)
        #expect(Set(lines.map(\.count)) == [91], "every line is as wide as nvidia-smi's")
        #expect(lines[7] == "|   0  Fake <GPU>                     On  |   00000000:41:00.0 Off |                    0 |")
        #expect(lines[8] == "| N/A   41C    P2             70W /  700W |    2048MiB /  16384MiB |      7%      Default |")
        #expect(lines[9] == "|                                         |                        |             Disabled |")
    }

    @Test("Its HTML escapes names and has the same figures")
    func html() throws {
        let fake = try #require(FakeDriver())
        let html = try DeviceTable.read(library: fake.path).html
        #expect(html.contains("<td>Fake &lt;GPU&gt;</td>"))
        #expect(html.contains("2048 of 16384 MiB"))
        #expect(html.contains("70 W of 700 W"))
        #expect(html.contains("NVIDIA driver 535.54.03, CUDA 12.2"))
    }

    @Test("A backend finds its row by the bus, which NVML writes with a longer domain")
    func row() throws {
        let fake = try #require(FakeDriver())
        let backend = try GPUBackend(ordinal: 0, library: fake.path, registersMemory: false)
        let row = try #require(backend.row(in: try DeviceTable.read(library: fake.path)))
        #expect(row.name == "Fake <GPU>")
        #expect(row.memoryUsed == 2048 << 20)
        #expect(row.memoryTotal == 16384 << 20)
    }

    @Test("A machine without the library says what to do")
    func missing() {
        #expect { try DeviceTable.read(library: "/nowhere/libnvidia-ml.so.1") } throws: { ($0 as? CUDAFailure)?.kind == .noLibrary }
    }
}
