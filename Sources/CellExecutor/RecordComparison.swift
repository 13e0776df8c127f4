internal import Groundwork
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
    let old = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
    let new = Dictionary(fresh.cells.map { ($0.id, $0) }) { first, _ in first }
    return notebook.cells.compactMap { cell in
        let details = OutputComparison(options: cell.options).compare(old[cell.id], new[cell.id])
        return details.isEmpty ? nil : RecordDifference(path: notebook.file.path, cell: cell.id, line: cell.firstLine, details: details)
    }
}

/// Compares the outputs of one cell.
///
/// - Complexity: O(*n* log *n*) in the outputs' length, where much differs, too.
struct OutputComparison {
    let options: CellOptions
    private static let shownLines = 12
    /// Lines that differ, beyond which they are told in pairs as they stand: to find the least that changed takes their square.
    private static let alignedLines = 300
    /// What sums of doubles around 1 differ from 0 by: the spacing of doubles there.
    private static let smallestTolerance = 0x1p-52
    private var addresses: (old: Set<String>, new: Set<String>) = ([], [])

    init(options: CellOptions) { self.options = options }

    func compare(_ old: CellRecord?, _ new: CellRecord?) -> [String] {
        guard let old = old?.asWritten else { return new == nil ? [] : ["- (not in the record)", "+ \(new?.status.rawValue ?? "")"] }
        guard let new = new?.asWritten else { return ["- \(old.status.rawValue)", "+ (did not run)"] }
        var comparison = self
        comparison.addresses = (Self.addresses(of: old), Self.addresses(of: new))
        if old.status != new.status {
            return ["- \(old.status.rawValue)", "+ \(new.status.rawValue)"] + comparison.outputs(old.outputs, new.outputs)
        }
        return options.volatile ? [] : comparison.outputs(old.outputs, new.outputs)
    }

    /// Records of earlier versions do not say which numbers were addresses.
    private static func addresses(of record: CellRecord) -> Set<String> {
        record.inputs == nil ? AddressFinder.addresses(in: record.outputs) { nil } : record.addresses
    }

    private func outputs(_ old: [CellOutput], _ new: [CellOutput]) -> [String] {
        let left = old.map(Self.parts)
        // Members of JSON have no order, and other programs write them in their own.
        let right = new.map(Self.parts).enumerated().map { index, parts in
            left.indices.contains(index) ? Self.ordered(parts, as: left[index]) : parts
        }
        if left.map({ $0.map(\.kind) }) == right.map({ $0.map(\.kind) }) { return zip(left, right).flatMap(value) }
        func listed(_ outputs: [[(kind: String, content: String)]]) -> String {
            outputs.joined().map { "\($0.kind): \($0.content)" }.joined(separator: "\n")
        }
        // Outputs that came or went count, whatever their lines say.
        let lines = texts("outputs", listed(left), listed(right))
        return lines.isEmpty ? ["outputs:", "- \(left.count) outputs", "+ \(right.count) outputs"] : lines
    }

    private static func ordered(_ parts: [(kind: String, content: String)], as others: [(kind: String, content: String)]) -> [(
        kind: String, content: String
    )] {
        guard parts.map(\.kind).sorted() == others.map(\.kind).sorted() else { return parts }
        let places = Dictionary(others.enumerated().map { ($1.kind, $0) }) { first, _ in first }
        return parts.sorted { places[$0.kind] ?? 0 < places[$1.kind] ?? 0 }
    }

    /// One output: where several representations of a value differ, one is shown, plain text if it is among them, and the others are named.
    private func value(_ old: [(kind: String, content: String)], _ new: [(kind: String, content: String)]) -> [String] {
        var shown: [String] = []
        let pairs = zip(old, new).filter { !$0.content.utf8.elementsEqual($1.content.utf8) }
        for (left, right) in pairs.filter({ $0.0.kind.hasSuffix("text/plain") }) + pairs.filter({ !$0.0.kind.hasSuffix("text/plain") }) {
            let lines = texts(left.kind, left.content, right.content)
            if !lines.isEmpty { shown += shown.isEmpty ? lines : ["\(left.kind): differs, too"] }
        }
        return shown
    }

    /// The lines that differ, in the form of a diff.
    private func texts(_ kind: String, _ old: String, _ new: String) -> [String] {
        var left = lines(old, without: addresses.old)
        var right = lines(new, without: addresses.new)
        if options.unordered {
            left = left.map(PrintedElements.sorted).sorted()
            right = right.map(PrintedElements.sorted).sorted()
        }
        let start = zip(left, right).prefix { areEqual($0, $1) }.count
        if start == left.count, start == right.count { return [] }
        let end = zip(left[start...].reversed(), right[start...].reversed()).prefix { areEqual($0, $1) }.count
        let (removed, added) = changes(left, start..<(left.count - end), right, start..<(right.count - end))
        // Where as many lines went as came, the first stands for the first.
        let arePairs = removed.count == added.count
        let all = (removed.enumerated().map { (line: $1, mark: "- ", number: $0) } + added.enumerated().map { (line: $1, mark: "+ ", number: $0) })
            .sorted { ($0.line, $0.mark == "- " ? 0 : 1) < ($1.line, $1.mark == "- " ? 0 : 1) }
        let shown = all.prefix(Self.shownLines).map { change -> String in
            let (own, others, otherLines) = change.mark == "- " ? (left, added, right) : (right, removed, left)
            return change.mark + Self.excerpt(of: own[change.line], besides: arePairs ? otherLines[others[change.number]] : "")
        }
        let rest = all.count - shown.count
        return ["\(kind):"] + shown + (rest > 0 ? ["… \(rest) more lines"] : [])
    }

    /// The numbers of the lines that went and that came.
    private func changes(_ left: [String], _ old: Range<Int>, _ right: [String], _ new: Range<Int>) -> (removed: [Int], added: [Int]) {
        guard old.count <= Self.alignedLines, new.count <= Self.alignedLines else {
            var removed: [Int] = []
            var added: [Int] = []
            for offset in 0..<max(old.count, new.count) {
                let (a, b) = (old.lowerBound + offset, new.lowerBound + offset)
                if old.contains(a), new.contains(b), areEqual(left[a], right[b]) { continue }
                if old.contains(a) { removed.append(a) }
                if new.contains(b) { added.append(b) }
            }
            return (removed, added)
        }
        var removed: [Int] = []
        var added: [Int] = []
        for change in right[new].difference(from: left[old], by: { areEqual($0, $1) }) {
            switch change {
            case .remove(let offset, _, _): removed.append(old.lowerBound + offset)
            case .insert(let offset, _, _): added.append(new.lowerBound + offset)
            }
        }
        return (removed.sorted(), added.sorted())
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

    /// Characters of a long line that are shown, and how many of them come before and after what differs.
    private static let (excerptLength, excerptContext) = (160, 30)

    private func lines(_ text: String, without addresses: Set<String>) -> [String] {
        Self.without(addresses, text).utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    private func areEqual(_ left: String, _ right: String) -> Bool {
        if left.utf8.elementsEqual(right.utf8) { return true }
        guard options.tolerance != nil || options.absoluteTolerance != nil else { return false }
        let relative = options.tolerance ?? 0
        let aroundZero = options.absoluteTolerance ?? (relative > 0 ? Self.smallestTolerance : 0)
        return MeasuredText.areEqual(left, right, relative: relative, absolute: options.absoluteTolerance ?? 0, aroundZero: aroundZero)
    }

    private static func parts(_ output: CellOutput) -> [(kind: String, content: String)] {
        switch output {
        case .stream(let stream, let text): [(stream.rawValue, text)]
        case .display(let bundle, let metadata):
            bundle.representations.map { ("display \($0.type)", content($0.content)) }
                + (metadata.isEmpty ? [] : [("display metadata", JSONValue.object(metadata).sorted.text(.indented(1)))])
        case .result(let bundle): bundle.representations.map { ("value \($0.type)", content($0.content)) }
        case .diagnostics(let diagnostics): [("compiler", diagnostics.map { "\($0.severity.rawValue): \($0.summary)" }.joined(separator: "\n"))]
        case .error(let error): [("error", "\(error.name): \(error.message)")]
        }
    }

    private static func content(_ content: MIMEBundle.Content) -> String {
        switch content {
        case .text(let text): text
        case .json(let value): value.sorted.text(.indented(1))
        case .binary(let bytes): "\(bytes.count) bytes, digest \(QuickDigest(bytes))"
        }
    }

    /// Addresses differ from process to process.
    private static func without(_ addresses: Set<String>, _ text: String) -> String {
        guard !addresses.isEmpty else { return text }
        var result = ""
        var end = text.startIndex
        for number in HexadecimalNumber.all(in: text) where addresses.contains(String(text[number.range])) {
            result += text[end..<number.range.lowerBound] + "0x…"
            end = number.range.upperBound
        }
        return result + text[end...]
    }
}
