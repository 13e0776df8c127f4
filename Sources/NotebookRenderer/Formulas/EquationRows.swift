/// What of a display names its rows: tags, labels, and the numbers that amsmath's environments ask for.
struct EquationRows {
    /// What a label refers to.
    enum Name: Hashable {
        /// The row's place among the numbered rows of the formula, from 0.
        case number(Int)
        /// A tag's text, with its parentheses.
        case tag(String)
    }

    /// The formula without its labels.
    private(set) var tex: String
    private(set) var labels: [(label: String, name: Name)] = []
    /// How many rows get a number of their own.
    private(set) var numberedCount = 0
    /// Whether it is one equation that needs a number only to be referred to.
    private(set) var isNumberedWhole = false

    private static let numbered: Set<String> = ["equation", "align", "gather", "alignat", "flalign", "multline"]
    private static let starred = Set(numbered.map { $0 + "*" })
    /// Those that are one equation, whatever rows they have.
    private static let whole: Set<String> = ["equation", "multline"]

    /// - Complexity: O(*n*) in the length of the formula.
    init(_ source: String) {
        tex = source
        let bytes = Array(source.utf8)
        guard bytes.contains(UInt8(ascii: "\\")) else { return }
        var reader = Reader(bytes: bytes)
        reader.read()
        let environment = reader.environment
        let isNumbered = environment.map(Self.numbered.contains) ?? false
        let isPart = isNumbered || (environment.map(Self.starred.contains) ?? false)
        var rows = reader.rows
        if !isPart || environment.map(Self.whole.contains) ?? false { rows = [rows.reduce(into: Row()) { $0.add($1) }] }
        if rows.count > 1, rows.last?.isEmpty == true { rows.removeLast() }
        for row in rows {
            var name: Name?
            if let tag = row.tag {
                name = .tag(tag)
            } else if isNumbered, !row.isUnnumbered {
                name = .number(numberedCount)
                numberedCount += 1
            } else if !isPart, !row.labels.isEmpty {
                name = .number(0)
                isNumberedWhole = true
            }
            if let name { labels += row.labels.map { ($0, name) } }
        }
        if !reader.cuts.isEmpty {
            var kept: [UInt8] = []
            var start = 0
            for cut in reader.cuts {
                kept += bytes[start..<cut.lowerBound]
                start = cut.upperBound
            }
            tex = String(decoding: kept + bytes[start...], as: UTF8.self)
        }
    }

    private struct Row {
        var labels: [String] = []
        var tag: String?
        var isUnnumbered = false
        var isEmpty = true

        mutating func add(_ row: Row) {
            labels += row.labels
            tag = tag ?? row.tag
            isUnnumbered = isUnnumbered || row.isUnnumbered
            isEmpty = isEmpty && row.isEmpty
        }
    }

    /// Goes through a formula once.
    private struct Reader {
        let bytes: [UInt8]
        /// The environment that the formula begins with.
        var environment: String?
        var rows = [Row()]
        /// Where labels stand.
        var cuts: [Range<Int>] = []
        private var depth = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func read() {
            var index = 0
            var level = 0
            while index < bytes.count {
                let byte = bytes[index]
                guard byte == UInt8(ascii: "\\") else {
                    if byte == UInt8(ascii: "{") { level += 1 } else if byte == UInt8(ascii: "}") { level -= 1 }
                    if !byte.isWhite { rows[rows.count - 1].isEmpty = false }
                    index += 1
                    continue
                }
                let start = index
                index += 1
                while index < bytes.count, bytes[index].isASCIILetter { index += 1 }
                if index == start + 1 { index += 1 }
                let name = String(decoding: bytes[(start + 1)..<min(index, bytes.count)], as: UTF8.self)
                switch name {
                case "\\" where depth <= 1 && level == 0: rows.append(Row())
                case "begin":
                    if let argument = argument(at: &index) {
                        if depth == 0, environment == nil, rows.count == 1, rows[0].isEmpty { environment = argument } else { mark() }
                        depth += 1
                    }
                case "end":
                    _ = argument(at: &index)
                    depth -= 1
                case "label":
                    if let argument = argument(at: &index) {
                        rows[rows.count - 1].labels.append(argument)
                        cuts.append(start..<index)
                    }
                case "tag":
                    let isStarred = index < bytes.count && bytes[index] == UInt8(ascii: "*")
                    if isStarred { index += 1 }
                    if let argument = argument(at: &index) { rows[rows.count - 1].tag = isStarred ? argument : "(\(argument))" }
                case "notag", "nonumber": rows[rows.count - 1].isUnnumbered = true
                default: mark()
                }
            }
        }

        private mutating func mark() { rows[rows.count - 1].isEmpty = false }

        /// The text in braces at `index`, which is moved behind it.
        private func argument(at index: inout Int) -> String? {
            var start = index
            while start < bytes.count, bytes[start].isWhite { start += 1 }
            guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
            var level = 0
            for end in start..<bytes.count {
                if bytes[end] == UInt8(ascii: "{") { level += 1 }
                if bytes[end] == UInt8(ascii: "}") { level -= 1 }
                if level == 0 {
                    index = end + 1
                    return String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
                }
            }
            return nil
        }
    }
}

extension UInt8 {
    fileprivate var isWhite: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    fileprivate var isASCIILetter: Bool { (0x61...0x7A).contains(self | 0x20) }
}
