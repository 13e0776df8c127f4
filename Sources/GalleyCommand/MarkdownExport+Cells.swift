internal import Groundwork
internal import JSON
internal import Markdown
internal import NotebookModel
internal import SourceText

extension MarkdownExport {
    /// The language of the cell's fence: Swift, or that of another kernel.
    private static func language(of cell: Cell) -> String {
        MarkdownCodeBlock(literal: "", info: cell.infoString, isFenced: true, isClosed: true).language
    }

    mutating func blocks(of cell: Cell) -> [String] {
        let options = cell.options
        guard options.include else { return [] }
        var blocks: [String] = []
        if options.echo != .hidden {
            let source = MarkdownText.trimmed(options.echo == .fenced ? cell.writtenSource : cell.source)
            if !source.isEmpty { blocks.append(MarkdownText.fenced(source, Self.language(of: cell))) }
        }
        guard options.output != .dropped else { return blocks }
        if stale.contains(cell.id) {
            let hasOutputs = records[cell.id]?.outputs.isEmpty == false
            blocks.append(hasOutputs ? "*This output is older than the code above it.*" : "*This cell was changed after it was run.*")
        }
        var stream = ""
        func flush(_ blocks: inout [String], _ export: inout MarkdownExport) {
            let shown = MarkdownText.trimmed(options.output == .asis ? stream : MarkdownText.withoutControls(stream))
            if !shown.isEmpty { blocks.append(options.output == .asis ? export.shown(shown, of: cell) : MarkdownText.fenced(shown, "text")) }
            stream = ""
        }
        let outputs = records[cell.id]?.outputs ?? []
        let alternatives = FigureAlternatives(outputs, options: options)
        let caption = options.figureCaption ?? options.tableCaption
        // As on the page: under the last thing that can be looked at.
        let captioned = outputs.lastIndex { output in
            switch output {
            case .display(let bundle, _), .result(let bundle): bundle.representations.contains { $0.type != "text/plain" }
            default: false
            }
        }
        for (index, output) in outputs.enumerated() {
            if case .stream(let kind, let text) = output {
                if kind == .standardOutput || options.warning { stream += text }
                continue
            }
            flush(&blocks, &self)
            switch output {
            case .stream: break
            case .result(let bundle), .display(let bundle, _):
                if let block = block(of: bundle, alternatives[index], cell) { blocks.append(block) }
                if index == captioned, let caption { blocks.append(MarkdownText.caption(caption)) }
            case .diagnostics(let diagnostics):
                let shown = diagnostics.filter { options.warning || $0.severity == .error }.map(\.description)
                if !shown.isEmpty { blocks.append(MarkdownText.fenced(shown.joined(separator: "\n"), "text")) }
            case .error(let error):
                let lines = ["\(error.name): \(error.message)"] + error.details
                blocks.append(MarkdownText.fenced(MarkdownText.withoutControls(lines.joined(separator: "\n")), "text"))
            }
        }
        flush(&blocks, &self)
        return blocks
    }

    private mutating func block(of bundle: MIMEBundle, _ alternative: String?, _ cell: Cell) -> String? {
        if case .text(let markdown)? = bundle["text/markdown"] { return shown(MarkdownText.trimmed(markdown), of: cell) }
        for type in MediaType.pictures {
            let suffix = type.fileExtensions[0]
            let bytes: [UInt8]
            switch bundle[type.name] {
            case .binary(let content)?: bytes = content
            case .text(let content)?: bytes = Array(content.utf8)
            default: continue
            }
            var number = 1
            while pictures["\(pictureFolder)/\(cell.id)-\(number).\(suffix)"] != nil { number += 1 }
            let name = "\(pictureFolder)/\(cell.id)-\(number).\(suffix)"
            pictures[name] = bytes
            return "![\(MarkdownText.bracketed(alternative ?? ""))](<\(name)>)"
        }
        // GitHub shows tables of HTML, and drops style and script.
        if case .text(let html)? = bundle["text/html"], html.contains("<table") || bundle.plainText == nil {
            // An empty line would end the block.
            return MarkdownText.trimmed(html).split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
        }
        if case .text(let latex)? = bundle["text/latex"], let formula = MarkdownText.formula(MarkdownText.trimmed(latex)) { return formula }
        if let text = bundle.plainText { return MarkdownText.fenced(MarkdownText.trimmed(MarkdownText.withoutControls(text)), "text") }
        if case .json(let value)? = bundle["application/json"] { return MarkdownText.fenced(value.text(.indented(2)), "json") }
        return bundle.representations.first.map { "*An output of the type \($0.type), which is not shown here.*" }
    }
}
