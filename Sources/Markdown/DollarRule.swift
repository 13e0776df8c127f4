/// Which single dollars in prose begin and end a formula.
///
/// As in Pandoc, no space stands within the dollars and no digit behind them. Dollars that touch words are prices, variables of shells and
/// ends of patterns (`5$`, `$PATH:$HOME`, `^a$`), as on GitHub, but for what TeX alone writes: `CO$_2$`, `90$^\circ$C`, `10 $\mu$m`, and the
/// endings in `$n$th` and `$x$s`.
enum DollarRule {
    /// Whether the dollar at `index` may begin a formula.
    static func opens(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
        guard index + 1 < text.endIndex, !text[index + 1].isSpace else { return false }
        return index == text.startIndex || !isWord(text[index - 1]) || isTeX(text[index + 1])
    }

    /// Whether the dollar at `index`, which no space stands before, may end the formula whose text begins at `start`.
    static func closes(_ text: ArraySlice<UInt8>, at index: Int, from start: Int) -> Bool {
        guard index + 1 < text.endIndex else { return true }
        switch text[index + 1] {
        case UInt8(ascii: "$"), UInt8(ascii: "{"): return false
        case let next where next.isDigit: return false
        case let next where isWord(next):
            if isTeX(text[start]) { return true }
            let ending = text[(index + 1)...].prefix { isWord($0) }
            return ["th", "st", "nd", "rd", "s"].contains { ending.elementsEqual($0.utf8) }
        default: return true
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte.isDigit
        }
    }

    /// Whether a formula whose text begins so is TeX without doubt.
    static func isTeX(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "^") }
}
