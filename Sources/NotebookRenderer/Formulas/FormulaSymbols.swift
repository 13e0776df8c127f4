/// A symbol that formulas are made of, with the class that decides the spaces around it.
struct FormulaSymbol: Hashable {
    enum Class: Hashable {
        /// A letter of the formula's own alphabet: italic.
        case variable
        /// An ordinary symbol: upright.
        case ordinary
        case binary, relation, opening, closing, punctuation, inner
        /// A large operator, or a word such as `sin`.
        case large
    }

    var text: String
    var symbolClass: Class

    init(_ text: String, _ symbolClass: Class) {
        self.text = text
        self.symbolClass = symbolClass
    }
}

/// The symbols by the names that LaTeX and amsmath give them, with their characters in Unicode (UTR 25 and the
/// Unicode Character Database). What is missing here is set by KaTeX.
enum FormulaSymbols {
    /// A command such as `alpha`, without its backslash.
    static func command(_ name: String) -> FormulaSymbol? { commands[name] }

    /// A character that stands for itself.
    static func character(_ byte: UInt8) -> FormulaSymbol? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            FormulaSymbol(String(UnicodeScalar(byte)), .variable)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "\""):
            FormulaSymbol(String(UnicodeScalar(byte)), .ordinary)
        case UInt8(ascii: "|"): FormulaSymbol("∣", .ordinary)
        case UInt8(ascii: "+"): FormulaSymbol("+", .binary)
        case UInt8(ascii: "-"): FormulaSymbol("−", .binary)
        case UInt8(ascii: "*"): FormulaSymbol("∗", .binary)
        case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ":"):
            FormulaSymbol(String(UnicodeScalar(byte)), .relation)
        case UInt8(ascii: "("), UInt8(ascii: "["): FormulaSymbol(String(UnicodeScalar(byte)), .opening)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "!"), UInt8(ascii: "?"):
            FormulaSymbol(String(UnicodeScalar(byte)), .closing)
        case UInt8(ascii: ","), UInt8(ascii: ";"): FormulaSymbol(String(UnicodeScalar(byte)), .punctuation)
        default: nil
        }
    }

    /// What may stand after `\left`, `\right`, `\middle` and `\big`; the empty text is the delimiter that is not shown.
    static func delimiter(_ name: String) -> String? { delimiters[name] }

    /// Operators that are one large symbol, and whether their limits stand above and below in displays.
    static let largeOperators: [String: (text: String, hasLimits: Bool)] = [
        "sum": ("∑", true), "prod": ("∏", true), "coprod": ("∐", true), "bigcup": ("⋃", true), "bigcap": ("⋂", true),
        "bigvee": ("⋁", true), "bigwedge": ("⋀", true), "bigoplus": ("⨁", true), "bigotimes": ("⨂", true), "bigodot": ("⨀", true),
        "biguplus": ("⨄", true), "bigsqcup": ("⨆", true), "int": ("∫", false), "iint": ("∬", false), "iiint": ("∭", false),
        "oint": ("∮", false), "oiint": ("∯", false), "oiiint": ("∰", false), "intop": ("∫", true),
    ]

    /// Operators that are written as words, and whether their limits stand below in displays.
    static let namedOperators: [String: Bool] = {
        var table: [String: Bool] = [:]
        for name in words(
            "arcsin arccos arctan arg cos cosh cot coth csc deg dim exp hom ker lg ln log sec sin sinh tan tanh")
        {
            table[String(name)] = false
        }
        for name in words("det gcd inf lim max min Pr sup") { table[String(name)] = true }
        return table
    }()

    /// Marks over one letter.
    static let accents: [String: String] = [
        "hat": "ˆ", "bar": "ˉ", "vec": "→", "tilde": "˜", "dot": "˙", "ddot": "¨", "acute": "´", "grave": "`", "breve": "˘", "check": "ˇ",
        "mathring": "˚",
    ]

    /// Marks that grow with what they stand over.
    static let wideAccents: [String: String] = [
        "widehat": "\u{302}", "widetilde": "˜", "widecheck": "ˇ", "overrightarrow": "→", "overleftarrow": "←", "overleftrightarrow": "↔",
    ]

    private static func words(_ text: String) -> [Substring] { text.split(separator: " ") }

    private static let delimiters: [String: String] = [
        ".": "", "(": "(", ")": ")", "[": "[", "]": "]", "{": "{", "}": "}", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]",
        "/": "/", "backslash": "\\", "<": "<", ">": ">", "lt": "<", "gt": ">", "vert": "∣", "Vert": "∥", "|": "∣", "lvert": "∣", "rvert": "∣",
        "lVert": "∥", "rVert": "∥",
        "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "uparrow": "↑", "downarrow": "↓",
        "updownarrow": "↕", "Uparrow": "⇑", "Downarrow": "⇓", "Updownarrow": "⇕",
        "lgroup": "⟮", "rgroup": "⟯", "lmoustache": "⎰", "rmoustache": "⎱", "llbracket": "⟦", "rrbracket": "⟧", "llcorner": "⌞", "lrcorner": "⌟",
        "ulcorner": "┌", "urcorner": "┐", "llparenthesis": "⦇", "rrparenthesis": "⦈", "lBrace": "⦃", "rBrace": "⦄",
    ]

    private static let commands: [String: FormulaSymbol] = {
        var table: [String: FormulaSymbol] = [:]
        table.reserveCapacity(400)
        func add(_ symbolClass: FormulaSymbol.Class, _ list: String) {
            let parts = list.split(separator: " ")
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                table[String(parts[index])] = FormulaSymbol(String(parts[index + 1]), symbolClass)
            }
        }
        add(
            .variable,
            """
            alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ \
            nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω
            """)
        add(
            .ordinary,
            """
            Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃ \
            nexists ∄ emptyset ∅ varnothing ∅ hbar ℏ hslash ℏ ell ℓ Re ℜ Im ℑ aleph ℵ beth ℶ wp ℘ angle ∠ top ⊤ bot ⊥ neg ¬ lnot ¬ \
            prime ′ flat ♭ natural ♮ sharp ♯ clubsuit ♣ diamondsuit ♢ heartsuit ♡ spadesuit ♠ triangle △ square □ Box □ Diamond ◊ \
            lozenge ◊ blacksquare ■ bigstar ★ surd √ backslash \\ vert ∣ Vert ∥ complement ∁ eth ð measuredangle ∡ blacktriangle ▲ % % varkappa ϰ
            """)
        add(
            .binary,
            """
            cdot ⋅ times × div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet ∙ cap ∩ cup ∪ uplus ⊎ sqcap ⊓ sqcup ⊔ vee ∨ lor ∨ wedge ∧ land ∧ \
            setminus ∖ wr ≀ diamond ⋄ oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙ dagger † ddagger ‡ amalg ⨿ bigcirc ◯ ltimes ⋉ rtimes ⋊ \
            boxplus ⊞ boxtimes ⊠ boxminus ⊟ boxdot ⊡ intercal ⊺ barwedge ⊼ triangleleft ◃ triangleright ▹ bigtriangleup △ bigtriangledown ▽
            """)
        add(
            .relation,
            """
            leq ≤ le ≤ geq ≥ ge ≥ ll ≪ gg ≫ lll ⋘ ggg ⋙ lt < gt > equiv ≡ sim ∼ simeq ≃ approx ≈ cong ≅ propto ∝ doteq ≐ prec ≺ succ ≻ preceq ⪯ \
            succeq ⪰ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ sqsubseteq ⊑ sqsupseteq ⊒ in ∈ ni ∋ vdash ⊢ dashv ⊣ models ⊨ vDash ⊨ perp ⊥ \
            mid ∣ parallel ∥ asymp ≍ bowtie ⋈ smile ⌣ frown ⌢ to → rightarrow → leftarrow ← gets ← Rightarrow ⇒ Leftarrow ⇐ \
            leftrightarrow ↔ Leftrightarrow ⇔ longrightarrow ⟶ longleftarrow ⟵ longleftrightarrow ⟷ Longrightarrow ⟹ Longleftarrow ⟸ \
            Longleftrightarrow ⟺ mapsto ↦ longmapsto ⟼ uparrow ↑ downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ Updownarrow ⇕ \
            nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ hookrightarrow ↪ hookleftarrow ↩ rightharpoonup ⇀ rightharpoondown ⇁ \
            leftharpoonup ↼ leftharpoondown ↽ rightleftharpoons ⇌ rightsquigarrow ⇝ leqslant ⩽ geqslant ⩾ lesssim ≲ gtrsim ≳ \
            approxeq ≊ thicksim ∼ thickapprox ≈ triangleq ≜ trianglelefteq ⊴ trianglerighteq ⊵ vartriangleleft ⊲ vartriangleright ⊳ \
            because ∵ therefore ∴ nmid ∤ nparallel ∦ nleq ≰ ngeq ≱ nless ≮ ngtr ≯ nsubseteq ⊈ nsupseteq ⊉ subsetneq ⊊ supsetneq ⊋ \
            nrightarrow ↛ nleftarrow ↚ nRightarrow ⇏ nLeftarrow ⇍ nvdash ⊬ nvDash ⊭ twoheadrightarrow ↠ upharpoonright ↾ Vdash ⊩ \
            circeq ≗ bumpeq ≏ Subset ⋐ Supset ⋑ between ≬ pitchfork ⋔ multimap ⊸ leadsto ⇝ dashrightarrow ⇢ dashleftarrow ⇠
            """)
        add(.opening, "{ { lbrace { lbrack [ langle ⟨ lfloor ⌊ lceil ⌈ lvert ∣ lVert ∥")
        add(.closing, "} } rbrace } rbrack ] rangle ⟩ rfloor ⌋ rceil ⌉ rvert ∣ rVert ∥")
        add(.inner, "ldots … ddots ⋱")
        add(.ordinary, "| ∥ # # & & $ $ _ _")
        return table
    }()
}
