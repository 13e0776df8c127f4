/// A text file that was read whole, with its lines indexed once.
///
/// Offsets are UTF-8 byte offsets from the start of the text; lines and columns count from 1 and
/// columns count UTF-8 bytes, as Swift's own diagnostics do.
public struct SourceFile: Sendable, Hashable {
    /// The path as it should be shown to the author.
    public let path: String
    /// The text with its line endings as they stand in the file.
    public let text: String
    /// The UTF-8 offset at which each line starts. Never empty.
    private let lineStarts: [Int]

    /// - Complexity: O(*n*) in the length of the text.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
        lineStarts = Self.lineStarts(text.utf8)
    }

    private init(path: String, text: String, bytes: ArraySlice<UInt8>) {
        self.path = path
        self.text = text
        lineStarts = Self.lineStarts(bytes)
    }

    private static func lineStarts(_ bytes: some Sequence<UInt8>) -> [Int] {
        var starts = [0]
        var offset = 0
        var previous: UInt8 = 0
        for byte in bytes {
            // A lone carriage return ends a line too, as in CommonMark.
            if previous == 0x0D, byte != 0x0A { starts.append(offset) }
            offset += 1
            if byte == 0x0A { starts.append(offset) }
            previous = byte
        }
        if previous == 0x0D { starts.append(offset) }
        return starts
    }

    /// Validates UTF-8 before anything is made of the bytes.
    ///
    /// A byte-order mark at the start is dropped.
    /// - Throws: ``InvalidUTF8`` with the place of the first invalid byte.
    public init(path: String, bytes: [UInt8]) throws(InvalidUTF8) {
        var content = bytes[...]
        if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
        guard let text = String(validating: content, as: UTF8.self) else {
            let valid = SourceFile.validPrefixLength(of: content)
            let line = SourceFile(path: path, text: String(decoding: content.prefix(valid), as: UTF8.self)).lineCount
            throw InvalidUTF8(path: path, line: line, byteOffset: valid + (bytes.count - content.count))
        }
        self.init(path: path, text: text, bytes: content)
    }

    /// The number of lines; a text that ends with a line break has an empty last line.
    public var lineCount: Int { lineStarts.count }

    /// The UTF-8 offset at which `line` (from 1) starts; lines past the end give the text's length.
    public func offset(ofLine line: Int) -> Int {
        if line < 1 { return 0 }
        return line <= lineStarts.count ? lineStarts[line - 1] : text.utf8.count
    }

    /// The place of a UTF-8 offset. Offsets outside the text are moved to its nearest end.
    ///
    /// - Complexity: O(log *lines*).
    public func location(atOffset offset: Int) -> SourceLocation {
        let offset = min(max(0, offset), text.utf8.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return SourceLocation(line: low + 1, column: offset - lineStarts[low] + 1)
    }

    /// The text of one line (from 1) without its line ending; empty outside the file.
    public func line(_ line: Int) -> String { String(decoding: lineBytes(line), as: UTF8.self) }

    /// The line's bytes without its ending; its indices count from any number.
    func lineBytes(_ line: Int) -> ArraySlice<UInt8> {
        guard line >= 1, line <= lineStarts.count else { return [] }
        var bytes = Array(utf8(from: lineStarts[line - 1], to: offset(ofLine: line + 1)))[...]
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return bytes
    }

    /// The text of a line range, line endings included.
    public func text(ofLines lines: ClosedRange<Int>) -> String {
        String(decoding: utf8(from: offset(ofLine: lines.lowerBound), to: offset(ofLine: min(lines.upperBound, lineCount) + 1)), as: UTF8.self)
    }

    private func utf8(from start: Int, to end: Int) -> Substring.UTF8View {
        let utf8 = text.utf8
        let lower = utf8.index(utf8.startIndex, offsetBy: start)
        return text[lower..<utf8.index(lower, offsetBy: end - start)].utf8
    }

    private static func validPrefixLength(of bytes: ArraySlice<UInt8>) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var length = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            length += UTF8.width(scalar)
        }
        return length
    }
}

/// The bytes of a file are not UTF-8.
public struct InvalidUTF8: Error, Sendable, Hashable {
    public let path: String
    /// The line (from 1) of the first invalid byte.
    public let line: Int
    /// Its offset in the file, from 0.
    public let byteOffset: Int
}

/// A place in a file: line and column from 1, the column in UTF-8 bytes.
public struct SourceLocation: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    public var description: String { "\(line):\(column)" }
}

/// A half-open range of places: `end` is the place after the last byte.
public struct SourceRange: Sendable, Hashable {
    public var start: SourceLocation
    public var end: SourceLocation

    public init(start: SourceLocation, end: SourceLocation) {
        self.start = start
        self.end = end
    }

    /// The whole of the lines `lines`.
    public init(lines: ClosedRange<Int>) {
        start = SourceLocation(line: lines.lowerBound, column: 1)
        end = SourceLocation(line: lines.upperBound + 1, column: 1)
    }
}
