internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Finds the numbers in a cell's outputs that are addresses: they differ from process to process, as no constant does.
///
/// What a hexadecimal number is cannot be told from its digits. The memory of the process that wrote it tells: an address lies in
/// it, and a constant does so once in some ten thousand times.
enum AddressFinder {
    /// The addresses as they are written, such as `0x00007f12ab34cd50`.
    ///
    /// - Parameter memory: The memory of the process that wrote the outputs, asked for where there are hexadecimal numbers;
    ///   `nil` where it is out of sight, and the form of a number has to tell.
    static func addresses(in outputs: [CellOutput], memory: () -> ProcessMemory?) -> Set<String> {
        var found: Set<String> = []
        for text in outputs.flatMap(texts) {
            for number in HexadecimalNumber.all(in: text) { found.insert(String(text[number.range])) }
        }
        guard !found.isEmpty else { return [] }
        let memory = memory()
        return found.filter { text in
            guard let value = HexadecimalNumber.value(of: text) else { return false }
            return memory.map { $0.holds(value) } ?? hasFormOfAddress(text, value)
        }
    }

    /// As Swift writes pointers, with leading zeros to 16 digits, or as C does, where programs and their memory lie on Linux.
    static func hasFormOfAddress(_ text: String, _ value: UInt64) -> Bool {
        let isInUserSpace = value >= 1 << 32 && value < 1 << 48
        if text.utf8.count == 18 { return isInUserSpace }
        return isInUserSpace && [0x55, 0x56, 0x7E, 0x7F, 0xAA, 0xFF].contains(value >> 40)
    }

    private static func texts(_ output: CellOutput) -> [String] {
        switch output {
        case .stream(_, let text): [text]
        case .display(let bundle, _), .result(let bundle):
            bundle.representations.compactMap { if case .text(let text) = $0.content { text } else { nil } }
        case .error(let error): [error.message]
        case .diagnostics: []
        }
    }
}

/// A number that is written `0x…`.
struct HexadecimalNumber {
    /// With its `0x`.
    var range: Range<String.Index>

    /// The numbers of six digits and more: memory begins above what five can say.
    ///
    /// - Complexity: Linear in the text's length.
    static func all(in text: String) -> [HexadecimalNumber] {
        guard text.utf8.contains(UInt8(ascii: "x")) else { return [] }
        var found: [HexadecimalNumber] = []
        let utf8 = text.utf8
        var index = utf8.startIndex
        while let zero = utf8[index...].firstIndex(of: UInt8(ascii: "0")) {
            let mark = utf8.index(after: zero)
            guard mark < utf8.endIndex, utf8[mark] == UInt8(ascii: "x") else {
                index = mark
                continue
            }
            let start = utf8.index(after: mark)
            let end = utf8[start...].firstIndex { !isDigit($0) } ?? utf8.endIndex
            if utf8.distance(from: start, to: end) >= 6 { found.append(HexadecimalNumber(range: zero..<end)) }
            index = end
        }
        return found
    }

    /// - Returns: `nil` for what does not fit 64 bits.
    static func value(of text: String) -> UInt64? { UInt64(text.dropFirst(2), radix: 16) }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}

/// The addresses that a process of this machine uses.
struct ProcessMemory {
    private var ranges: [ClosedRange<UInt64>] = []
    /// What was freed lies beside what is in use.
    private static let margin: UInt64 = 1 << 30

    /// What a host and the processes that it keeps have in use: cells run in a child of the process that the executor started.
    ///
    /// - Returns: `nil` where the system does not say.
    init?(process: Int32) {
        guard let bytes = try? readFile("/proc/\(process)/maps"), !bytes.isEmpty else { return nil }
        let children = (try? readFile("/proc/\(process)/task/\(process)/children")) ?? []
        let kept = children.split(separator: 0x20).flatMap { (try? readFile("/proc/\(String(decoding: $0, as: UTF8.self))/maps")) ?? [] }
        for line in (bytes + kept).split(separator: 0x0A) {
            let ends = line.prefix { $0 != 0x20 }.split(separator: UInt8(ascii: "-")).map { UInt64(String(decoding: $0, as: UTF8.self), radix: 16) }
            guard ends.count == 2, let start = ends[0], let end = ends[1], start <= end else { continue }
            ranges.append(start...end)
        }
        if ranges.isEmpty { return nil }
    }

    init(ranges: [ClosedRange<UInt64>]) { self.ranges = ranges }

    func holds(_ address: UInt64) -> Bool {
        ranges.contains { range in
            let low = range.lowerBound > Self.margin ? range.lowerBound - Self.margin : range.lowerBound
            return address >= low && address <= range.upperBound &+ min(Self.margin, .max - range.upperBound)
        }
    }
}
