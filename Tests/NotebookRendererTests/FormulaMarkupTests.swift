import NotebookRenderer
import Testing

/// What MathML Core knows: elements, and attributes by element (MathML Core, sections 2 and 3), with HTML's link in `mtext`.
private enum Core {
    static let global: Set<String> = ["style", "displaystyle", "scriptlevel", "mathcolor", "mathsize", "mathbackground"]
    static let attributes: [String: Set<String>] = [
        "math": ["xmlns", "display"], "semantics": [], "annotation": ["encoding"], "mrow": [], "mi": ["mathvariant"], "mn": [], "mtext": [],
        "mo": ["fence", "form", "lspace", "rspace", "stretchy", "symmetric", "minsize", "maxsize", "largeop", "movablelimits"],
        "mspace": ["width", "height", "depth"], "mfrac": ["linethickness"], "msqrt": [], "mroot": [], "mstyle": [], "mphantom": [],
        "mpadded": ["width", "height", "depth", "lspace", "voffset"], "msub": [], "msup": [], "msubsup": [], "munder": ["accentunder"],
        "mover": ["accent"], "munderover": ["accent", "accentunder"], "mtable": [], "mtr": [], "mtd": ["columnspan", "rowspan"], "a": ["href"],
    ]

    /// What of a formula's markup a browser would not know.
    static func strangers(in markup: String) -> [String] {
        var found: [String] = []
        for tag in markup.split(separator: "<").map({ $0.prefix { $0 != ">" } }) where !tag.hasPrefix("/") {
            let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
            let name = String(tag.prefix { $0 != " " })
            guard let known = attributes[name] else {
                found.append(name)
                continue
            }
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                let attribute = parts[index].split(separator: " ").last.map { String($0.dropLast()) } ?? ""
                let isKnown = known.contains(attribute) || global.contains(attribute)
                if !isKnown || attribute == "mathvariant" && parts[index + 1] != "normal" { found.append("\(name) \(attribute)") }
            }
        }
        return found
    }

    /// Elements in tokens are HTML to a parser, and shown as text.
    static func elementsInTokens(in markup: String) -> [String] {
        var found: [String] = []
        for name in ["mi", "mn", "mo"] {
            for part in markup.split(separator: "<\(name)").dropFirst() {
                guard part.first == " " || part.first == ">", let end = part.firstIndex(of: "<") else { continue }
                if !part[end...].hasPrefix("</\(name)>") { found.append(name + part.prefix(60)) }
            }
        }
        return found
    }
}

@Suite("Formulas as MathML Core")
struct FormulaMarkupTests {
    @Test("No formula has an element or attribute that MathML Core lacks", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func core() throws {
        var count = 0
        for formula in try Formula.fixture("formulas.txt") + Formula.fixture("constructs.txt") + Formula.fixture("commands.txt") {
            guard let markup = formula.markup else { continue }
            count += 1
            #expect(Core.strangers(in: markup).isEmpty, "\(formula.tex)")
            #expect(Core.elementsInTokens(in: markup).isEmpty, "\(formula.tex)")
        }
        #expect(count > 2000)
    }

    @Test("Every construct and every command of KaTeX's is set", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func constructs() throws {
        for formula in try Formula.fixture("constructs.txt") + Formula.fixture("commands.txt") { #expect(formula.markup != nil, "\(formula.tex)") }
    }

    @Test(
        "Letters of an alphabet are Unicode's",
        arguments: [
            ("\\mathbb{RNZQCHPA1k}", "ℝℕℤℚℂℍℙ𝔸𝟙𝕜"), ("\\mathbf{xA1\\alpha\\Gamma}", "𝐱𝐀𝟏𝛂𝚪"), ("\\mathcal{LBEFHIMRAg}", "ℒℬℰℱℋℐℳℛ𝒜ℊ"),
            ("\\mathscr{Lo}", "ℒℴ"),
            ("\\mathfrak{gCHIRZ}", "𝔤ℭℌℑℜℨ"), ("\\mathsf{A1}", "𝖠𝟣"), ("\\mathtt{t1}", "𝚝𝟷"), ("\\boldsymbol{\\theta w1\\Gamma\\nabla}", "𝜽𝒘𝟏𝚪𝛁"),
            ("\\bm{h}", "𝒉"), ("\\mathit{h\\Gamma}", "ℎ𝛤"), ("\\R\\N\\Z", "ℝℕℤ"), ("\\boldsymbol{\\mathcal{L}}", "𝓛"),
        ])
    func letters(_ tex: String, _ letters: String) {
        let markup = FormulaComparison.native(tex, isDisplay: false) ?? FormulaComparison.katex(tex, isDisplay: false)
        #expect(markup.map(text) == letters)
        if hasKaTeX { #expect(FormulaComparison.katex(tex, isDisplay: false).map(text) == letters) }
    }

    @Test("Single letters are upright where the author said so, and words are one name")
    func upright() {
        #expect(native("\\mathrm{d}x").contains("<mi mathvariant=\"normal\">d</mi>"))
        #expect(native("\\mathrm{softmax}(z)").contains("<mi>softmax</mi>"))
        #expect(native("\\Gamma").contains("<mi mathvariant=\"normal\">Γ</mi>"))
        #expect(native("x").contains("<mi>x</mi>"))
    }

    @Test("Columns are aligned and ruled by styles of their cells", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func tables() {
        let aligned = native("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", isDisplay: true)
        #expect(aligned.contains("text-align:right;text-align:-webkit-right"))
        #expect(aligned.contains("text-align:left;text-align:-webkit-left"))
        #expect(aligned.contains("<mtable displaystyle=\"true\">"))
        let ruled = katex("\\begin{array}{|c:c|} \\hline a & b \\\\ \\hdashline c & d \\\\ \\hline\\hline \\end{array}")
        for rule in [
            "left:0.05em solid", "left:0.05em dashed", "right:0.05em solid", "top:0.05em solid", "top:0.05em dashed", "bottom:0.24em double",
        ] {
            #expect(ruled.contains("border-" + rule), "\(rule)")
        }
    }

    @Test("Boxes and strikes have the text's colour", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func boxes() {
        #expect(katex("\\boxed{E}").contains("border:0.04em solid;padding:0.3em"))
        #expect(katex("\\cancel{x}").contains("linear-gradient(to bottom right"))
        #expect(katex("\\bcancel{x}").contains("linear-gradient(to top right"))
        #expect(katex("\\xcancel{x}").split(separator: "linear-gradient").count == 3)
        #expect(katex("\\sout{x}").contains("currentColor"))
        #expect(katex("\\fcolorbox{red}{yellow}{x}").contains("border:0.04em solid red;background:yellow"))
    }

    @Test("Tags stand at the right of the equation or row that they name", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func tags() {
        let one = katex("E = mc^2 \\tag{3}", isDisplay: true)
        #expect(one.contains("<mtable style=\"width:100%\""))
        #expect(text(one) == "E=mc2(3)")
        let rows = katex("\\begin{align} a &= b \\tag{A} \\\\ c &= d \\end{align}", isDisplay: true)
        #expect(text(rows).hasPrefix("a=b(A)c=d"))
    }

    @Test("A sign before a term has no space after it, one between terms has")
    func signs() {
        #expect(native("(-x)").contains("<mo lspace=\"0\" rspace=\"0\">−</mo>"))
        #expect(native("a-x").contains("<mo>−</mo>"))
        #expect(native("x_{i+1}").contains("<mo lspace=\"0\" rspace=\"0\">+</mo>"))
        #expect(native("\\sin x").contains("<mspace width=\"0.1667em\"></mspace><mi>x</mi>"))
    }

    @Test("What TeX was given stays as an annotation")
    func annotation() {
        #expect(native("a < b").contains("<annotation encoding=\"application/x-tex\">a &lt; b</annotation></semantics></math>"))
    }

    @Test("Links are HTML's, to addresses that are safe", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func links() {
        #expect(katex("\\href{https://example.org/}{x}").contains("<mtext><a href=\"https://example.org/\"><math><mi>x</mi></math></a></mtext>"))
        #expect(!katex("\\href{javascript:alert(1)}{x}").contains("href="))
    }

    private func native(_ tex: String, isDisplay: Bool = false) -> String { FormulaComparison.native(tex, isDisplay: isDisplay) ?? "" }
    private func katex(_ tex: String, isDisplay: Bool = false) -> String { FormulaComparison.katex(tex, isDisplay: isDisplay) ?? "" }

    /// What a reader sees, without the annotation.
    private func text(_ markup: String) -> String {
        var result = ""
        var isTag = false
        for character in markup[..<(markup.firstRange(of: "<annotation")?.lowerBound ?? markup.endIndex)] {
            if character == "<" { isTag = true } else if character == ">" { isTag = false } else if !isTag { result.append(character) }
        }
        return result
    }
}
