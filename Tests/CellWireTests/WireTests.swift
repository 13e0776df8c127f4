import CellWire
import Testing

private let commands: [HostCommand] = [
    .configure(
        HostConfiguration(
            workingFolder: "/tmp/ä", outputLimit: 10, memoryLimit: 1 << 40, environment: ["A": "b", "C": ""],
            resources: ["data.csv": [1, 2, 3]], hasOwnFolder: true)),
    .load(CellImage(name: "Cell_1", content: .path("/x.so"))),
    .load(CellImage(name: "Cell_2", content: .bytes([0, 255, 127]))),
    .run(RunRequest(cell: 3, image: "Cell_1", entry: "main_1")),
    .interrupt, .shutdown,
]

private let events: [HostEvent] = [
    .ready(HostEnvironment(system: "Debian", cpu: "x", coreCount: 2, gpus: ["a", "b"])),
    .started(cell: 0),
    .output(cell: 1, .standardError, Array("hé".utf8)),
    .boundary(cell: 1),
    .outputCut(cell: 1, .standardOutput, byteCount: 1 << 33),
    .display(
        cell: 2,
        WireDisplay(
            role: .result,
            representations: [.init(type: "text/plain", form: .text, bytes: [65]), .init(type: "image/png", form: .binary, bytes: [])],
            metadata: "{}")),
    .failed(cell: -1, WireFailure(kind: .trap, name: "Fatal error", message: "m", frames: [.init(image: "c", offset: .max)])),
    .ended(cell: 7, CellUsage(duration: 0.25, residentBytes: 1 << 35, isTainted: true)),
    .fatal("no library"),
]

@Test("every message reads back as it was written")
func messagesRoundTrip() throws {
    for command in commands { #expect(try HostCommand(decoding: command.encoded) == command) }
    for event in events { #expect(try HostEvent(decoding: event.encoded) == event) }
}

@Test("a message cut anywhere is an error, never a trap")
func truncatedMessagesAreErrors() {
    for bytes in commands.map(\.encoded) {
        for count in 0..<bytes.count { #expect(throws: WireError.self) { try HostCommand(decoding: Array(bytes.prefix(count))) } }
    }
    for bytes in events.map(\.encoded) {
        for count in 0..<bytes.count { #expect(throws: WireError.self) { try HostEvent(decoding: Array(bytes.prefix(count))) } }
    }
}

@Test("bytes after a message's end are an error")
func trailingBytesAreErrors() {
    for event in events { #expect(throws: WireError.self) { try HostEvent(decoding: event.encoded + [0]) } }
}

@Test("random bytes and random changes to messages never trap and never read as more than they hold")
func garbageNeverTraps() {
    var generator = SeededGenerator(seed: 7)
    for round in 0..<40_000 {
        var bytes: [UInt8]
        if round.isMultiple(of: 2) {
            bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        } else {
            bytes = (events.map(\.encoded) + commands.map(\.encoded)).randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        if let event = try? HostEvent(decoding: bytes) {
            // Non-canonical integers may shrink, nothing may grow.
            #expect(event.encoded.count <= bytes.count)
        }
        if let command = try? HostCommand(decoding: bytes) { #expect(command.encoded.count <= bytes.count) }
    }
}

@Test("frames come out whole however the stream is cut")
func framesSurviveAnyCut() throws {
    let stream = events.flatMap { FrameReader.frame($0.encoded) }
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
        var reader = FrameReader()
        var found: [HostEvent] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...9, using: &generator)
            reader.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            while let content = try reader.next() { found.append(try HostEvent(decoding: content)) }
        }
        #expect(found == events)
        #expect(!reader.isInsideMessage)
    }
}

@Test("a wild length is refused before anything is allocated")
func wildLengthsAreRefused() {
    var reader = FrameReader()
    reader.append([255, 255, 255, 255, 0])
    #expect(throws: WireError.tooLong(0xFFFF_FFFF)) { try reader.next() }
}

@Test("another version is named as such")
func otherVersionsAreNamed() {
    #expect(throws: WireError.version(9)) { try HostEvent(decoding: [1, 9]) }
}

/// SplitMix64, so that failures repeat.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Test("times that are none and negative counts are errors")
func wildNumbers() {
    for duration in [Double.nan, .infinity, -.infinity, -1] {
        let event = HostEvent.ended(cell: 1, CellUsage(duration: duration, residentBytes: 1, isTainted: false))
        #expect(throws: WireError.self) { try HostEvent(decoding: event.encoded) }
    }
    for count in [-1, Int.min] {
        for event in [
            HostEvent.ended(cell: 1, CellUsage(duration: 1, residentBytes: count, isTainted: false)),
            .outputCut(cell: 1, .standardOutput, byteCount: count),
            .ready(HostEnvironment(system: "", cpu: "", coreCount: count, gpus: [])),
        ] {
            #expect(throws: WireError.self) { try HostEvent(decoding: event.encoded) }
        }
    }
}

@Test("what is said of another cell concerns no other")
func foreignCells() {
    let usage = CellUsage(duration: 1, residentBytes: 1, isTainted: false)
    for number in [Int.min, -2, 0, 2, Int.max] {
        #expect(!HostEvent.ended(cell: number, usage).concerns(1))
        #expect(!HostEvent.output(cell: number, .standardOutput, []).concerns(1))
        #expect(!HostEvent.failed(cell: number, WireFailure(kind: .trap, name: "", message: "")).concerns(1))
    }
    #expect(HostEvent.ended(cell: 1, usage).concerns(1) && HostEvent.fatal("").concerns(1))
    #expect(HostEvent.failed(cell: -1, WireFailure(kind: .loading, name: "", message: "")).concerns(1))
}
