internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

extension PageState {
    /// - Parameter node: Its node in the notebook's document; `nil` for a formula of an output, which has no number of the page's.
    mutating func writeMath(_ tex: String, isDisplay: Bool, node: Int?, range: SourceRange, into writer: inout HTMLWriter) {
        features.insert(.math)
        plainText.append(contentsOf: tex.utf8)
        var source = isDisplay ? EquationRows(tex).tex : tex
        let number = isDisplay ? references.equations.firstNumber(node: node) : nil
        if let number, EquationRows(tex).isNumberedWhole { source += "\\tag{\(number)}" }
        switch typeset(source, as: tex, isDisplay: isDisplay, firstNumber: number) {
        case .success(let markup):
            let style = isDisplay ? Self.displayStyle : Self.isWide(markup) ? Self.inlineStyle : nil
            if let style {
                let id = isDisplay ? equationID(EquationRows(tex), node) : nil
                writer.open("span", [HTMLAttribute("class", "math-scroll"), HTMLAttribute("id", id), HTMLAttribute("style", style)])
            }
            writer.raw(bytes: markup)
            if style != nil { writer.close("span") }
        case .failure(let problem):
            report(problem, tex: tex, range: range)
            writer.element("code", [HTMLAttribute("class", "math-source")], text: tex)
        }
    }

    /// Whether a formula has more characters than are narrow on any screen. They are counted in its markup, up to the TeX that follows them.
    private static func isWide(_ markup: [UInt8]) -> Bool {
        var count = 0
        var isInTag = false
        for (index, byte) in markup.enumerated() {
            if byte == UInt8(ascii: "<") {
                if markup[index...].starts(with: Array("<annotation".utf8)) { break }
                isInTag = true
            } else if byte == UInt8(ascii: ">") {
                isInTag = false
            } else if !isInTag, byte & 0xC0 != 0x80 {
                count += 1
                if count > 16 { return true }
            }
        }
        return false
    }

    /// Lines do not break in formulas, so a wide one scrolls by itself. A grid keeps its baseline where it scrolls; what stands out above
    /// and below is not cut.
    private static let inlineStyle = "display:inline-grid;max-width:100%;overflow:auto hidden;padding:.3em;margin:-.3em"
    private static let displayStyle = "display:block;overflow:auto hidden"

    /// - Parameter node: As for ``writeMath(_:isDisplay:node:range:into:)``.
    mutating func writeMathBlock(_ tex: String, _ attributes: MarkdownAttributes, node: Int?, range: SourceRange, into writer: inout HTMLWriter) {
        features.insert(.math)
        writer.freshLine()
        plainText.append(contentsOf: tex.utf8)
        endBlock()
        let rows = EquationRows(tex)
        let first = references.equations.firstNumber(node: node)
        let number = rows.isNumberedWhole ? first : rows.numberedCount == 0 && node != nil ? attributes.id.flatMap { references[$0]?.number } : nil
        let id = node == nil && attributes.id.map { references[$0] != nil } == true ? nil : attributes.id ?? equationID(rows, node)
        writer.open("div", [HTMLAttribute("class", number == nil ? "math-block" : "math-block numbered"), HTMLAttribute("id", id)])
        switch typeset(rows.tex, as: tex, isDisplay: true, firstNumber: first) {
        case .success(let markup): writer.raw(bytes: markup)
        case .failure(let problem):
            report(problem, tex: tex, range: range)
            writer.open("pre")
            writer.element("code", [HTMLAttribute("class", "math-source")], text: tex)
            writer.close("pre")
        }
        if let number { writer.element("span", [HTMLAttribute("class", "equation-number")], text: "(\(number))") }
        writer.raw("</div>\n")
    }

    /// The identifier that a formula's first label makes; `nil` in an output where the page has a formula of that label.
    private func equationID(_ rows: EquationRows, _ node: Int?) -> String? {
        guard let label = rows.labels.first?.label, node != nil || references.equations.targets[label] == nil else { return nil }
        return EquationTable.id(label)
    }

    private mutating func typeset(
        _ source: String, as tex: String, isDisplay: Bool, firstNumber: Int?
    ) -> Result<[UInt8], TypesettingProblem> {
        let prefix = formulaDefinitions.prefix(for: tex)
        formulaDefinitions.collect(from: tex)
        return typesetting.math(
            prefix + references.equations.resolved(source), as: tex, isDisplay: isDisplay, firstNumber: firstNumber)
    }

    private mutating func report(_ problem: TypesettingProblem, tex: String, range: SourceRange) {
        let path = notebook?.file.path ?? ""
        switch problem {
        case .badSource(let message):
            diagnostics.append(
                Diagnostic(.warning, identifier: "bad-math", summary: "the formula cannot be set: \(message)", path: path, range: range))
        case .unavailable(let message):
            // One such message for a page says it all.
            if diagnostics.contains(where: { $0.identifier == "no-math" }) { return }
            diagnostics.append(
                Diagnostic(
                    .warning, identifier: "no-math", summary: "formulas are shown as TeX: \(message)", path: path, range: range,
                    solutions: ["Install KaTeX (Debian: libjs-katex) or say where katex.min.js is in GALLEY_KATEX"]))
        }
    }

    /// Writes a text whose `\eqref{…}` and `\ref{…}` are links, and what is between them by `writePlain`.
    mutating func writeEquationReferences(
        in text: String, into writer: inout HTMLWriter, writePlain: (inout PageState, String, inout HTMLWriter) -> Void
    ) {
        var start = text.startIndex
        for reference in EquationTable.references(in: text) {
            guard let target = references.equations.targets[reference.label] else {
                reportUnknownReference(reference.label)
                continue
            }
            writePlain(&self, String(text[start..<reference.range.lowerBound]), &writer)
            let shown = reference.isInParentheses ? target.text : String(target.text.drop { $0 == "(" }.prefix { $0 != ")" })
            writer.element("a", [HTMLAttribute("href", "#\(target.id)"), HTMLAttribute("class", "reference")], text: shown)
            start = reference.range.upperBound
        }
        writePlain(&self, String(text[start...]), &writer)
    }
}
