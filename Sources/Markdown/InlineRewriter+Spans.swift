internal import SourceText

extension InlineRewriter {
    /// `[text]{.class}`, and attributes after links and code, as Pandoc has them.
    private struct SpanFinder {
        /// Brackets that are a span, by the texts that they stand in.
        struct Pair {
            var attributes: MarkdownAttributes
            /// The text node and the offset of the attributes' end.
            var endNode: Int
            var endOffset: Int
        }

        let nodes: ArraySlice<MarkdownNode>
        /// By the node and offset of the opening bracket, and of the closing one.
        var opens: [Int: [(offset: Int, pair: Int)]] = [:]
        var closes: [Int: [(offset: Int, pair: Int)]] = [:]
        /// Links and code with attributes, by their nodes, and the texts that begin with these attributes.
        var wraps: [Int: Int] = [:]
        var leads: [Int: Int] = [:]
        var pairs: [Pair] = []

        init(_ nodes: ArraySlice<MarkdownNode>) {
            self.nodes = nodes
        }

        mutating func find() {
            var levels: [(end: Int, open: [(node: Int, offset: Int)])] = [(nodes.endIndex, [])]
            var skipped: (node: Int, offset: Int) = (nodes.startIndex, 0)
            for index in nodes.indices {
                while levels.count > 1, let last = levels.last, last.end <= index { levels.removeLast() }
                let node = nodes[index]
                guard case .text(let text) = node.kind else {
                    if node.end > index + 1 { levels.append((node.end, [])) }
                    continue
                }
                if index < skipped.node { continue }
                let bytes = Array(text.utf8)
                var offset = index == skipped.node ? skipped.offset : 0
                if offset == 0, bytes.first == UInt8(ascii: "{"), let wrapped = wrappedNode(before: index), let found = attributes(index, 0),
                    found.attributes.id != nil || !found.attributes.classes.isEmpty
                {
                    wraps[wrapped] = pairs.count
                    leads[index] = pairs.count
                    pairs.append(found)
                    skipped = (found.endNode, found.endOffset)
                    if found.endNode > index { continue }
                    offset = found.endOffset
                }
                while offset < bytes.count {
                    if bytes[offset] == UInt8(ascii: "[") {
                        levels[levels.count - 1].open.append((index, offset))
                    } else if bytes[offset] == UInt8(ascii: "]"), let opening = levels[levels.count - 1].open.popLast(), offset + 1 < bytes.count,
                        bytes[offset + 1] == UInt8(ascii: "{"), let found = attributes(index, offset + 1), !found.attributes.isEmpty
                    {
                        opens[opening.node, default: []].append((opening.offset, pairs.count))
                        closes[index, default: []].append((offset, pairs.count))
                        pairs.append(found)
                        skipped = (found.endNode, found.endOffset)
                        if found.endNode > index { break }
                        offset = found.endOffset
                        continue
                    }
                    offset += 1
                }
            }
        }

        /// The link or code that ends where a text begins.
        private func wrappedNode(before index: Int) -> Int? {
            guard index > nodes.startIndex else { return nil }
            if case .code = nodes[index - 1].kind { return index - 1 }
            return (nodes.startIndex..<index).last { candidate in
                if case .link = nodes[candidate].kind { nodes[candidate].end == index } else { false }
            }
        }

        /// Bytes that attributes may take; braces without end are looked after no further.
        private static let attributeLimit = 2000

        /// Reads attributes from their brace on; they may go on in the next lines.
        private func attributes(_ start: Int, _ offset: Int) -> Pair? {
            var inner: [UInt8] = []
            var index = start
            while index < nodes.endIndex, index < start + 8 {
                switch nodes[index].kind {
                case .text(let text):
                    let first = index == start ? offset + 1 : 0
                    let part = text.utf8.dropFirst(first).prefix(Self.attributeLimit - inner.count + 1)
                    guard let end = part.firstIndex(of: UInt8(ascii: "}")) else {
                        inner += part
                        if inner.count > Self.attributeLimit { return nil }
                        break
                    }
                    inner += part[..<end]
                    let endOffset = text.utf8.distance(from: text.utf8.startIndex, to: end) + 1
                    return MarkdownAttributes(parsing: inner[...].string).map { Pair(attributes: $0, endNode: index, endOffset: endOffset) }
                case .softBreak, .lineBreak: inner.append(0x20)
                default: return nil
                }
                index += 1
            }
            return nil
        }
    }

    private static func mayHoldAttributes(_ node: MarkdownNode) -> Bool {
        guard case .text(let text) = node.kind else { return false }
        return text.utf8.first == UInt8(ascii: "{") || text.contains("]{")
    }

    /// The nodes with spans in the place of brackets and attributes; `nil` where there are none.
    func spans(in nodes: ArraySlice<MarkdownNode>) -> [MarkdownNode]? {
        guard extensions.contains(.attributes), nodes.contains(where: Self.mayHoldAttributes) else { return nil }
        var finder = SpanFinder(nodes)
        finder.find()
        if finder.pairs.isEmpty { return nil }
        var output: [MarkdownNode] = []
        var open: [(end: Int, index: Int)] = []
        var spans: [Int: Int] = [:]
        /// From where on the texts of the author go on after attributes.
        var resume: (node: Int, offset: Int) = (nodes.startIndex, 0)
        for index in nodes.indices {
            while let last = open.last, last.end <= index {
                output[last.index].end = output.count
                open.removeLast()
            }
            if index < resume.node { continue }
            let node = nodes[index]
            if let pair = finder.wraps[index] {
                open.append((node.end, output.count))
                output.append(MarkdownNode(.span(finder.pairs[pair].attributes), range: node.range, end: 0))
            }
            guard case .text(let text) = node.kind else {
                if node.end > index + 1 { open.append((node.end, output.count)) }
                output.append(MarkdownNode(node.kind, range: node.range, end: output.count + 1))
                continue
            }
            let bytes = Array(text.utf8)
            var position = index == resume.node ? resume.offset : 0
            if let pair = finder.leads[index].map({ finder.pairs[$0] }) {
                resume = (pair.endNode, pair.endOffset)
                if pair.endNode > index { continue }
                position = pair.endOffset
            }
            func take(upTo end: Int) {
                guard end > position else { return }
                var range = node.range
                range.start.column += position
                range.end = SourceLocation(line: range.start.line, column: range.start.column + end - position)
                output.append(MarkdownNode(.text(bytes[position..<end].string), range: range, end: output.count + 1))
            }
            let cuts =
                ((finder.opens[index] ?? []).map { (offset: $0.offset, pair: $0.pair, opens: true) }
                + (finder.closes[index] ?? []).map { (offset: $0.offset, pair: $0.pair, opens: false) }).sorted { $0.offset < $1.offset }
            for cut in cuts where cut.offset >= position {
                take(upTo: cut.offset)
                if cut.opens {
                    spans[cut.pair] = output.count
                    output.append(MarkdownNode(.span(finder.pairs[cut.pair].attributes), range: node.range, end: 0))
                    position = cut.offset + 1
                } else if let span = spans[cut.pair] {
                    output[span].end = output.count
                    let pair = finder.pairs[cut.pair]
                    resume = (pair.endNode, pair.endOffset)
                    position = pair.endNode == index ? pair.endOffset : bytes.count
                }
            }
            take(upTo: bytes.count)
        }
        while let last = open.popLast() { output[last.index].end = output.count }
        return output
    }
}
