/// A replacement of bytes of a text.
struct Edit {
    var offset: Int
    var length: Int
    var replacement: [UInt8]
}

/// Finds, in the raw text of a paragraph, heading or cell, what must be hidden from libcmark: math, footnote
/// references and escaped tildes. Code spans, autolinks and HTML tags are passed over.
///
/// - Complexity: linear in the length of the text.
struct InlineScanner {
    let text: [UInt8]
    let extensions: MarkdownExtensions
    /// The labels that are defined.
    let footnotes: Set<String>

    private var edits: [Edit] = []
    /// For each length of a run of backticks, where runs of that length start.
    private var backtickRuns: [Int: [Int]] = [:]
    /// Where a search for the end of a formula began, and up to where it found none; inline and display.
    private var withoutMathEnd = [0..<0, 0..<0]
    /// Where texts begin in which no `\)` follows, with one backslash and with two.
    private var endOfParentheses = [0, 0]

    init(text: [UInt8], extensions: MarkdownExtensions, footnotes: Set<String>) {
        self.text = text
        self.extensions = extensions
        self.footnotes = footnotes
    }

    /// The edits in order.
    mutating func scan() -> [Edit] {
        guard text.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "\\") })
        else { return [] }
        findBacktickRuns()
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\\"):
                if extensions.contains(.strikethrough), byte(index + 1) == UInt8(ascii: "~") {
                    edits.append(Edit(offset: index, length: 2, replacement: Sentinel.bytes(Sentinel.tilde)))
                }
                index = extensions.contains(.math) ? texDelimiter(at: index) ?? index + 2 : index + 2
            case UInt8(ascii: "`"): index = endOfCodeSpan(at: index)
            case UInt8(ascii: "<"): index = endOfTag(at: index)
            case UInt8(ascii: "$") where extensions.contains(.math): index = math(at: index)
            case UInt8(ascii: "[") where byte(index + 1) == UInt8(ascii: "^"): index = footnoteReference(at: index)
            default: index += 1
            }
        }
        return edits
    }

    private func byte(_ index: Int) -> UInt8? { index >= 0 && index < text.count ? text[index] : nil }

    private mutating func findBacktickRuns() {
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let start = index
            while byte(index) == UInt8(ascii: "`") { index += 1 }
            backtickRuns[index - start, default: []].append(start)
        }
    }

    /// The start of the next run of exactly `length` backticks at or after `offset`.
    private func nextRun(ofLength length: Int, from offset: Int) -> Int? {
        guard let runs = backtickRuns[length] else { return nil }
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < runs.count ? runs[low] : nil
    }

    private func endOfCodeSpan(at start: Int) -> Int {
        var end = start
        while byte(end) == UInt8(ascii: "`") { end += 1 }
        guard let closing = nextRun(ofLength: end - start, from: end) else { return end }
        return closing + (end - start)
    }

    private func endOfTag(at start: Int) -> Int {
        guard let next = byte(start + 1), next.isLetter || next == UInt8(ascii: "/") || next == UInt8(ascii: "!") else { return start + 1 }
        var index = start + 1
        while let byte = byte(index), byte != UInt8(ascii: "<") {
            if byte == UInt8(ascii: ">") { return index + 1 }
            index += 1
        }
        return start + 1
    }

    // MARK: Math

    private mutating func math(at start: Int) -> Int {
        if byte(start + 1) == UInt8(ascii: "$") {
            guard let closing = closingDisplayMath(from: start + 2), closing > start + 2 else { return start + 2 }
            replace(start..<(start + 2), closing..<(closing + 2), mark: Sentinel.displayMath)
            return closing + 2
        }
        if byte(start + 1) == UInt8(ascii: "`"), let end = gitHubMath(at: start) { return end }
        guard DollarRule.opens(text[...], at: start), let closing = closingInlineMath(from: start + 1) else { return start + 1 }
        replace(start..<(start + 1), closing..<(closing + 1), mark: Sentinel.inlineMath)
        return closing + 1
    }

    /// TeX's own delimiters: `\(x\)`, and `\[x\]` where that is the whole of a text, as escaped brackets are common in prose. With two
    /// backslashes they are what other programs make of them.
    private mutating func texDelimiter(at start: Int) -> Int? {
        let length = byte(start + 1) == UInt8(ascii: "\\") ? 3 : 2
        let isDisplay = byte(start + length - 1) == UInt8(ascii: "[")
        guard isDisplay || byte(start + length - 1) == UInt8(ascii: "("), start >= (isDisplay ? 0 : endOfParentheses[length - 2]) else { return nil }
        if isDisplay, text[..<start].contains(where: { !$0.isSpace }) { return nil }
        // Escaped parentheses in a link's destination, and such as keep brackets from being a link.
        if !isDisplay, isAfterBracket(start) { return nil }
        let closing = [UInt8](repeating: UInt8(ascii: "\\"), count: length - 1) + [isDisplay ? UInt8(ascii: "]") : UInt8(ascii: ")")]
        var index = start + length
        while index + length <= text.count {
            if text[index] == UInt8(ascii: "\\") {
                if text[index..<(index + length)].elementsEqual(closing) { break }
                index += 2
            } else {
                index += 1
            }
        }
        guard index + length <= text.count else {
            if !isDisplay { endOfParentheses[length - 2] = text.count }
            return nil
        }
        guard text[(start + length)..<index].contains(where: { !$0.isSpace }) else { return nil }
        if isDisplay, text[(index + length)...].contains(where: { !$0.isSpace }) { return nil }
        replace(start..<(start + length), index..<(index + length), mark: isDisplay ? Sentinel.displayMath : Sentinel.inlineMath)
        return index + length
    }

    /// Whether a `]`, with what may begin a link's destination, stands before an offset without a space between.
    private func isAfterBracket(_ offset: Int) -> Bool {
        var index = offset - 1
        if byte(index) == UInt8(ascii: "]") { return true }
        while let byte = byte(index), !byte.isSpace, offset - index < 2048 {
            if byte == UInt8(ascii: "("), self.byte(index - 1) == UInt8(ascii: "]") { return true }
            index -= 1
        }
        return false
    }

    /// `` $`x`$ ``.
    private mutating func gitHubMath(at start: Int) -> Int? {
        let end = endOfCodeSpan(at: start + 1)
        guard byte(end) == UInt8(ascii: "$"), byte(end - 1) == UInt8(ascii: "`"), byte(start + 2) != UInt8(ascii: "`"), end > start + 3 else {
            return nil
        }
        replace(start..<(start + 2), (end - 1)..<(end + 1), mark: Sentinel.inlineMath)
        return end + 1
    }

    /// Whether a code span begins at a run of backticks: it binds more tightly than dollars, so no formula reaches into it.
    private func startsCodeSpan(_ index: Int) -> Bool {
        var end = index
        while byte(end) == UInt8(ascii: "`") { end += 1 }
        return endOfCodeSpan(at: index) > end
    }

    private mutating func closingInlineMath(from start: Int) -> Int? {
        // What is TeX without doubt may end where others do not.
        if withoutMathEnd[0].contains(start), !DollarRule.isTeX(text[start]) { return nil }
        var index = start
        while let current = byte(index) {
            if current == UInt8(ascii: "\\") {
                index = endOfText(at: index) ?? index + 2
                continue
            }
            if current == UInt8(ascii: "`") {
                if startsCodeSpan(index) { break }
                while byte(index) == UInt8(ascii: "`") { index += 1 }
                continue
            }
            if current == UInt8(ascii: "$"), index > start, let previous = byte(index - 1) {
                // A dollar after a space would open: prices stay prices.
                if previous.isSpace { return nil }
                if DollarRule.closes(text[...], at: index, from: start) { return index }
            }
            index += 1
        }
        withoutMathEnd[0] = start..<max(start, index)
        return nil
    }

    /// Where the text in braces ends that a command such as `\text` takes, in which dollars begin formulas of their own.
    private func endOfText(at start: Int) -> Int? {
        var index = start + 1
        while let letter = byte(index), letter.isLetter { index += 1 }
        let name = text[(start + 1)..<index].string
        guard name.hasPrefix("text") || ["mbox", "hbox", "fbox", "colorbox", "fcolorbox"].contains(name) else { return nil }
        var end: Int?
        while byte(index) == UInt8(ascii: "{") {
            var depth = 0
            var closing = index
            while let current = byte(closing) {
                if current == UInt8(ascii: "{") { depth += 1 }
                if current == UInt8(ascii: "}") { depth -= 1 }
                if depth == 0 { break }
                closing += current == UInt8(ascii: "\\") ? 2 : 1
            }
            guard byte(closing) != nil else { return end }
            index = closing + 1
            end = index
        }
        return end
    }

    private mutating func closingDisplayMath(from start: Int) -> Int? {
        if withoutMathEnd[1].contains(start) { return nil }
        var index = start
        while let current = byte(index) {
            if current == UInt8(ascii: "\\") {
                index = endOfText(at: index) ?? index + 2
                continue
            }
            if current == UInt8(ascii: "`") {
                if startsCodeSpan(index) { break }
                while byte(index) == UInt8(ascii: "`") { index += 1 }
                continue
            }
            if current == UInt8(ascii: "$"), byte(index + 1) == UInt8(ascii: "$") { return index }
            index += 1
        }
        withoutMathEnd[1] = start..<max(start, index)
        return nil
    }

    /// Makes a code span of what stands between two delimiters.
    private mutating func replace(_ opening: Range<Int>, _ closing: Range<Int>, mark: UInt8) {
        var longest = 0
        var run = 0
        for byte in text[opening.upperBound..<closing.lowerBound] {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = [UInt8](repeating: UInt8(ascii: "`"), count: longest + 1)
        edits.append(Edit(offset: opening.lowerBound, length: opening.count, replacement: fence + Sentinel.bytes(mark)))
        edits.append(Edit(offset: closing.lowerBound, length: closing.count, replacement: fence))
    }

    // MARK: Footnotes

    private mutating func footnoteReference(at start: Int) -> Int {
        guard extensions.contains(.footnotes), let (label, end) = footnoteLabel(in: text[start...]), footnotes.contains(label) else {
            return start + 1
        }
        edits.append(Edit(offset: start, length: 2, replacement: Sentinel.bytes(Sentinel.footnoteOpen)))
        edits.append(Edit(offset: end - 1, length: 1, replacement: Sentinel.bytes(Sentinel.footnoteClose)))
        return end
    }
}

/// Reads `[^label]` at the start of `text`.
///
/// - Returns: the label in lower case and the index after the bracket.
func footnoteLabel(in text: ArraySlice<UInt8>) -> (label: String, end: Int)? {
    guard text.starts(with: [UInt8(ascii: "["), UInt8(ascii: "^")]) else { return nil }
    var index = text.startIndex + 2
    while index < text.endIndex, index - text.startIndex < 100 {
        let byte = text[index]
        if byte == UInt8(ascii: "]") {
            guard index > text.startIndex + 2 else { return nil }
            return (text[(text.startIndex + 2)..<index].string.lowercased(), index + 1)
        }
        if byte.isSpace || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "^") || byte == UInt8(ascii: "`") { return nil }
        index += 1
    }
    return nil
}
