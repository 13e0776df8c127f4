/// What begins and ends a formula on lines of its own.
private struct MathFence {
    let opening: [UInt8]
    let closing: [UInt8]
    /// Whether both belong to the formula, as an environment's do.
    var isPart = false

    /// The environments of amsmath that are displays by themselves.
    private static let environments =
        ["equation", "align", "gather", "alignat", "multline", "flalign", "eqnarray"].flatMap { [$0, $0 + "*"] } + ["displaymath"]

    private static let plain = [("$$", "$$"), ("\\[", "\\]"), ("\\\\[", "\\\\]")].map { MathFence(opening: Array($0.utf8), closing: Array($1.utf8)) }

    /// The one that a line begins with.
    static func starting(_ line: ArraySlice<UInt8>) -> MathFence? {
        if let fence = plain.first(where: { line.starts(with: $0.opening) }) { return fence }
        guard line.starts(with: Array("\\begin{".utf8)) else { return nil }
        let name = line.dropFirst(7).prefix { $0 != UInt8(ascii: "}") }.string
        guard environments.contains(name) else { return nil }
        return MathFence(opening: Array("\\begin{\(name)}".utf8), closing: Array("\\end{\(name)}".utf8), isPart: true)
    }

    /// Where it ends in a text.
    func end(in text: ArraySlice<UInt8>) -> Int? {
        var index = text.startIndex
        while index + closing.count <= text.endIndex {
            if text[index...].starts(with: closing) { return index }
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}

extension ExtensionAssembler {
    /// Takes display math that begins a line and ends on a later one, as a fenced block; an environment may end on its own line.
    ///
    /// - Returns: the line after it.
    mutating func takeMathBlock(atLine line: Int, offset: Int, leaf: Leaf) -> Int? {
        let opening = source.bytes[offset..<source.ends[line]]
        guard let fence = MathFence.starting(opening), !missingMathEnds.contains(fence.closing) else { return nil }
        let isOneLine = fence.end(in: opening.dropFirst(fence.opening.count)) != nil
        if isOneLine, !fence.isPart { return nil }
        var next = isOneLine ? line : line + 1
        while next < source.count {
            let start = next == line ? offset : contentStart(ofLine: next, quoteDepth: leaf.quoteDepth)
            let content = source.bytes[start..<source.ends[next]]
            if content.trimmingBlanks().isEmpty {
                guard mayHoldBlankLines(fence) else { return nil }
                next += 1
                continue
            }
            // Code, or another that begins before this one has ended.
            if next > line, isTaken[next] || fence.opening != fence.closing && content.starts(with: fence.opening) { return nil }
            guard let closing = fence.end(in: next == line ? content.dropFirst(fence.opening.count) : content) else {
                next += 1
                continue
            }
            let after = source.bytes[(closing + fence.closing.count)..<source.ends[next]].trimmingBlanks()
            guard after.isEmpty || after.first == UInt8(ascii: "{") && after.last == UInt8(ascii: "}") else { return nil }
            write(fence, lines: line...next, offset: offset, closing: closing, after: after, leaf)
            return next + 1
        }
        missingMathEnds.insert(fence.closing)
        return nil
    }

    /// Whether it is certain where a formula with blank lines in it ends. Dollars say so where there are as many that open as close.
    private mutating func mayHoldBlankLines(_ fence: MathFence) -> Bool {
        guard fence.opening == fence.closing else { return true }
        if let known = hasPairedDollars { return known }
        var count = 0
        // Lines that are taken and stay as they are are code.
        for line in 0..<source.count where !isTaken[line] || replacements[line] != nil {
            var text = source.bytes[source.starts[line]..<source.ends[line]]
            while let end = fence.end(in: text) {
                count += 1
                text = text[(end + fence.closing.count)...]
            }
        }
        hasPairedDollars = count % 2 == 0
        return count % 2 == 0
    }

    private mutating func write(
        _ fence: MathFence, lines range: ClosedRange<Int>, offset: Int, closing: Int, after: ArraySlice<UInt8>, _ leaf: Leaf
    ) {
        let (line, next) = (range.lowerBound, range.upperBound)
        let prefix = Array(source.bytes[source.starts[line]..<offset])
        let continuation = prefix.map { $0 == UInt8(ascii: ">") || $0 == 0x09 ? $0 : 0x20 }
        let mark = [UInt8](repeating: UInt8(ascii: "`"), count: 12)
        var lines = [Replacement(bytes: prefix + mark + Sentinel.bytes(Sentinel.displayMath) + after, origin: line)]
        let end = fence.isPart ? closing + fence.closing.count : closing
        func add(_ text: ArraySlice<UInt8>, line: Int, to lines: inout [Replacement]) {
            let text = text.trimmingBlanks()
            if !text.isEmpty { lines.append(Replacement(bytes: continuation + text, origin: line)) }
        }
        let start = fence.isPart ? offset : offset + fence.opening.count
        add(source.bytes[start..<(line == next ? end : source.ends[line])], line: line, to: &lines)
        if line == next {
            lines.append(Replacement(bytes: continuation + mark, origin: line))
            replacements[line] = lines
        } else {
            replacements[line] = lines
            for middle in (line + 1)..<next {
                let start = contentStart(ofLine: middle, quoteDepth: leaf.quoteDepth)
                replacements[middle] = [Replacement(bytes: continuation + source.bytes[start..<source.ends[middle]], origin: middle)]
            }
            var closingLines: [Replacement] = []
            add(source.bytes[contentStart(ofLine: next, quoteDepth: leaf.quoteDepth)..<end], line: next, to: &closingLines)
            closingLines.append(Replacement(bytes: continuation + mark, origin: next))
            replacements[next] = closingLines
        }
        for taken in range {
            isTaken[taken] = true
            edits[taken] = nil
        }
    }
}
