extension PreTokenizer.Rule {
    /// Appends the ends of the pieces of `text[range]`; the last is `range.upperBound`.
    func split(_ text: [UInt8], _ range: Range<Int>, into ends: inout [Int]) {
        let scanner = Scanner(text: text, end: range.upperBound)
        var position = range.lowerBound
        switch self {
        case .gpt2:
            while position < range.upperBound {
                position = scanner.gpt2(position)
                ends.append(position)
            }
        case .llama3(let digits):
            while position < range.upperBound {
                position = scanner.llama3(position, digits: digits)
                ends.append(position)
            }
        case .singleDigits:
            scanner.isolate(range, into: &ends) { at in scanner.next(at).flatMap { $0.kind == .number ? at + $0.width : nil } }
        case .digitRuns:
            scanner.isolate(range, into: &ends) { scanner.run(from: $0) { $0 == .number } }
        case .digitTriples:
            scanner.isolate(range, into: &ends) { at in
                at + 3 <= range.upperBound && (0..<3).allSatisfy { (0x30...0x39).contains(text[at + $0]) } ? at + 3 : nil
            }
        case .punctuationRuns(let backtick):
            scanner.isolate(range, into: &ends) { at in
                var end = at
                while let next = UTF8Text.scalar(in: text, at: end), end < range.upperBound,
                    Self.isPunctuation(next.scalar, backtick: backtick)
                {
                    end += next.width
                }
                return end > at ? end : nil
            }
        case .whitespaceRuns:
            scanner.isolate(range, into: &ends) { scanner.run(from: $0) { !$0.isSpace } }
        case .beforeMetaspace:
            while position < range.upperBound {
                var end = position + (scanner.next(position)?.width ?? 1)
                while end < range.upperBound, !Self.isMetaspace(text, end) { end += scanner.next(end)?.width ?? 1 }
                ends.append(end)
                position = end
            }
        }
    }

    private static func isMetaspace(_ text: [UInt8], _ at: Int) -> Bool {
        at + 2 < text.count && text[at] == 0xE2 && text[at + 1] == 0x96 && text[at + 2] == 0x81
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar, backtick: Bool) -> Bool {
        switch scalar {
        case "$", "+", "<", "=", ">", "^", "~", "|": return true
        case "`": return backtick
        default: break
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }
}

/// The patterns, written out: each alternative in its order, as a backtracking matcher would take them.
private struct Scanner {
    let text: [UInt8]
    let end: Int

    @inline(__always)
    func next(_ at: Int) -> (kind: ScalarClass, width: Int)? {
        guard at < end, let (scalar, width) = UTF8Text.scalar(in: text, at: at) else { return nil }
        return (ScalarClass(scalar), width)
    }

    /// The end of the run of scalars that satisfy `include`; `nil` when there is none.
    @inline(__always)
    func run(from start: Int, limit: Int = .max, while include: (ScalarClass) -> Bool) -> Int? {
        var position = start
        var count = 0
        while count < limit, let (kind, width) = next(position), include(kind) {
            position += width
            count += 1
        }
        return count > 0 ? position : nil
    }

    /// Splits at what `match` finds; what lies between is a piece of its own.
    func isolate(_ range: Range<Int>, into ends: inout [Int], match: (Int) -> Int?) {
        var position = range.lowerBound
        var pending = position
        while position < range.upperBound {
            if let matched = match(position) {
                if position > pending { ends.append(position) }
                ends.append(matched)
                position = matched
                pending = matched
            } else {
                position += next(position)?.width ?? 1
            }
        }
        if pending < range.upperBound { ends.append(range.upperBound) }
    }

    func gpt2(_ start: Int) -> Int {
        guard let first = next(start) else { return end }
        if text[start] == UInt8(ascii: "'"), let contraction = contraction(start, anyCase: false) { return contraction }
        let body = text[start] == 0x20 ? start + 1 : start
        if let letters = run(from: body, while: { $0 == .letter }) { return letters }
        if let numbers = run(from: body, while: { $0 == .number }) { return numbers }
        if let others = run(from: body, while: { $0 == .other }) { return others }
        return spaces(start) ?? start + first.width
    }

    func llama3(_ start: Int, digits: Int) -> Int {
        guard let first = next(start) else { return end }
        if text[start] == UInt8(ascii: "'"), let contraction = contraction(start, anyCase: true) { return contraction }
        let body = first.kind == .space || first.kind == .other ? start + first.width : start
        if let letters = run(from: body, while: { $0 == .letter }) { return letters }
        if let numbers = run(from: start, limit: digits, while: { $0 == .number }) { return numbers }
        if let others = run(from: text[start] == 0x20 ? start + 1 : start, while: { $0 == .other }) {
            return run(from: others) { $0 == .newline } ?? others
        }
        if let lines = throughLastNewline(start) { return lines }
        return spaces(start) ?? start + first.width
    }

    /// `\s+(?!\S)|\s+`: a run of white space, less its last character where a word follows.
    private func spaces(_ start: Int) -> Int? {
        var position = start
        var last = start
        while let (kind, width) = next(position), kind.isSpace {
            last = position
            position += width
        }
        guard position > start else { return nil }
        return position == end || last == start ? position : last
    }

    /// `\s*[\r\n]+`
    private func throughLastNewline(_ start: Int) -> Int? {
        var position = start
        var result: Int?
        while let (kind, width) = next(position), kind.isSpace {
            position += width
            if kind == .newline { result = position }
        }
        return result
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`
    private func contraction(_ start: Int, anyCase: Bool) -> Int? {
        func letter(_ offset: Int) -> UInt8 {
            guard start + offset < end else { return 0 }
            let byte = text[start + offset]
            return anyCase && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        }
        switch (letter(1), letter(2)) {
        case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _): return start + 2
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")), (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        default: return nil
        }
    }
}
