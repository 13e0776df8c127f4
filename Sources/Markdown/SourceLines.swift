/// A text with its lines' places, without their endings.
struct SourceLines {
    let bytes: [UInt8]
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var index = 0
        var start = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0A || byte == 0x0D {
                starts.append(start)
                ends.append(index)
                if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
                start = index + 1
            }
            index += 1
        }
        if start < bytes.count {
            starts.append(start)
            ends.append(bytes.count)
        }
    }

    var count: Int { starts.count }

    /// The bytes of a line (from 0), without its ending.
    subscript(line: Int) -> ArraySlice<UInt8> { bytes[starts[line]..<ends[line]] }

    /// The offset of the first byte of a line that is neither space nor tab.
    func firstInk(ofLine line: Int) -> Int {
        var offset = starts[line]
        while offset < ends[line], bytes[offset].isBlank { offset += 1 }
        return offset
    }

    func isBlank(_ line: Int) -> Bool { firstInk(ofLine: line) == ends[line] }
}

extension UInt8 {
    var isBlank: Bool { self == 0x20 || self == 0x09 }
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x41...0x5A).contains(self & 0xDF) }
    var isAlphanumeric: Bool { isDigit || isLetter }
    /// ASCII punctuation as CommonMark counts it.
    var isPunctuation: Bool {
        (0x21...0x2F).contains(self) || (0x3A...0x40).contains(self) || (0x5B...0x60).contains(self) || (0x7B...0x7E).contains(self)
    }
}

extension ArraySlice<UInt8> {
    func trimmingBlanks() -> ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first.isBlank { slice = slice.dropFirst() }
        while let last = slice.last, last.isBlank { slice = slice.dropLast() }
        return slice
    }

    var string: String { String(decoding: self, as: UTF8.self) }
}

/// The marks that stand for syntax which libcmark does not know: characters of the C1 set, two bytes each.
enum Sentinel {
    /// Before and after the label of a footnote reference.
    static let footnoteOpen: UInt8 = 0x91
    static let footnoteClose: UInt8 = 0x92
    /// First in a code span or a fence's info string that is math.
    static let inlineMath: UInt8 = 0x93
    static let displayMath: UInt8 = 0x94
    /// A tilde that was escaped.
    static let tilde: UInt8 = 0x95
    /// A heading or paragraph that stands for something else.
    static let placeholder: UInt8 = 0x97

    static func bytes(_ mark: UInt8) -> [UInt8] { [0xC2, mark] }

    static func character(_ mark: UInt8) -> Unicode.Scalar { Unicode.Scalar(mark) }

    /// The text with the marks' characters, should it have any, as no-break spaces: they show nothing either.
    static func removed(from bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for index in bytes.indices.dropLast() where bytes[index] == 0xC2 && (0x91...0x97).contains(bytes[index + 1]) {
            result[index + 1] = 0xA0
        }
        return result
    }

    /// The text as the author wrote it.
    static func restored(_ text: String) -> String {
        guard text.utf8.contains(0xC2) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x91: result.append(contentsOf: "[^".unicodeScalars)
            case 0x92: result.append("]")
            case 0x93: result.append("$")
            case 0x94: result.append(contentsOf: "$$".unicodeScalars)
            case 0x95: result.append(contentsOf: "~".unicodeScalars)
            case 0x97: break
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
