internal import JSON
public import NotebookModel
internal import SourceText

/// A cell whose fresh outputs are not those of the record.
public struct RecordDifference: Sendable, Hashable, CustomStringConvertible {
    public var path: String
    public var cell: Cell.ID
    /// The line (from 1) of the notebook that the cell stands on.
    public var line: Int
    /// What differs: lines that start with `-` are the record's, with `+` the fresh run's.
    public var details: [String]

    public var description: String { (["\(path):\(line): \(cell) differs from the record"] + details.map { "  " + $0 }).joined(separator: "\n") }
}

/// Compares a fresh run with the record, as each cell's options say.
///
/// Durations, memory and environments are not compared, nor are addresses in the outputs. Cells marked
/// `volatile` are only held to end as they did.
public func differences(between record: RunRecord, and fresh: RunRecord, in notebook: Notebook) -> [RecordDifference] {
    notebook.cells.compactMap { cell in
        let details = OutputComparison(options: cell.options).compare(record[cell.id], fresh[cell.id])
        return details.isEmpty ? nil : RecordDifference(path: notebook.file.path, cell: cell.id, line: cell.firstLine, details: details)
    }
}

/// Compares the outputs of one cell.
struct OutputComparison {
    let options: CellOptions
    private static let shownLines = 12
    /// Characters of a long line that are shown, and how many of them come before and after what differs.
    private static let (excerptLength, excerptContext) = (160, 30)

    func compare(_ old: CellRecord?, _ new: CellRecord?) -> [String] {
        guard let old else { return new == nil ? [] : ["- (not in the record)", "+ \(new?.status.rawValue ?? "")"] }
        guard let new else { return ["- \(old.status.rawValue)", "+ (did not run)"] }
        if old.status != new.status { return ["- \(old.status.rawValue)", "+ \(new.status.rawValue)"] + outputs(old.outputs, new.outputs) }
        return options.volatile ? [] : outputs(old.outputs, new.outputs)
    }

    private func outputs(_ old: [CellOutput], _ new: [CellOutput]) -> [String] {
        let left = old.map(Self.parts)
        let right = new.map(Self.parts)
        if left.map({ $0.map(\.kind) }) == right.map({ $0.map(\.kind) }) { return zip(left, right).flatMap(value) }
        func listed(_ outputs: [[(kind: String, content: String)]]) -> String {
            outputs.joined().map { "\($0.kind): \($0.content)" }.joined(separator: "\n")
        }
        return texts("outputs", listed(left), listed(right))
    }

    /// One output: where several representations of a value differ, one is shown, plain text if it is among them, and the others are named.
    private func value(_ old: [(kind: String, content: String)], _ new: [(kind: String, content: String)]) -> [String] {
        var shown: [String] = []
        let pairs = zip(old, new).filter { $0.content != $1.content }
        for (left, right) in pairs.filter({ $0.0.kind.hasSuffix("text/plain") }) + pairs.filter({ !$0.0.kind.hasSuffix("text/plain") }) {
            let lines = texts(left.kind, left.content, right.content)
            if !lines.isEmpty { shown += shown.isEmpty ? lines : ["\(left.kind): differs, too"] }
        }
        return shown
    }

    /// The lines that differ, in the form of a diff.
    private func texts(_ kind: String, _ old: String, _ new: String) -> [String] {
        var left = lines(old)
        var right = lines(new)
        if options.unordered {
            left.sort()
            right.sort()
        }
        if left.count == right.count, zip(left, right).allSatisfy(areEqual) { return [] }
        var removed: [(Int, String)] = []
        var added: [(Int, String)] = []
        let difference = right.difference(from: left) { areEqual($0, $1) }
        for change in difference {
            switch change {
            case .remove(let offset, let line, _): removed.append((offset, line))
            case .insert(let offset, let line, _): added.append((offset, line))
            }
        }
        // Where as many lines went as came, the first stands for the first.
        let arePairs = removed.count == added.count
        func shown(_ mark: String, _ lines: [(Int, String)], besides others: [(Int, String)]) -> [(Int, String)] {
            lines.enumerated().map { ($1.0, mark + Self.excerpt(of: $1.1, besides: arePairs ? others[$0].1 : "")) }
        }
        let all = (shown("- ", removed, besides: added) + shown("+ ", added, besides: removed)).sorted { ($0.0, $0.1 < $1.1 ? 1 : 0) < ($1.0, 0) }
            .map(\.1)
        let rest = all.count - Self.shownLines
        return ["\(kind):"] + all.prefix(Self.shownLines) + (rest > 0 ? ["… \(rest) more lines"] : [])
    }

    /// A line, or the part of a long one that differs from another.
    private static func excerpt(of line: String, besides other: String) -> String {
        guard line.utf8.count > excerptLength else { return line }
        let characters = Array(line)
        let others = Array(other)
        let same = zip(characters, others).prefix { $0 == $1 }.count
        let sameEnd = zip(characters.dropFirst(same).reversed(), others.dropFirst(same).reversed()).prefix { $0 == $1 }.count
        let start = max(0, same - excerptContext)
        let end = min(characters.count - max(0, sameEnd - excerptContext), start + excerptLength)
        return (start > 0 ? "…" : "") + String(characters[start..<max(start, end)]) + (end < characters.count ? "…" : "")
    }

    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { withoutAddresses(String($0)) }
    }

    private func areEqual(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        if options.unordered, elements(left) == elements(right) { return true }
        guard let tolerance = options.tolerance else { return false }
        let a = NumberedText(left)
        let b = NumberedText(right)
        guard a.words == b.words, a.numbers.count == b.numbers.count else { return false }
        return zip(a.numbers, b.numbers).allSatisfy { abs($0 - $1) <= tolerance * max(abs($0), abs($1)) || $0 == $1 }
    }

    /// The elements of a printed set or dictionary, in an order of their own.
    private func elements(_ line: String) -> [String] {
        line.split { ",[](){}".contains($0) }.map { $0.trimmingSpaces() }.sorted()
    }

    private static func parts(_ output: CellOutput) -> [(kind: String, content: String)] {
        switch output {
        case .stream(let stream, let text): [(stream.rawValue, text)]
        case .display(let bundle, _): bundle.representations.map { ("display \($0.type)", content($0.content)) }
        case .result(let bundle): bundle.representations.map { ("value \($0.type)", content($0.content)) }
        case .diagnostics(let diagnostics): [("compiler", diagnostics.map { "\($0.severity.rawValue): \($0.summary)" }.joined(separator: "\n"))]
        case .error(let error): [("error", "\(error.name): \(error.message)")]
        }
    }

    private static func content(_ content: MIMEBundle.Content) -> String {
        switch content {
        case .text(let text): text
        case .json(let value): value.text(.indented(1))
        case .binary(let bytes):
            "\(bytes.count) bytes, digest \(bytes.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })"
        }
    }

    /// Addresses differ from process to process.
    private func withoutAddresses(_ line: String) -> String {
        guard line.contains("0x") else { return line }
        var result = ""
        var rest = Substring(line)
        while let range = rest.firstRange(of: "0x") {
            result += rest[..<range.upperBound]
            let digits = rest[range.upperBound...].prefix(while: \.isHexDigit)
            result += digits.count >= 6 ? "…" : digits
            rest = rest[digits.endIndex...]
        }
        return result + rest
    }
}

/// A text cut into its numbers and what stands between them.
private struct NumberedText {
    var words: [String] = [""]
    var numbers: [Double] = []

    init(_ text: String) {
        var rest = Substring(text)
        while let first = rest.first {
            let previous = words[words.count - 1].last
            let mayStart = first.isNumber || ((first == "-" || first == ".") && rest.dropFirst().first?.isNumber == true)
            if mayStart, previous?.isLetter != true {
                var end = rest.index(after: rest.startIndex)
                while end < rest.endIndex {
                    let character = rest[end]
                    let isExponent = (character == "-" || character == "+") && "eE".contains(rest[rest.index(before: end)])
                    guard character.isNumber || character == "." || character == "e" || character == "E" || isExponent else { break }
                    end = rest.index(after: end)
                }
                if let number = Double(rest[..<end]) {
                    numbers.append(number)
                    words.append("")
                    rest = rest[end...]
                    continue
                }
            }
            words[words.count - 1].append(first)
            rest = rest.dropFirst()
        }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
