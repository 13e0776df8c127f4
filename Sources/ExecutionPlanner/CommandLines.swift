internal import SwiftParser
internal import SwiftSyntax

/// A line of a cell that is for the shell.
struct CommandLine: Sendable, Hashable {
    /// UTF-8 offset of its `!`.
    var offset: Int
    /// UTF-8 length from the `!` to the line's end.
    var length: Int
    /// What follows the `!`.
    var command: String
}

/// A cell's source with its `!command` lines found and blanked, and parsed.
struct ParsedCell {
    let source: String
    /// The source with each command line's bytes replaced by spaces: offsets are the same.
    let blanked: String
    let commands: [CommandLine]
    let tree: SourceFileSyntax
    /// Whether the source is nested too deep to be read: the tree is empty then.
    let isTooDeep: Bool

    init(_ source: String) {
        let read = Self.read(source)
        self.source = source
        blanked = read?.blanked ?? ""
        commands = read?.commands ?? []
        tree = read?.tree ?? Parser.parse(source: "")
        isTooDeep = read == nil
    }

    /// `nil` for what is nested too deep.
    private static func read(_ source: String) -> (blanked: String, commands: [CommandLine], tree: SourceFileSyntax)? {
        if SwiftNesting.isTooDeep(source) { return nil }
        var candidates = CommandLine.candidates(in: source)
        while true {
            let blanked = blank(source, candidates)
            let tree = SwiftNesting.parsed(blanked)
            if SwiftNesting.isTooDeep(tree) { return nil }
            // A line inside an expression, a string or a closure is Swift's own `!`.
            let kept = candidates.filter { isStatementPlace($0.offset, in: tree) }
            if kept.count == candidates.count { return (blanked, kept, tree) }
            candidates = kept
        }
    }

    private static func blank(_ source: String, _ commands: [CommandLine]) -> String {
        if commands.isEmpty { return source }
        var bytes = Array(source.utf8)
        for command in commands {
            for index in command.offset..<(command.offset + command.length) { bytes[index] = 0x20 }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the token before `offset` asks for an operand.
    private static func continuesExpression(_ offset: Int, in tree: SourceFileSyntax) -> Bool {
        var before: TokenSyntax?
        for token in tree.tokens(viewMode: .sourceAccurate) {
            if token.positionAfterSkippingLeadingTrivia.utf8Offset >= offset { break }
            before = token
        }
        switch before?.tokenKind {
        case .binaryOperator, .comma, .equal, .leftParen, .leftSquare, .colon, .infixQuestionMark, .prefixOperator: return true
        case .keyword(.return), .keyword(.try), .keyword(.await), .keyword(.in): return true
        default: return false
        }
    }

    /// Whether a statement could begin at `offset`, at the top level or in the blocks of `if`, `for`, `while`, `do`.
    private static func isStatementPlace(_ offset: Int, in tree: SourceFileSyntax) -> Bool {
        if continuesExpression(offset, in: tree) { return false }
        var node = Syntax(tree)
        while true {
            let inner = node.children(viewMode: .sourceAccurate).first { child in
                let start = child.positionAfterSkippingLeadingTrivia.utf8Offset
                let end = child.endPositionBeforeTrailingTrivia.utf8Offset
                return start < offset && offset < end
            }
            guard let inner else {
                return node.is(SourceFileSyntax.self) || node.is(CodeBlockItemListSyntax.self) || node.is(CodeBlockSyntax.self)
            }
            if inner.is(ClosureExprSyntax.self) || inner.is(FunctionDeclSyntax.self) || inner.is(AccessorBlockSyntax.self) { return false }
            node = inner
        }
    }
}

extension CommandLine {
    fileprivate static func candidates(in source: String) -> [CommandLine] {
        var found: [CommandLine] = []
        var offset = 0
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let bytes = Array(line.utf8)
            let indentation = bytes.prefix { $0 == 0x20 || $0 == 0x09 }.count
            let end = bytes.last == 0x0D ? bytes.count - 1 : bytes.count
            if indentation + 1 < end, bytes[indentation] == UInt8(ascii: "!"), bytes[indentation + 1] != UInt8(ascii: "=") {
                found.append(
                    CommandLine(
                        offset: offset + indentation, length: end - indentation,
                        command: String(decoding: bytes[(indentation + 1)..<end], as: UTF8.self)))
            }
            offset += bytes.count + 1
        }
        return found
    }

    /// The Swift that runs the command: a raw string, so that nothing but `\(…)` means anything in it.
    var swift: String {
        var hashes = "#"
        while command.contains("\"" + hashes) || command.contains("\\" + hashes) { hashes += "#" }
        var text = ""
        var rest = Substring(command)
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "(", let end = Self.closing(rest) {
                text += "\\" + hashes + rest[...end]
                rest = rest[rest.index(after: end)...]
            } else {
                text.append(character)
            }
        }
        return "try shell(\(hashes)\"\(text)\"\(hashes))"
    }

    /// The parenthesis that closes the one at the start.
    private static func closing(_ text: Substring) -> Substring.Index? {
        var depth = 0
        var isQuoted = false
        for index in text.indices {
            switch text[index] {
            case "\"": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }
}
