extension MarkdownDocument {
    /// The document without some of its nodes, and without what only they referred to: footnotes are numbered anew, and paragraphs that
    /// held nothing else are gone.
    ///
    /// - Parameter hidden: whole nodes with their descendants, ascending, none within another.
    public func removing(_ hidden: [Range<Int>]) -> MarkdownDocument {
        var body: [MarkdownNode] = []
        var definitions: [String: [MarkdownNode]] = [:]
        var rest = hidden[...]
        var index = 1
        while index < nodes.count {
            if let first = rest.first, first.lowerBound == index {
                rest = rest.dropFirst()
                index = first.upperBound
                continue
            }
            // Children of the document one by one: footnotes are apart.
            let end = nodes[index].end
            let inner = rest.prefix { $0.lowerBound < end }
            rest = rest.dropFirst(inner.count)
            let kept = Self.kept(nodes[index..<end], without: inner)
            if case .footnoteDefinition(let label) = nodes[index].kind {
                definitions[label] = kept
            } else {
                Self.append(kept, to: &body)
            }
            index = end
        }
        var output = Array(nodes.prefix(1))
        Self.append(body, to: &output)
        Self.appendFootnotes(definitions, to: &output)
        if !output.isEmpty { output[0].end = output.count }
        return MarkdownDocument(nodes: output)
    }

    /// A node and those of its descendants that stay; its ends count from its own index.
    private static func kept(_ nodes: ArraySlice<MarkdownNode>, without hidden: ArraySlice<Range<Int>>) -> [MarkdownNode] {
        var output: [MarkdownNode] = []
        var open: [(end: Int, index: Int)] = []
        var rest = hidden
        var emptied: Set<Int> = []
        func close(upTo index: Int) {
            while let last = open.last, last.end <= index {
                open.removeLast()
                if emptied.contains(last.index), output.count == last.index + 1, output[last.index].kind == .paragraph {
                    output.removeLast()
                } else {
                    output[last.index].end = output.count
                }
            }
        }
        var index = nodes.startIndex
        while index < nodes.endIndex {
            close(upTo: index)
            if let first = rest.first, first.lowerBound == index {
                rest = rest.dropFirst()
                if let parent = open.last { emptied.insert(parent.index) }
                index = first.upperBound
                continue
            }
            if nodes[index].end > index + 1 { open.append((nodes[index].end, output.count)) }
            output.append(MarkdownNode(nodes[index].kind, range: nodes[index].range, end: output.count + 1))
            index += 1
        }
        close(upTo: Int.max)
        return output
    }

    private static func append(_ nodes: [MarkdownNode], to output: inout [MarkdownNode]) {
        let delta = output.count
        for node in nodes { output.append(MarkdownNode(node.kind, range: node.range, end: node.end + delta)) }
    }

    /// Numbers the references that stayed and appends the definitions that they need, as the parser does.
    private static func appendFootnotes(_ definitions: [String: [MarkdownNode]], to output: inout [MarkdownNode]) {
        var order: [String] = []
        var numbers: [String: Int] = [:]
        var references: [String: Int] = [:]
        func number(from start: Int, _ output: inout [MarkdownNode]) {
            for index in start..<output.count {
                guard case .footnoteReference(let label, _, _) = output[index].kind, definitions[label] != nil else { continue }
                if numbers[label] == nil {
                    order.append(label)
                    numbers[label] = order.count
                }
                references[label, default: 0] += 1
                output[index].kind = .footnoteReference(
                    label: label, number: numbers[label] ?? 1, reference: references[label] ?? 1)
            }
        }
        number(from: 0, &output)
        var next = 0
        while next < order.count {
            let start = output.count
            append(definitions[order[next]] ?? [], to: &output)
            number(from: start, &output)
            next += 1
        }
    }
}
