internal import JSON

/// Reads the tree that KaTeX's parser makes of a formula (`katex.__parse`), as JSON.
///
/// KaTeX's own MathML is not read: it loses tags of rows, double rules and the classes of symbols, which the spaces hang on.
enum KaTeXTree {
    /// The tree has something that this does not know: another version of KaTeX may have made it.
    struct Unknown: Error {
        let type: String
    }

    static func formula(_ json: JSONValue) throws(Unknown) -> [FormulaNode] { try list(json) }

    static func list(_ json: JSONValue?) throws(Unknown) -> [FormulaNode] {
        var nodes: [FormulaNode] = []
        for element in json?.arrayValue ?? [] { nodes.append(try node(element)) }
        return nodes
    }

    /// A group whose one element is no group of its own has to be one, as arguments are.
    static func argument(_ json: JSONValue?) throws(Unknown) -> FormulaNode {
        guard let json, !json.isNull else { return .group([]) }
        return try node(json)
    }

    static func optional(_ json: JSONValue?) throws(Unknown) -> FormulaNode? {
        guard let json, !json.isNull else { return nil }
        return try node(json)
    }

    static func length(_ json: JSONValue?) -> FormulaLength? {
        guard let json, let value = json["number"]?.doubleValue, let unit = json["unit"]?.stringValue else { return nil }
        return FormulaLength(value, unit)
    }

    static func text(_ json: JSONValue, _ key: String) -> String { json[key]?.stringValue ?? "" }
    static func flag(_ json: JSONValue, _ key: String) -> Bool { json[key]?.boolValue ?? false }

    /// A command without its backslash.
    static func name(_ json: JSONValue, _ key: String) -> String {
        let text = text(json, key)
        return String(text.drop { $0 == "\\" })
    }

    // MARK: Nodes

    static func node(_ json: JSONValue) throws(Unknown) -> FormulaNode {
        let type = text(json, "type")
        switch type {
        case "mathord", "textord", "atom", "spacing", "verb": return symbol(json, type)
        case "kern": return .kern(length(json["dimension"]) ?? .mu(0))
        case "ordgroup": return flag(json, "semisimple") ? .splice(try list(json["body"])) : .group(try list(json["body"]))
        case "supsub":
            return .scripts(base: try optional(json["base"]), subscript: try optional(json["sub"]), superscript: try optional(json["sup"]))
        case "op": return try largeOperator(json)
        case "operatorname":
            return .operatorName(
                try list(json["body"]), .init(areLimits: flag(json, "alwaysHandleSupSub"), isExplicit: flag(json, "limits")))
        case "genfrac": return try fraction(json)
        case "sqrt": return .root(try argument(json["body"]), index: try optional(json["index"]))
        case "leftright":
            return .fenced(
                try list(json["body"]), left: delimiter(json, "left"), right: delimiter(json, "right"), rightColor: json["rightColor"]?.stringValue)
        case "middle": return .middle(delimiter(json, "delim"))
        case "delimsizing":
            return .sizedDelimiter(delimiter(json, "delim"), size: json["size"]?.integerValue ?? 1, symbolClass(text(json, "mclass")))
        case "accent": return try accent(json)
        case "accentUnder": return .accentUnder(try argument(json["base"]), mark: stretchySigns[name(json, "label")] ?? "‾")
        case "overline": return .line(try argument(json["body"]), isOver: true)
        case "underline": return .line(try argument(json["body"]), isOver: false)
        case "horizBrace":
            return .brace(try argument(json["base"]), mark: stretchySigns[name(json, "label")] ?? "⏞", isOver: flag(json, "isOver"))
        case "xArrow":
            return .arrow(
                stretchySigns[name(json, "label")] ?? "→", over: try optional(json["body"])?.filled, under: try optional(json["below"])?.filled,
                isLong: name(json, "label").hasPrefix("cd"))
        case "array": return .table(try table(json))
        default: return try change(json, type)
        }
    }

    /// What changes how its body looks.
    private static func change(_ json: JSONValue, _ type: String) throws(Unknown) -> FormulaNode {
        switch type {
        case "font":
            guard let font = FormulaLetters.Font(rawValue: text(json, "font")) else { throw Unknown(type: text(json, "font")) }
            return .font(font, try argument(json["body"]))
        case "text": return .text(try list(json["body"]), textFonts[name(json, "font")])
        case "styling": return .styled(styles[text(json, "style")] ?? .text, try list(json["body"]))
        case "sizing":
            let index = (json["size"]?.integerValue ?? 6) - 1
            return .sized(sizes.indices.contains(index) ? sizes[index] : 1, try list(json["body"]))
        case "color": return .colored(text(json, "color"), try list(json["body"]))
        case "mclass": return .classed(symbolClass(text(json, "mclass")), try list(json["body"]))
        case "enclose": return .enclosed(try enclosure(json), try argument(json["body"]))
        case "phantom": return .phantom(try list(json["body"]))
        case "hphantom": return .box(.widthOnly, try argument(json["body"]))
        case "vphantom": return .box(.heightOnly, try argument(json["body"]))
        case "smash":
            return .box(.smashed(height: flag(json, "smashHeight"), depth: flag(json, "smashDepth")), try argument(json["body"]))
        case "lap":
            let box: FormulaNode.Box =
                switch text(json, "alignment") {
                case "llap": .lapLeft
                case "clap": .lapCenter
                default: .lapRight
                }
            return .box(box, try argument(json["body"]))
        case "raisebox": return .box(.raised(length(json["dy"]) ?? .mu(0)), try argument(json["body"]))
        case "vcenter": return .box(.centered, try argument(json["body"]))
        case "rule":
            return .rule(width: length(json["width"]) ?? .mu(0), height: length(json["height"]) ?? .mu(0), shift: length(json["shift"]))
        case "pmb": return .poorBold(symbolClass(text(json, "mclass")), try list(json["body"]))
        case "hbox", "html": return .splice(try list(json["body"]))
        case "htmlmathml":
            let body = try list(json["mathml"])
            return body == [.symbol(FormulaSymbol("\u{338}", .ordinary))] ? .negation : .splice(body)
        case "mathchoice":
            return .choice(
                display: try list(json["display"]), text: try list(json["text"]), script: try list(json["script"]),
                scriptscript: try list(json["scriptscript"]))
        case "href": return .link(text(json, "href"), try list(json["body"]))
        case "cr": return flag(json, "newLine") ? .lineBreak(length(json["size"])) : .splice([])
        case "tag": return .tagged(try list(json["body"]), tag: try list(json["tag"]))
        case "cdlabel": return .diagramLabel(try argument(json["label"]), isLeft: text(json, "side") == "left")
        case "cdlabelparent": return try argument(json["fragment"])
        case "internal": return .splice([])
        default: throw Unknown(type: type)
        }
    }
}

extension FormulaNode {
    /// `nil` for a group that holds nothing.
    fileprivate var filled: FormulaNode? { self == .group([]) ? nil : self }
}
