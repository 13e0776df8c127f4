internal import Groundwork
internal import Markdown
package import NotebookModel
internal import SourceText

/// A notebook as Markdown that shows its outputs where nothing runs it, such as on GitHub.
///
/// Prose stands as it was written. Code is fenced in its language, text outputs as text; pictures are files beside it.
package struct MarkdownExport: Sendable {
    package private(set) var text = ""
    /// Pictures by their paths from the Markdown's folder.
    package private(set) var pictures: [String: [UInt8]] = [:]
    private let pictureFolder: String
    private let records: [Cell.ID: CellRecord]
    private let stale: Set<Cell.ID>

    /// - Parameters:
    ///   - stale: Cells whose outputs are older than their code; that is said above them.
    ///   - pictureFolder: The name of the folder for pictures, beside the Markdown.
    package init(_ notebook: Notebook, record: RunRecord?, stale: Set<Cell.ID> = [], pictureFolder: String) {
        self.pictureFolder = pictureFolder
        self.stale = stale
        records = Dictionary((record?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
        let file = notebook.file
        let bytes = Array(file.text.utf8)
        var position = 0
        if notebook.bodyLine > 1 {
            position = file.offset(ofLine: notebook.bodyLine)
            if let title = notebook.frontMatter.title { text += "# \(title)\n" }
        }
        for cell in notebook.cells.sorted(by: { $0.range.start < $1.range.start }) {
            var start = file.offset(ofLine: cell.range.start.line) + cell.range.start.column - 1
            var end = file.offset(ofLine: cell.range.end.line) + cell.range.end.column - 1
            if cell.kind == .inlineValue {
                // The parser's places of code in prose leave its backticks out.
                while start > position, start <= bytes.count, bytes[start - 1] == UInt8(ascii: "`") { start -= 1 }
                while end >= 0, end < bytes.count, bytes[end] == UInt8(ascii: "`") { end += 1 }
            }
            guard start >= position, start <= end, end <= bytes.count else { continue }
            text += String(decoding: bytes[position..<start], as: UTF8.self)
            let written = String(decoding: bytes[start..<end], as: UTF8.self)
            switch cell.kind {
            case .inlineValue: text += inlineText(cell) ?? written
            case .code:
                let lead = String(decoding: file.line(cell.range.start.line).utf8.prefix(cell.range.start.column - 1), as: UTF8.self)
                let prefix = String(lead.map { $0 == ">" || $0.isWhitespace ? $0 : " " })
                text += blocks(of: cell).joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
                    .joined(separator: "\n" + prefix)
                if written.hasSuffix("\n") { text += "\n" }
            }
            position = end
        }
        text += String(decoding: bytes[position...], as: UTF8.self)
        while text.hasSuffix("\n") { text.removeLast() }
        text += "\n"
    }

    private func inlineText(_ cell: Cell) -> String? {
        let texts = (records[cell.id]?.outputs ?? []).compactMap { output -> String? in
            switch output {
            case .result(let bundle), .display(let bundle, _): bundle.plainText
            case .stream(.standardOutput, let text): text
            default: nil
            }
        }
        return texts.last.map(Self.trimmed).map { stale.contains(cell.id) ? $0 + " *(older than its expression)*" : $0 }
    }

    // MARK: Cells

    /// The language of the cell's fence: Swift, or that of another kernel.
    private static func language(of cell: Cell) -> String {
        MarkdownCodeBlock(literal: "", info: cell.infoString, isFenced: true, isClosed: true).language
    }

    private mutating func blocks(of cell: Cell) -> [String] {
        let options = cell.options
        guard options.include else { return [] }
        var blocks: [String] = []
        if options.echo != .hidden {
            let source = Self.trimmed(options.echo == .fenced ? cell.writtenSource : cell.source)
            if !source.isEmpty { blocks.append(Self.fenced(source, Self.language(of: cell))) }
        }
        guard options.output != .dropped else { return blocks }
        if stale.contains(cell.id) {
            let hasOutputs = records[cell.id]?.outputs.isEmpty == false
            blocks.append(hasOutputs ? "*This output is older than the code above it.*" : "*This cell was changed after it was run.*")
        }
        var stream = ""
        func flush(_ blocks: inout [String]) {
            let shown = Self.trimmed(stream)
            if !shown.isEmpty { blocks.append(options.output == .asis ? shown : Self.fenced(shown, "text")) }
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
                if kind == .standardOutput || options.warning { stream += Self.withoutEscapes(text) }
                continue
            }
            flush(&blocks)
            switch output {
            case .stream: break
            case .result(let bundle), .display(let bundle, _):
                if let block = block(of: bundle, alternatives[index], cell) { blocks.append(block) }
                if index == captioned, let caption { blocks.append(Self.caption(caption)) }
            case .diagnostics(let diagnostics):
                let shown = diagnostics.filter { options.warning || $0.severity == .error }.map(\.description)
                if !shown.isEmpty { blocks.append(Self.fenced(shown.joined(separator: "\n"), "text")) }
            case .error(let error):
                let lines = ["\(error.name): \(error.message)"] + error.details
                blocks.append(Self.fenced(Self.withoutEscapes(lines.joined(separator: "\n")), "text"))
            }
        }
        flush(&blocks)
        return blocks
    }

    private mutating func block(of bundle: MIMEBundle, _ alternative: String?, _ cell: Cell) -> String? {
        if case .text(let markdown)? = bundle["text/markdown"] { return Self.trimmed(markdown) }
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
            let picture = "![\(Self.bracketed(alternative ?? ""))](<\(name)>)"
            return picture
        }
        // GitHub shows tables of HTML, and drops style and script.
        if case .text(let html)? = bundle["text/html"], html.contains("<table") || bundle.plainText == nil {
            // An empty line would end the block.
            return Self.trimmed(html).split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
        }
        if case .text(let latex)? = bundle["text/latex"] { return Self.trimmed(latex) }
        return bundle.plainText.map { Self.fenced(Self.trimmed(Self.withoutEscapes($0)), "text") }
    }

    // MARK: Text

    /// Emphasised where it has no emphasis of its own.
    private static func caption(_ text: String) -> String { text.contains { "*_".contains($0) } ? text : "*\(text)*" }

    private static func fenced(_ text: String, _ language: String) -> String {
        var longest = 2
        var count = 0
        for byte in text.utf8 {
            count = byte == UInt8(ascii: "`") ? count + 1 : 0
            longest = max(longest, count)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)\(language)\n\(text)\n\(fence)"
    }

    /// A text as it stands between the brackets of a picture: on one line, with what Markdown would read escaped.
    private static func bracketed(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").reduce(into: "") { result, character in
            if "\\[]`*_<>&!$".contains(character) { result.append("\\") }
            result.append(character)
        }
    }

    /// Without empty lines at its ends.
    private static func trimmed(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst() }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    /// Without the control sequences of terminals (ECMA-48, section 5.4).
    private static func withoutEscapes(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1B else {
                bytes.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "[") {
                rest = rest.dropFirst().drop { !(0x40...0x7E).contains($0) }.dropFirst()
            } else {
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
