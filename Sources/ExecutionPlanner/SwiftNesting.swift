internal import SwiftParser
internal import SwiftSyntax

/// Bounds on how deep code may be nested: parsers and what walks their trees go into themselves, and stacks end.
enum SwiftNesting {
    /// Brackets within this many others are too many.
    static let bracketLimit = 64
    /// Square brackets double the parser's work with each level: it tries each as a type and as a value.
    private static let squareLimit = 12
    /// Levels of a syntax tree; a chain of calls has three for each.
    private static let treeLimit = 1200

    /// Whether brackets are nested too deep, or something else repeats that a parser goes into itself for.
    ///
    /// - Complexity: O(*n*).
    static func isTooDeep(_ source: String) -> Bool {
        var scanner = BracketScanner(Array(source.utf8))
        return scanner.isTooDeep(brackets: bracketLimit, square: squareLimit)
    }

    /// Parses code that is not too deep.
    static func parsed(_ source: String) -> SourceFileSyntax {
        // What is nested without brackets, such as `try try …`, takes stack for each word.
        source.utf8.count < 4096 ? Parser.parse(source: source) : onDeepStack(size: 1 << 30) { Parser.parse(source: source) }
    }

    /// Whether a tree is too deep to be walked by functions that call themselves.
    ///
    /// - Complexity: O(*n*), without recursion.
    static func isTooDeep(_ tree: SourceFileSyntax) -> Bool {
        var open: [(node: Syntax, depth: Int)] = [(Syntax(tree), 0)]
        while let (node, depth) = open.popLast() {
            if depth > treeLimit { return true }
            for child in node.children(viewMode: .all) where !child.is(TokenSyntax.self) { open.append((child, depth + 1)) }
        }
        return false
    }
}

/// Follows the brackets of Swift's code; those in comments and in texts do not count, those in interpolations do.
private struct BracketScanner {
    private enum Place {
        case bracket(UInt8)
        /// Within a text of so many `#`, on one or on several lines.
        case text(hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var open: [Place] = []
    private var depth = 0
    private var square = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func isTooDeep(brackets: Int, square squareLimit: Int) -> Bool {
        /// What may open something without a bracket, since the last end of a statement.
        var repeated = 0
        var words = 0
        var isInWord = false
        while index < bytes.count {
            if case .text(let hashes, let isMultiline)? = open.last {
                skipText(hashes: hashes, isMultiline: isMultiline)
                if depth > brackets { return true }
                continue
            }
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "/") where next == UInt8(ascii: "/"):
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                continue
            case UInt8(ascii: "/") where next == UInt8(ascii: "*"):
                skipComment()
                continue
            case UInt8(ascii: "\""):
                openText(hashes: 0)
                continue
            case UInt8(ascii: "#"):
                let hashes = bytes[index...].prefix { $0 == byte }.count
                if index + hashes < bytes.count, bytes[index + hashes] == UInt8(ascii: "\"") {
                    index += hashes
                    openText(hashes: hashes)
                } else {
                    index += hashes
                }
                continue
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
                open.append(.bracket(byte))
                depth += 1
                if byte == UInt8(ascii: "[") { square += 1 }
                if depth > brackets || square > squareLimit { return true }
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): close()
            default: break
            }
            // A word each takes some stack at most.
            if byte > 0x20, !isInWord { words += 1 }
            isInWord = byte > 0x20
            if words > 300_000 { return true }
            // What is nested without brackets: `a ? b : a ? b : …`, `A<A<A<…`.
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: "@") { repeated += 1 }
            if byte == UInt8(ascii: ";") || byte == 0x0A || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") { repeated = 0 }
            if repeated > 200 { return true }
            index += 1
        }
        return false
    }

    private var next: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

    private mutating func close() {
        guard case .bracket(let byte)? = open.last else { return }
        open.removeLast()
        depth -= 1
        if byte == UInt8(ascii: "[") { square -= 1 }
    }

    private mutating func skipComment() {
        var level = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                level += 1
                index += 2
            } else if bytes[index] == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                level -= 1
                index += 2
                if level == 0 { return }
            } else {
                index += 1
            }
        }
    }

    /// At the quotation mark.
    private mutating func openText(hashes: Int) {
        let isMultiline = bytes[index...].starts(with: [0x22, 0x22, 0x22])
        index += isMultiline ? 3 : 1
        open.append(.text(hashes: hashes, isMultiline: isMultiline))
    }

    /// Goes on in a text up to its end or to its next interpolation.
    private mutating func skipText(hashes: Int, isMultiline: Bool) {
        let quotes = isMultiline ? 3 : 1
        let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let end = [UInt8](repeating: 0x22, count: quotes) + marks
        while index < bytes.count {
            let rest = bytes[index...]
            if bytes[index] == 0x22, rest.starts(with: end) {
                open.removeLast()
                index += end.count
                return
            }
            if bytes[index] == UInt8(ascii: "\\"), rest.dropFirst().starts(with: marks) {
                index += 1 + hashes
                if index < bytes.count, bytes[index] == UInt8(ascii: "(") {
                    open.append(.bracket(bytes[index]))
                    depth += 1
                    index += 1
                    return
                }
            } else if !isMultiline, bytes[index] == 0x0A {
                // A text that is not closed ends with its line.
                open.removeLast()
                return
            }
            index += 1
        }
    }
}
