internal import JSON

extension KaTeXTree {
    // MARK: Symbols

    static func symbol(_ json: JSONValue, _ type: String) -> FormulaNode {
        let text = self.text(json, "text")
        let isText = self.text(json, "mode") == "text"
        switch type {
        case "verb":
            return .verbatim(String(self.text(json, "body").map { $0 == " " ? (flag(json, "star") ? "\u{2423}" : "\u{A0}") : $0 }))
        case "spacing": return ["\\nobreak", "\\allowbreak"].contains(text) ? .splice([]) : .space
        case "atom": return .symbol(FormulaSymbol(sign(text), symbolClass("m" + self.text(json, "family"))))
        case _ where isText: return .textCharacter(ligatures[text] ?? text)
        case "mathord": return .symbol(FormulaSymbol(text, .variable))
        default: return text == " " ? .space : .symbol(FormulaSymbol(sign(text), .ordinary))
        }
    }

    /// The sign that a character of the keyboard stands for.
    private static func sign(_ text: String) -> String {
        guard text.utf8.count == 1, let byte = text.utf8.first else { return text }
        return FormulaSymbols.character(byte)?.text ?? text
    }

    static func symbolClass(_ name: String) -> FormulaSymbol.Class {
        switch name {
        case "mbin": .binary
        case "mrel": .relation
        case "mopen": .opening
        case "mclose": .closing
        case "mpunct": .punctuation
        case "minner": .inner
        case "mop": .large
        default: .ordinary
        }
    }

    static func delimiter(_ json: JSONValue, _ key: String) -> String {
        let text = self.text(json, key)
        if text == "\\|" { return "∥" }
        return FormulaSymbols.delimiter(String(text.drop { $0 == "\\" && text.utf8.count > 1 })) ?? text
    }

    static func largeOperator(_ json: JSONValue) throws(Unknown) -> FormulaNode {
        let limits = FormulaNode.Limits(areLimits: flag(json, "limits"), isExplicit: flag(json, "alwaysHandleSupSub"))
        let name = self.name(json, "name")
        // It stays as small as it is in text.
        if name == "smallint" { return .styled(.text, [.largeOperator("∫", limits)]) }
        if flag(json, "symbol") { return .largeOperator(FormulaSymbols.largeOperators[name]?.text ?? name, limits) }
        if let body = json["body"], !body.isNull { return .operatorBody(try list(body), limits) }
        return .namedOperator(name, limits)
    }

    // MARK: Structures

    static func fraction(_ json: JSONValue) throws(Unknown) -> FormulaNode {
        var fraction = FormulaFraction(
            numerator: try argument(json["numer"]), denominator: try argument(json["denom"]), hasBar: flag(json, "hasBarLine"),
            barSize: length(json["barSize"]))
        for (key, path) in [("leftDelim", \FormulaFraction.left), ("rightDelim", \FormulaFraction.right)] {
            if let side = json[key], !side.isNull { fraction[keyPath: path] = delimiter(json, key) }
        }
        fraction.size =
            switch text(json, "size") {
            case "display": .display
            case "text": .text
            case "script": .script
            case "scriptscript": .scriptscript
            default: .automatic
            }
        return .fraction(fraction)
    }

    static func accent(_ json: JSONValue) throws(Unknown) -> FormulaNode {
        let name = name(json, "label")
        let base = try argument(json["base"])
        if flag(json, "isStretchy") { return .accent(base, mark: stretchySigns[name] ?? "‾", isStretchy: true) }
        return .accent(base, mark: FormulaSymbols.accents[name] ?? textAccents[name] ?? name, isStretchy: false)
    }

    static func enclosure(_ json: JSONValue) throws(Unknown) -> FormulaNode.Enclosure {
        switch name(json, "label") {
        case "fbox": return .box
        case "cancel": return .upwardStrike
        case "bcancel": return .downwardStrike
        case "xcancel": return .cross
        case "sout": return .horizontalStrike
        case "phase": return .phase
        case "angl": return .actuarial
        case "colorbox", "fcolorbox": return .colored(background: text(json, "backgroundColor"), border: json["borderColor"]?.stringValue)
        case let other: throw Unknown(type: other)
        }
    }

    static func table(_ json: JSONValue) throws(Unknown) -> FormulaTable {
        var table = FormulaTable(rows: [])
        for row in json["body"]?.arrayValue ?? [] {
            var cells: [[FormulaNode]] = []
            for cell in row.arrayValue ?? [] {
                // Cells are groups in the style of the table.
                var body = cell
                if text(cell, "type") == "styling" {
                    table.cellStyle = styles[text(cell, "style")] ?? .text
                    let inner = cell["body"]?.arrayValue ?? []
                    body = inner.count == 1 ? inner[0] : .object(["type": "ordgroup", "body": .array(inner)])
                }
                cells.append(text(body, "type") == "ordgroup" ? try list(body["body"]) : [try node(body)])
            }
            // Diagrams end with a row that has no cell.
            if !cells.isEmpty { table.rows.append(cells) }
        }
        for column in json["cols"]?.arrayValue ?? [] {
            if text(column, "type") == "separator" {
                table.columns.append(.line(isDashed: text(column, "separator") == ":"))
            } else {
                table.columns.append(
                    .aligned(text(column, "align").first ?? "c", before: column["pregap"]?.doubleValue, after: column["postgap"]?.doubleValue))
            }
        }
        let count = table.rows.count
        table.lines = (json["hLinesBeforeRow"]?.arrayValue ?? []).prefix(count + 1).map { ($0.arrayValue ?? []).compactMap(\.boolValue) }
        table.lines += Array(repeating: [], count: max(count + 1 - table.lines.count, 0))
        table.gaps = (json["rowGaps"]?.arrayValue ?? []).prefix(count).map { length($0) }
        table.gaps += Array(repeating: nil, count: max(count - table.gaps.count, 0))
        for tag in (json["tags"]?.arrayValue ?? []).prefix(count) {
            if let isNumbered = tag.boolValue { table.tags.append(isNumbered ? .number : .none) } else { table.tags.append(.text(try list(tag))) }
        }
        if table.tags.allSatisfy({ $0 == .none }) { table.tags = [] }
        table.stretch = json["arraystretch"]?.doubleValue ?? 1
        table.addsLineSpace = flag(json, "addJot")
        table.hasOuterSpace = flag(json, "hskipBeforeAndAfter")
        table.isSmall = text(json, "colSeparationType") == "small"
        table.isDiagram = text(json, "colSeparationType") == "CD"
        return table
    }

    // MARK: Names

    static let styles: [String: FormulaNode.Style] = ["display": .display, "text": .text, "script": .script, "scriptscript": .scriptscript]

    /// `\tiny` to `\Huge`, beside the size of the text.
    static let sizes = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.44, 1.728, 2.074, 2.488]

    static let textFonts: [String: FormulaNode.TextFont] = [
        "textrm": .roman, "textnormal": .roman, "textsf": .sansSerif, "texttt": .monospace, "textbf": .bold, "textmd": .medium, "textit": .italic,
        "textup": .upright,
    ]

    private static let ligatures: [String: String] = [
        "--": "–", "---": "—", "``": "“", "''": "”", "`": "‘", "'": "’",
    ]

    private static let textAccents: [String: String] = [
        "'": "´", "`": "`", "^": "^", "~": "˜", "=": "ˉ", "u": "˘", ".": "˙", "\"": "¨", "r": "˚", "H": "˝", "v": "ˇ", "c": "¸", "textcircled": "◯",
        "dddot": "⃛", "ddddot": "⃜",
    ]

    /// What grows with the thing that it stands over or under.
    static let stretchySigns: [String: String] = [
        "widehat": "\u{302}", "widecheck": "ˇ", "widetilde": "˜", "utilde": "~", "overleftarrow": "←", "underleftarrow": "←", "xleftarrow": "←",
        "overrightarrow": "→", "underrightarrow": "→", "xrightarrow": "→", "underbrace": "⏟", "overbrace": "⏞", "overgroup": "⏠",
        "undergroup": "⏡", "overleftrightarrow": "↔", "underleftrightarrow": "↔", "xleftrightarrow": "↔", "Overrightarrow": "⇒",
        "xRightarrow": "⇒", "overleftharpoon": "↼", "xleftharpoonup": "↼", "overrightharpoon": "⇀", "xrightharpoonup": "⇀", "xLeftarrow": "⇐",
        "xLeftrightarrow": "⇔", "xhookleftarrow": "↩", "xhookrightarrow": "↪", "xmapsto": "↦", "xrightharpoondown": "⇁",
        "xleftharpoondown": "↽", "xrightleftharpoons": "⇌", "xleftrightharpoons": "⇋", "xtwoheadleftarrow": "↞", "xtwoheadrightarrow": "↠",
        "xlongequal": "=", "xtofrom": "⇄", "xrightleftarrows": "⇄", "xrightequilibrium": "⇌", "xleftequilibrium": "⇋", "cdrightarrow": "→",
        "cdleftarrow": "←", "cdlongequal": "=", "overlinesegment": "⎴", "underlinesegment": "⎵",
    ]
}
