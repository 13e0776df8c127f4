internal import SourceText

/// Reads TOML 1.0 (https://toml.io/en/v1.0.0) into the tree that YAML gives: dates are texts, as in YAML's core schema.
struct TOMLReader {
    /// A table while it is being filled; what was said once is not said again.
    final class Table {
        enum Value {
            case tree(YAMLTree)
            case table(Table)
            /// `[[name]]`.
            case tables(Tables)
        }

        /// A list that grows in place.
        final class Tables {
            var all: [Table]

            init(_ first: Table) {
                all = [first]
            }
        }

        var names: [String] = []
        var values: [String: (key: YAMLTree, value: Value)] = [:]
        /// A header named it, or it was written in braces: no other header does.
        var isDefined = false
        /// A dotted key made it, so that headers do not reach it.
        var isDotted = false
        let place: SourceLocation

        init(place: SourceLocation) {
            self.place = place
        }

        func set(_ name: String, _ key: YAMLTree, _ value: Value) {
            if values[name] == nil { names.append(name) }
            values[name] = (key, value)
        }

        /// - Complexity: O(*n*); nesting is bounded by the reader.
        var tree: YAMLTree {
            let members = names.compactMap { name -> YAMLTree.Member? in
                guard let (key, value) = values[name] else { return nil }
                switch value {
                case .tree(let tree): return YAMLTree.Member(key: key, value: tree)
                case .table(let table): return YAMLTree.Member(key: key, value: table.tree)
                case .tables(let tables):
                    return YAMLTree.Member(key: key, value: YAMLTree(content: .sequence(tables.all.map(\.tree)), place: key.place))
                }
            }
            return YAMLTree(content: .mapping(members), place: place)
        }
    }

    private static let maximumDepth = 64

    let bytes: [UInt8]
    var index = 0
    private var line: Int
    private var lineStart = 0
    private var depth = 0

    /// - Parameters:
    ///   - text: lines ended by line feeds.
    ///   - line: the notebook's line that it begins on.
    static func read(_ text: String, line: Int) throws(YAMLProblem) -> YAMLTree? {
        var reader = TOMLReader(text, line: line)
        return try reader.document()
    }

    private init(_ text: String, line: Int) {
        bytes = Array(text.utf8)
        self.line = line
    }

    // MARK: Lines

    private mutating func document() throws(YAMLProblem) -> YAMLTree? {
        let root = Table(place: place)
        var current = root
        while true {
            skipBlankLines()
            guard index < bytes.count else { break }
            if bytes[index] == UInt8(ascii: "[") {
                current = try header(in: root)
            } else {
                try member(of: current)
            }
            try endOfLine()
        }
        return root.names.isEmpty ? nil : root.tree
    }

    /// `[a.b]` or `[[a.b]]`.
    private mutating func header(in root: Table) throws(YAMLProblem) -> Table {
        let isList = byte(index + 1) == UInt8(ascii: "[")
        index += isList ? 2 : 1
        let keys = try dottedKey()
        for _ in 0..<(isList ? 2 : 1) {
            guard byte(index) == UInt8(ascii: "]") else { throw problem("a header ends with `]`") }
            index += 1
        }
        var table = root
        for key in keys.dropLast() { table = try self.table(named: key, in: table, byHeader: true) }
        guard let last = keys.last, let name = last.string else { throw problem("a header needs a name") }
        switch table.values[name]?.value {
        case nil:
            let made = Table(place: last.place)
            made.isDefined = true
            table.set(name, last, isList ? .tables(Table.Tables(made)) : .table(made))
            return made
        case .tables(let tables)? where isList:
            let made = Table(place: last.place)
            made.isDefined = true
            tables.all.append(made)
            return made
        case .table(let known)? where !isList && !known.isDefined && !known.isDotted:
            known.isDefined = true
            return known
        default: throw YAMLProblem(message: "“\(name)” stands there twice", place: last.place)
        }
    }

    private mutating func member(of table: Table) throws(YAMLProblem) {
        let keys = try dottedKey()
        guard byte(index) == UInt8(ascii: "=") else { throw problem("a key is followed by `=` and a value") }
        index += 1
        skipBlanks()
        var target = table
        for key in keys.dropLast() { target = try self.table(named: key, in: target, byHeader: false) }
        guard let last = keys.last, let name = last.string else { throw problem("a key needs a name") }
        if target.values[name] != nil { throw YAMLProblem(message: "the key “\(name)” stands there twice", place: last.place) }
        target.set(name, last, .tree(try value()))
        skipBlanks()
    }

    /// The table that a part of a dotted key or header leads through.
    private func table(named key: YAMLTree, in table: Table, byHeader: Bool) throws(YAMLProblem) -> Table {
        let name = key.string ?? ""
        switch table.values[name]?.value {
        case nil:
            let made = Table(place: key.place)
            made.isDotted = !byHeader
            table.set(name, key, .table(made))
            return made
        case .table(let known)?:
            if !byHeader, !known.isDotted { throw YAMLProblem(message: "“\(name)” is defined elsewhere", place: key.place) }
            return known
        case .tables(let tables)?:
            guard byHeader, let last = tables.all.last else { throw YAMLProblem(message: "“\(name)” is a list of tables", place: key.place) }
            return last
        case .tree?: throw YAMLProblem(message: "“\(name)” has a value and can hold no keys", place: key.place)
        }
    }

    private mutating func dottedKey() throws(YAMLProblem) -> [YAMLTree] {
        var keys: [YAMLTree] = []
        while true {
            skipBlanks()
            let start = place
            let name: String
            switch byte(index) {
            case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: name = try text()
            default:
                let first = index
                while let next = byte(index), Self.isBare(next) { index += 1 }
                guard index > first else { throw problem("a key is missing") }
                name = String(decoding: bytes[first..<index], as: UTF8.self)
            }
            keys.append(YAMLTree(content: .scalar(name, isPlain: false), place: start))
            if keys.count > Self.maximumDepth { throw problem("nested deeper than \(Self.maximumDepth) levels") }
            skipBlanks()
            guard byte(index) == UInt8(ascii: ".") else { return keys }
            index += 1
        }
    }

    // MARK: Values

    private mutating func value() throws(YAMLProblem) -> YAMLTree {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw problem("nested deeper than \(Self.maximumDepth) levels") }
        let start = place
        switch byte(index) {
        case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: return YAMLTree(content: .scalar(try text(allowsLines: true), isPlain: false), place: start)
        case UInt8(ascii: "[")?: return YAMLTree(content: .sequence(try array()), place: start)
        case UInt8(ascii: "{")?: return try inlineTable(at: start)
        default: return YAMLTree(content: try plain(at: start), place: start)
        }
    }

    private mutating func array() throws(YAMLProblem) -> [YAMLTree] {
        index += 1
        var elements: [YAMLTree] = []
        while true {
            skipBlankLines()
            if byte(index) == UInt8(ascii: "]") { break }
            elements.append(try value())
            skipBlankLines()
            if byte(index) == UInt8(ascii: ",") {
                index += 1
            } else if byte(index) != UInt8(ascii: "]") {
                throw problem("the elements of a list stand between commas, and `]` ends it")
            }
        }
        index += 1
        return elements
    }

    private mutating func inlineTable(at start: SourceLocation) throws(YAMLProblem) -> YAMLTree {
        index += 1
        let table = Table(place: start)
        skipBlanks()
        if byte(index) == UInt8(ascii: "}") {
            index += 1
            return table.tree
        }
        while true {
            try member(of: table)
            guard let next = byte(index), next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else {
                throw problem("the members of a table stand between commas, and `}` ends it on the same line")
            }
            index += 1
            if next == UInt8(ascii: "}") { return table.tree }
        }
    }

    /// A truth value, a number or a date.
    private mutating func plain(at start: SourceLocation) throws(YAMLProblem) -> YAMLTree.Content {
        let first = index
        while let next = byte(index), !",]}#\n".utf8.contains(next) { index += 1 }
        var word = bytes[first..<index]
        while let last = word.last, last == 0x20 || last == 0x09 { word = word.dropLast() }
        index = word.endIndex
        let text = String(decoding: word, as: UTF8.self)
        if text == "true" || text == "false" { return .scalar(text, isPlain: true) }
        if let number = TOMLNumber.read(text) { return .scalar(number, isPlain: true) }
        if TOMLNumber.isDate(text) { return .scalar(text, isPlain: false) }
        throw YAMLProblem(message: text.isEmpty ? "a value is missing" : "“\(text)” is no value; a text stands in quotes", place: start)
    }

    // MARK: Characters

    func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    var place: SourceLocation { SourceLocation(line: line, column: index - lineStart + 1) }

    func problem(_ message: String) -> YAMLProblem { YAMLProblem(message: message, place: place) }

    mutating func takeLineFeed() {
        index += 1
        line += 1
        lineStart = index
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private mutating func skipBlanks() {
        while let next = byte(index), next == 0x20 || next == 0x09 { index += 1 }
    }

    /// Passes over blanks, comments and line ends.
    private mutating func skipBlankLines() {
        while let next = byte(index) {
            switch next {
            case 0x20, 0x09: index += 1
            case 0x0A: takeLineFeed()
            case UInt8(ascii: "#"): while let next = byte(index), next != 0x0A { index += 1 }
            default: return
            }
        }
    }

    private mutating func endOfLine() throws(YAMLProblem) {
        skipBlanks()
        if byte(index) == UInt8(ascii: "#") { while let next = byte(index), next != 0x0A { index += 1 } }
        guard let next = byte(index) else { return }
        guard next == 0x0A else { throw problem("a line holds one key and its value") }
        takeLineFeed()
    }
}
