internal import SourceText

/// Makes nodes of what libcmark leaves in texts: strikethrough, bare links, footnote references and marked math.
struct InlineRewriter {
    let extensions: MarkdownExtensions

    private enum Token {
        case open(MarkdownNode)
        case close
        case leaf(MarkdownNode)
        /// A run of one or two tildes.
        case tildes(count: Int, canOpen: Bool, canClose: Bool, range: SourceRange)
    }

    /// Appends the inlines of one block; `nodes` are siblings with their descendants.
    func rewrite(_ siblings: ArraySlice<MarkdownNode>, droppingBytes dropped: Int, into output: inout [MarkdownNode]) {
        let nodes = spans(in: siblings)?[...] ?? siblings
        guard dropped > 0 || nodes.contains(where: needsWork) else {
            let delta = output.count - nodes.startIndex
            for node in nodes { output.append(MarkdownNode(node.kind, range: node.range, end: node.end + delta)) }
            return
        }
        var tokens: [Token] = []
        var open: [(end: Int, isLink: Bool)] = []
        var linkDepth = 0
        for (index, node) in zip(nodes.indices, nodes) {
            while let last = open.last, last.end <= index {
                if last.isLink { linkDepth -= 1 }
                open.removeLast()
                tokens.append(.close)
            }
            switch node.kind {
            case .text(let text):
                var text = index == nodes.startIndex && dropped > 0 ? String(decoding: text.utf8.dropFirst(dropped), as: UTF8.self) : text
                if case .close? = tokens.last, let rest = attachImageAttributes(text, to: &tokens) { text = rest }
                if !text.isEmpty {
                    split(
                        text, node, isInLink: linkDepth > 0, before: edge(before: index, in: nodes), after: edge(after: index, in: nodes),
                        into: &tokens)
                }
            case .code(let literal): tokens.append(.leaf(finishedCode(literal, node)))
            case .html(let literal):
                var node = node
                node.kind = .html(Sentinel.restored(literal))
                tokens.append(.leaf(node))
            case .link(let destination, let title):
                var node = node
                node.kind = .link(destination: Sentinel.restored(destination), title: Sentinel.restored(title))
                tokens.append(.open(node))
                open.append((node.end, true))
                linkDepth += 1
            case .emphasis, .strong, .image, .span:
                tokens.append(.open(node))
                open.append((node.end, false))
            default: tokens.append(.leaf(node))
            }
        }
        for _ in open { tokens.append(.close) }
        build(tokens, into: &output)
    }

    private func needsWork(_ node: MarkdownNode) -> Bool {
        switch node.kind {
        case .text(let text):
            var previous: UInt8 = 0
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "~"), 0xC2, UInt8(ascii: "@"): return true
                case UInt8(ascii: "/") where previous == UInt8(ascii: "/"): return true
                case UInt8(ascii: ".") where previous == UInt8(ascii: "w"): return true
                default: previous = byte
                }
            }
            return false
        case .image: return extensions.contains(.attributes)
        case .code(let text), .html(let text), .link(let text, _): return text.utf8.contains(0xC2)
        default: return false
        }
    }

    private func finishedCode(_ literal: String, _ node: MarkdownNode) -> MarkdownNode {
        var node = node
        switch literal.unicodeScalars.first {
        case Sentinel.character(Sentinel.inlineMath): node.kind = .math(String(literal.unicodeScalars.dropFirst()), isDisplay: false)
        case Sentinel.character(Sentinel.displayMath):
            let tex = Array(literal.utf8.dropFirst(2))[...].trimmingBlanks()
            node.kind = .math(tex.string, isDisplay: true)
        default: node.kind = .code(Sentinel.restored(literal))
        }
        return node
    }

    /// `![…](…){#id width=50%}`: the braces at the start of the text after an image belong to it.
    private func attachImageAttributes(_ text: String, to tokens: inout [Token]) -> String? {
        guard extensions.contains(.attributes), text.utf8.first == UInt8(ascii: "{"), let brace = text.firstIndex(of: "}"),
            let attributes = MarkdownAttributes(parsing: text[text.index(after: text.startIndex)..<brace])
        else { return nil }
        var depth = 0
        for index in tokens.indices.reversed() {
            switch tokens[index] {
            case .close: depth += 1
            case .open(var node):
                depth -= 1
                guard depth == 0 else { continue }
                guard case .image(let destination, let title, _) = node.kind else { return nil }
                node.kind = .image(destination: destination, title: title, attributes: attributes)
                tokens[index] = .open(node)
                return String(text[text.index(after: brace)...])
            default: break
            }
        }
        return nil
    }

    // MARK: Texts

    /// What stands beside a text within its block, as far as delimiter runs care.
    enum Edge {
        case space, punctuation
    }

    private func edge(before index: Int, in nodes: ArraySlice<MarkdownNode>) -> Edge {
        guard index > nodes.startIndex else { return .space }
        switch nodes[index - 1].kind {
        case .softBreak, .lineBreak: return .space
        default: return .punctuation
        }
    }

    private func edge(after index: Int, in nodes: ArraySlice<MarkdownNode>) -> Edge {
        guard index + 1 < nodes.endIndex else { return .space }
        switch nodes[index + 1].kind {
        case .softBreak, .lineBreak: return .space
        default: return .punctuation
        }
    }

    /// Splits a text at footnote references, bare links and tildes.
    private func split(
        _ text: String, _ node: MarkdownNode, isInLink: Bool, before: Edge, after: Edge, into tokens: inout [Token]
    ) {
        let bytes = Array(text.utf8)
        let links = extensions.contains(.autolinks) && !isInLink ? AutolinkFinder(bytes: bytes, startsAfterSpace: before == .space).links() : []
        var nextLink = 0
        var start = 0
        var index = 0
        func range(_ part: Range<Int>) -> SourceRange {
            let line = node.range.start.line
            let column = node.range.start.column
            return SourceRange(
                start: SourceLocation(line: line, column: column + part.lowerBound), end: SourceLocation(line: line, column: column + part.upperBound)
            )
        }
        func flush(upTo end: Int) {
            guard end > start else { return }
            let content = Sentinel.restored(bytes[start..<end].string)
            tokens.append(.leaf(MarkdownNode(.text(content), range: range(start..<end), end: 0)))
        }
        while index < bytes.count {
            if nextLink < links.count, links[nextLink].range.lowerBound == index {
                let link = links[nextLink]
                nextLink += 1
                flush(upTo: index)
                let place = range(link.range)
                let shown = Sentinel.restored(bytes[link.range].string)
                tokens.append(.open(MarkdownNode(.link(destination: link.scheme + shown, title: ""), range: place, end: 0)))
                tokens.append(.leaf(MarkdownNode(.text(shown), range: place, end: 0)))
                tokens.append(.close)
                index = link.range.upperBound
                start = index
                continue
            }
            if bytes[index] == 0xC2, index + 1 < bytes.count, bytes[index + 1] == Sentinel.footnoteOpen,
                let close = closingMark(in: bytes, from: index + 2)
            {
                flush(upTo: index)
                let label = bytes[(index + 2)..<close].string.lowercased()
                tokens.append(
                    .leaf(MarkdownNode(.footnoteReference(label: label, number: 0, reference: 0), range: range(index..<(close + 2)), end: 0)))
                index = close + 2
                start = index
                continue
            }
            if bytes[index] == UInt8(ascii: "~"), extensions.contains(.strikethrough) {
                var end = index
                while end < bytes.count, bytes[end] == UInt8(ascii: "~") { end += 1 }
                if end - index <= 2 {
                    flush(upTo: index)
                    let (canOpen, canClose) = flanking(bytes, index..<end, before: before, after: after)
                    tokens.append(.tildes(count: end - index, canOpen: canOpen, canClose: canClose, range: range(index..<end)))
                    start = end
                }
                index = end
                continue
            }
            index += 1
        }
        flush(upTo: bytes.count)
    }

    private func closingMark(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count, index < start + 100 {
            if bytes[index] == 0xC2, bytes[index + 1] == Sentinel.footnoteClose { return index }
            index += 1
        }
        return nil
    }

    /// Left- and right-flanking, as CommonMark defines them. Characters beyond ASCII count as letters.
    private func flanking(_ bytes: [UInt8], _ run: Range<Int>, before: Edge, after: Edge) -> (open: Bool, close: Bool) {
        func classify(_ byte: UInt8) -> Edge? { byte.isSpace ? .space : byte.isPunctuation ? .punctuation : nil }
        let previous = run.lowerBound > 0 ? classify(bytes[run.lowerBound - 1]) : before
        let next = run.upperBound < bytes.count ? classify(bytes[run.upperBound]) : after
        let left = next != .space && (next != .punctuation || previous != nil)
        let right = previous != .space && (previous != .punctuation || next != nil)
        return (left, right)
    }

    // MARK: Building

    /// Pairs tildes among siblings and writes the nodes in document order.
    private func build(_ tokens: [Token], into output: inout [MarkdownNode]) {
        // For each level of nesting, the tokens that may yet open.
        var openers: [[Int]] = [[]]
        var partner: [Int: Int] = [:]
        for index in tokens.indices {
            switch tokens[index] {
            case .open: openers.append([])
            case .close: if openers.count > 1 { openers.removeLast() }
            case .leaf: break
            case .tildes(let count, let canOpen, let canClose, _):
                let level = openers.count - 1
                if canClose,
                    let match = openers[level].lastIndex(where: { opener in
                        if case .tildes(count, _, _, _) = tokens[opener] { true } else { false }
                    })
                {
                    partner[openers[level][match]] = index
                    partner[index] = openers[level][match]
                    openers[level].removeSubrange(match...)
                } else if canOpen {
                    openers[level].append(index)
                }
            }
        }
        var open: [Int] = []
        for index in tokens.indices {
            switch tokens[index] {
            case .open(let node):
                open.append(output.count)
                output.append(node)
            case .close:
                if let last = open.popLast() { output[last].end = output.count }
            case .leaf(var node):
                node.end = output.count + 1
                output.append(node)
            case .tildes(let count, _, _, let range):
                if let other = partner[index] {
                    if other > index {
                        open.append(output.count)
                        var whole = range
                        if case .tildes(_, _, _, let end) = tokens[other] { whole.end = end.end }
                        output.append(MarkdownNode(.strikethrough, range: whole, end: 0))
                    } else if let last = open.popLast() {
                        output[last].end = output.count
                    }
                } else {
                    output.append(MarkdownNode(.text(String(repeating: "~", count: count)), range: range, end: output.count + 1))
                }
            }
        }
    }
}
