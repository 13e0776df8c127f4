import Groundwork
import NotebookRenderer
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A line of the corpus: `$$` at its start makes it a formula of its own line.
struct Formula {
    let tex: String
    let isDisplay: Bool

    init(_ line: some StringProtocol) {
        isDisplay = line.hasPrefix("$$")
        tex = isDisplay ? String(line.dropFirst(2)) : String(line)
    }

    static func fixture(_ name: String) throws -> [Formula] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return String(decoding: try readFile(folder + "/Fixtures/" + name), as: UTF8.self).split(separator: "\n").map { Formula($0) }
    }

    /// As a page has it.
    var markup: String? { native ?? katex }
    var native: String? { FormulaComparison.native(tex, isDisplay: isDisplay) }
    var katex: String? { FormulaComparison.katex(tex, isDisplay: isDisplay) }
}

let hasKaTeX = FormulaComparison.katex("x", isDisplay: false) != nil

@Suite("Formulas")
struct FormulaTests {
    @Test("Formulas of the corpus are read as KaTeX reads them", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func corpus() throws {
        var nativeCount = 0
        var count = 0
        for formula in try Formula.fixture("formulas.txt") {
            count += 1
            guard let native = formula.native else { continue }
            nativeCount += 1
            #expect(native == formula.katex, "\(formula.tex)")
        }
        // What is left to KaTeX is rare, or wrong.
        #expect(count > 1000)
        #expect(nativeCount * 100 > count * 90, "\(nativeCount) of \(count)")
    }

    /// `GALLEY_FUZZ_INPUTS` formulas, 600 unless told, from `GALLEY_FUZZ_SEED`.
    @Test("Formulas put together at random are read as KaTeX reads them", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func random() {
        func setting(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
        let count = setting("GALLEY_FUZZ_INPUTS") ?? 600
        var generator = FormulaGenerator(seed: UInt64(setting("GALLEY_FUZZ_SEED") ?? 20_26))
        var compared = 0
        for _ in 0..<count {
            let line = generator.formula()
            let formula = Formula(line)
            guard let native = formula.native else { continue }
            compared += 1
            #expect(native == formula.katex, "\(line)")
        }
        #expect(compared * 4 > count * 3)
    }

    @Test("Bytes that are no formula neither trap nor take long")
    func noise() {
        var generator = SeededGenerator(seed: 11)
        let pieces = [
            "\\", "{", "}", "^", "_", "&", "\\\\", "\\begin{matrix}", "\\end{matrix}", "\\left", "\\right", "(", ".", "'", "\\frac", "x", "[", "]",
            "\\text{", "é", "%", "\0",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...20, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = FormulaComparison.native(text, isDisplay: true)
        }
        #expect(FormulaComparison.native(String(repeating: "{", count: 60_000), isDisplay: false) == nil)
        #expect(FormulaComparison.native(String(repeating: "x^{", count: 20_000) + String(repeating: "}", count: 20_000), isDisplay: false) == nil)
    }

    @Test("Markup in a formula is escaped")
    func escaping() {
        let markup = FormulaComparison.native("a<b>c \\text{\"'}", isDisplay: false) ?? FormulaComparison.native("a<b>c'", isDisplay: false) ?? ""
        #expect(markup.contains("<mo>&lt;</mo>"))
        #expect(markup.contains("a&lt;b&gt;c"))
        #expect(!markup.contains("<b>"))
    }
}

/// Formulas of all that is known without KaTeX.
private struct FormulaGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func formula() -> String {
        while true {
            let text = list(depth: 3)
            if !text.isEmpty { return (pick(["", "$$"])) + text }
        }
    }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func list(depth: Int) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            if chance(65) {
                text += nucleus(depth: depth)
                if chance(25) { text += "_" + argument(depth: depth - 1) }
                if chance(25) { text += "^" + argument(depth: depth - 1) } else if chance(5) { text += "'" }
            } else {
                text +=
                    pick([
                        "+", "-", "=", "<", ",", "!", "(", "]", "|", ":", "/", "\\cdot ", "\\leq ", "\\to ", "\\in ", "\\neq ", "\\mid ", "\\ldots ",
                        "\\cdots ", "\\dots ", "\\sum ", "\\int ", "\\log ", "\\{", "\\%",
                    ]) + " "
            }
        }
        return text
    }

    private mutating func group(_ depth: Int) -> String { "{" + list(depth: depth) + "}" }

    private mutating func argument(depth: Int) -> String { chance(80) ? group(depth) : " " + pick(["a", "2", "\\alpha "]) }

    private mutating func nucleus(depth: Int) -> String {
        let leaf = pick(["a", "x", "n", "K", "1", "10", "3.5", "\\alpha ", "\\theta ", "\\Gamma ", "\\infty ", "\\partial "]) + " "
        guard depth > 0, chance(55) else { return leaf }
        switch Int.random(in: 0..<11, using: &random) {
        case 0: return "\\" + pick(["frac", "frac", "dfrac", "tfrac", "binom"]) + group(depth - 1) + group(depth - 1)
        case 1: return "\\sqrt" + pick(["", "[3]"]) + group(depth - 1)
        case 2:
            return "\\left" + pick(["(", "[", "\\{", "|", ".", "\\langle "]) + list(depth: depth - 1) + pick(["", "\\middle| a"]) + "\\right"
                + pick([")", "]", "\\}", "|", "."]) + " "
        case 3: return "\\" + pick(["hat", "bar", "vec", "overline", "underline", "widehat"]) + group(depth - 1)
        case 4: return "\\" + pick(["mathbf", "mathrm", "mathcal", "mathbb", "mathit", "mathsf"]) + group(depth - 1)
        case 5: return "\\text{" + pick(["if ", "a b", "x-y", "(n, m)"]) + "}"
        case 6: return "\\operatorname{" + pick(["rank", "a\\,b", "Re2"]) + "}"
        case 7:
            return pick(["\\operatorname*{max}", "\\sum", "\\int", "\\max", "\\lim", "\\sin"]) + pick(["", "\\limits", "\\nolimits"]) + "_"
                + group(depth - 1) + pick(["", "^2 "])
        case 8:
            let name = pick(["matrix", "pmatrix", "aligned", "vmatrix"])
            let first = list(depth: depth - 2)
            return "\\begin{\(name)}\(first) & \(list(depth: depth - 2)) \\\\ \(list(depth: depth - 2))\\end{\(name)}"
        case 9: return "\\" + pick(["overset", "underset", "stackrel"]) + group(depth - 1) + group(depth - 1)
        default: return group(depth - 1)
        }
    }
}
