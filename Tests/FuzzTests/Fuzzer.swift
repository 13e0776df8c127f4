import TestSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Feeds a parser with inputs that are almost right.
///
/// Input number *n* of a target depends on the seed and *n* alone, so that an input that ended the process can be made
/// again: `GALLEY_FUZZ_STATE` names a file that holds the number under way. Environment: `GALLEY_FUZZ_INPUTS` (how
/// many, 3000 unless told), `GALLEY_FUZZ_SEED`, `GALLEY_FUZZ_FIRST` (the number to start with).
struct Fuzzer {
    let name: String
    /// Inputs that the parser accepts.
    let corpus: [[UInt8]]
    /// Pieces of the format, put in here and there.
    var dictionary: [[UInt8]] = []
    /// Makes an input by the format's rules, some of them broken.
    var structured: (@Sendable (inout SeededGenerator) -> [UInt8])?

    struct Outcome: CustomStringConvertible {
        var accepted = 0
        var rejected = 0
        var failures: [String] = []
        var description: String { "\(accepted + rejected) inputs, \(accepted) accepted, \(rejected) rejected, \(failures.count) failures" }
    }

    /// - Parameter parse: whether the input was accepted; a thrown error is a failure of the test, as a trap is.
    func run(_ parse: ([UInt8]) throws -> Bool) -> Outcome {
        let first = Self.setting("GALLEY_FUZZ_FIRST") ?? 0
        let count = Self.setting("GALLEY_FUZZ_INPUTS") ?? 3000
        let seed = UInt64(Self.setting("GALLEY_FUZZ_SEED") ?? 1)
        let state = getenv("GALLEY_FUZZ_STATE").map { open(String(cString: $0), O_RDWR | O_CREAT, 0o644) }
        defer { if let state { close(state) } }
        let start = ContinuousClock.now
        var outcome = Outcome()
        for number in first..<(first + count) {
            var generator = SeededGenerator(seed: seed &* 0x2545_f491_4f6c_dd1d &+ UInt64(number))
            let input = input(&generator)
            if let state { Self.note("\(name) \(number)", in: state) }
            do {
                if try parse(input) { outcome.accepted += 1 } else { outcome.rejected += 1 }
            } catch {
                outcome.failures.append("input \(number) (\(input.count) bytes): \(error)")
            }
        }
        if Self.setting("GALLEY_FUZZ_INPUTS") != nil {
            print("fuzz \(name): \(outcome), seed \(seed), \(start.duration(to: .now)), peak \(Self.peakMemory >> 20) MiB resident")
        }
        return outcome
    }

    private func input(_ generator: inout SeededGenerator) -> [UInt8] {
        let kind = Int.random(in: 0..<20, using: &generator)
        if kind == 0 { return (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) } }
        var bytes: [UInt8] = []
        if let structured, kind < 10 {
            bytes = structured(&generator)
            if kind < 5 { return bytes }
        } else if let chosen = corpus.randomElement(using: &generator) {
            bytes = chosen
        }
        for _ in 0..<Int.random(in: 1...6, using: &generator) { mutate(&bytes, &generator) }
        return bytes
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let rest = bytes.count - place
        let length = min(rest, Int.random(in: 1...16, using: &generator))
        switch Int.random(in: 0..<10, using: &generator) {
        case 0 where rest > 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where rest > 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2, 3:
            let value = Self.interesting.randomElement(using: &generator) ?? 0
            let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 1
            for index in 0..<min(width, rest) { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
        case 4: bytes.removeSubrange(place..<(place + length))
        case 5: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
        case 6: if let piece = dictionary.randomElement(using: &generator) { bytes.insert(contentsOf: piece, at: place) }
        case 7: if let piece = dictionary.randomElement(using: &generator) { bytes.replaceSubrange(place..<(place + length), with: piece) }
        case 8:
            guard let other = corpus.randomElement(using: &generator) else { return }
            bytes = Array(bytes[..<place]) + other.suffix(Int.random(in: 0...other.count, using: &generator))
        default: bytes.removeSubrange(place...)
        }
    }

    private static let interesting: [UInt64] = [
        0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 257, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 40, 1 << 62, 1 << 63, .max,
        .max - 7, .max - 31, 1 << 63 - 1,
    ]

    private static func setting(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

    private static func note(_ text: String, in descriptor: Int32) {
        var padded = Array((text + String(repeating: " ", count: max(0, 39 - text.utf8.count)) + "\n").utf8)
        pwrite(descriptor, &padded, padded.count, 0)
    }

    /// The most bytes that this process had in memory.
    private static var peakMemory: Int {
        var usage = rusage()
        // RUSAGE_SELF is 0 on every system, and of another type on each.
        getrusage(0, &usage)
        // Kilobytes on Linux, bytes on macOS.
        #if os(Linux)
            return usage.ru_maxrss << 10
        #else
            return usage.ru_maxrss
        #endif
    }
}
