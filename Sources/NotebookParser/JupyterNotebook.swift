internal import Groundwork
public import JSON
internal import Markdown
public import NotebookModel
public import SourceText

/// A notebook file of Jupyter, from any of its kernels, as a notebook with the record of its run.
public struct JupyterNotebook: Sendable, Hashable {
    public var parsed: ParsedNotebook
    public var record: RunRecord
    /// The language of its code cells, in lower case, such as `python`; `text` where the file
    /// does not say; only `swift` can be run.
    public var language: String

    /// Reads nbformat 4, any minor version.
    ///
    /// The cells become one Markdown text, which ranges and diagnostics refer to: prose as it stands, code in fences.
    /// - Throws: ``NBFormat/FormatError`` for what is no notebook of version 4.
    public static func read(_ file: SourceFile) throws(NBFormat.FormatError) -> (JupyterNotebook, [Diagnostic]) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: file.text) } catch { throw NBFormat.FormatError(error.description) }
        return try read(json, path: file.path)
    }

    public static func read(_ json: JSONValue, path: String) throws(NBFormat.FormatError) -> (JupyterNotebook, [Diagnostic]) {
        guard let version = json["nbformat"]?.integerValue, let cells = json["cells"]?.arrayValue else {
            throw NBFormat.FormatError(
                json["worksheets"] == nil ? "it has no “nbformat” or no “cells”" : "it is of version 3; `jupyter nbconvert --to notebook` converts it"
            )
        }
        guard version == 4 else { throw NBFormat.FormatError("it is of version \(version)") }
        let metadata = json["metadata"]
        let named = (metadata?["language_info"]?["name"] ?? metadata?["kernelspec"]?["language"])?.stringValue?.lowercased() ?? ""
        // It stands behind a fence, and a file may say anything.
        let known = named.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "+#-._".contains($0)) }
        let language = known.isEmpty ? "text" : known
        var composer = JupyterComposer(language: language)
        for (index, cell) in cells.enumerated() { composer.append(cell, isFirst: index == 0) }

        let file = SourceFile(path: path, text: String(decoding: composer.text, as: UTF8.self))
        var reader = FrontMatterReader(file: file)
        let (frontMatter, bodyLine) = reader.read()
        let document = MarkdownDocument(parsing: file, fromLine: bodyLine)
        var collector = CellCollector(file: file, frontMatter)
        let ours = try RunRecord(nbformat: json)
        // Code that stands in others' prose is text.
        let found = collector.collect(from: document, codeAtLines: Set(composer.code.keys), takesInline: ours != nil)
        var notebookCells: [Cell] = []
        var records: [CellRecord] = []
        var usedIDs: Set<String> = []
        for var cell in found {
            guard cell.kind == .code, let code = composer.code[cell.range.start.line] else {
                notebookCells.append(cell)
                continue
            }
            if cell.options.label == nil, let id = code["id"]?.stringValue, CellCollector.isValid(id), !usedIDs.contains(id) { cell.id = id }
            if !usedIDs.insert(cell.id).inserted { cell.id = "\(cell.id.prefix(56))-\(records.count + 1)" }
            applyMetadata(of: code, to: &cell.options)
            notebookCells.append(cell)
            records.append(try record(of: code, cell))
        }
        let notebook = Notebook(file: file, frontMatter: frontMatter, bodyLine: bodyLine, cells: notebookCells)
        let record = ours ?? savedRecord(records, metadata, language: language)
        return (
            JupyterNotebook(parsed: ParsedNotebook(notebook: notebook, document: document), record: record, language: language),
            reader.diagnostics + collector.diagnostics
        )
    }

    /// The record of a notebook that another kernel ran, or nobody: nothing says that its cells ran in order in one process.
    private static func savedRecord(_ cells: [CellRecord], _ metadata: JSONValue?, language: String) -> RunRecord {
        var record = RunRecord(
            mode: .incremental, cells: cells,
            environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 0, gpus: []), parameters: [], date: "", duration: 0)
        let ran = cells.filter { $0.executionCount != nil || !$0.outputs.isEmpty }
        let counts = ran.compactMap(\.executionCount)
        let isRising = zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 }
        let order: SavedOutputs.Order = !isRising ? .outOfOrder : counts.count < ran.count ? .incomplete : .rising
        record.origin = .saved(SavedOutputs(language: languageName(metadata, language), order: order))
        return record
    }

    /// The language with its version's first two numbers, `Python 3.12`; the kernel's name where the file has no version.
    private static func languageName(_ metadata: JSONValue?, _ language: String) -> String {
        let name = language.prefix(1).uppercased() + language.dropFirst()
        if let version = metadata?["language_info"]?["version"]?.stringValue, !version.isEmpty {
            return "\(name) \(version.split(separator: ".").prefix(2).joined(separator: "."))"
        }
        if let kernel = metadata?["kernelspec"]?["display_name"]?.stringValue, !kernel.isEmpty { return kernel }
        return metadata?["language_info"] == nil && metadata?["kernelspec"] == nil ? "another program" : name
    }

    private static func record(of cell: JSONValue, _ parsed: Cell) throws(NBFormat.FormatError) -> CellRecord {
        var outputs: [CellOutput] = []
        for output in cell["outputs"]?.arrayValue ?? [] { outputs.append(try NBFormat.output(output)) }
        let hasFailed = outputs.contains { output in
            if case .error = output { true } else { false }
        }
        let hasRun = cell["execution_count"]?.integerValue != nil || !outputs.isEmpty
        return CellRecord(
            id: parsed.id, key: ContentKey([parsed.source]), status: hasFailed ? .failedAsAllowed : hasRun ? .succeeded : .notEvaluated,
            outputs: outputs,
            source: parsed.source, executionCount: cell["execution_count"]?.integerValue, duration: 0, residentBytes: nil)
    }

    /// What Jupyter and its book tools say of a cell outside its source.
    private static func applyMetadata(of cell: JSONValue, to options: inout CellOptions) {
        let metadata = cell["metadata"]
        if metadata?["jupyter"]?["source_hidden"]?.boolValue == true { options.echo = .hidden }
        if metadata?["jupyter"]?["outputs_hidden"]?.boolValue == true { options.output = .dropped }
        for tag in (metadata?["tags"]?.arrayValue ?? []).compactMap(\.stringValue) {
            switch tag.replacing("_", with: "-") {
            case "remove-cell", "hide-cell": options.include = false
            case "remove-input": options.echo = .hidden
            case "hide-input": options.codeFold = .closed
            case "remove-output", "hide-output": options.output = .dropped
            default: break
            }
        }
    }
}

extension String {
    fileprivate func lastRange(ofText word: String) -> Range<Index>? { ranges(of: word).last }
}

/// Writes the cells of a Jupyter notebook as one Markdown text.
private struct JupyterComposer {
    let language: String
    private static let pageFormats: Set<String> = ["", "text/html", "text/markdown", "html", "markdown"]
    private(set) var text: [UInt8] = []
    /// The code cells by the line (from 1) that their fence stands on.
    private(set) var code: [Int: JSONValue] = [:]
    private var line = 1

    init(language: String) {
        self.language = language
    }

    mutating func append(_ cell: JSONValue, isFirst: Bool) {
        let source = Self.source(of: cell)
        switch cell["cell_type"]?.stringValue {
        case "markdown": write(Self.closed(Self.withAttachments(source, cell["attachments"])))
        case "raw":
            // Quarto keeps front matter so. Like nbconvert, pages take what is for every format and for theirs, and leave the rest out.
            let metadata = cell["metadata"]
            let format = (metadata?["raw_mimetype"] ?? metadata?["format"])?.stringValue ?? ""
            if isFirst, Self.isFrontMatter(source) { write(source) } else if Self.pageFormats.contains(format) { write(Self.closed(source)) }
        case "code":
            code[line] = cell
            let fence = String(repeating: "`", count: max(3, Self.longestRun(of: UInt8(ascii: "`"), in: source) + 1))
            let language = Self.language(of: cell) ?? language
            write("\(fence)\(language == "swift" ? "{swift}" : language)\n\(source)\(source.isEmpty || source.hasSuffix("\n") ? "" : "\n")\(fence)")
        default: break
        }
    }

    /// The language that an editor gave a cell of its own, as VS Code and Polyglot Notebooks do.
    private static func language(of cell: JSONValue) -> String? {
        let metadata = cell["metadata"]
        let named =
            (metadata?["vscode"]?["languageId"] ?? metadata?["polyglot_notebook"]?["kernelName"] ?? metadata?["dotnet_interactive"]?["language"])?
            .stringValue?.lowercased() ?? ""
        let known = named.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "+#-._".contains($0)) }
        return known.isEmpty ? nil : known
    }

    private static func isFrontMatter(_ source: String) -> Bool {
        if case .none = FrontMatterBlock.head(of: SourceFile(path: "", text: source)) { false } else { true }
    }

    /// Writes a block and an empty line after it.
    private mutating func write(_ block: String) {
        for byte in block.utf8 {
            text.append(byte)
            if byte == 0x0A { line += 1 }
        }
        text += [0x0A, 0x0A]
        line += 2
    }

    private static func source(of cell: JSONValue) -> String {
        let text: String
        switch cell["source"] {
        case .string(let string): text = string
        case .array(let lines): text = lines.reduce(into: "") { $0 += $1.stringValue ?? "" }
        default: text = ""
        }
        return text.utf8.contains(0x0D) ? text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") : text
    }

    private static func longestRun(of byte: UInt8, in text: String) -> Int {
        var longest = 0
        var run = 0
        for current in text.utf8 {
            run = current == byte ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    /// A cell is a document of its own: a fence that it leaves open ends with it.
    private static func closed(_ source: String) -> String {
        guard let opening = source.lastRange(ofText: "<!--"), source[opening.upperBound...].firstRange(of: "-->") == nil else {
            return closedFence(source)
        }
        // Where it opens a comment, and does not stand in code, nothing behind it is read as Markdown.
        let isOpen = MarkdownDocument(parsing: source + "\n\n*end*").nodes.allSatisfy { $0.kind != .emphasis }
        return isOpen ? source + " -->" : closedFence(source)
    }

    private static func closedFence(_ source: String) -> String {
        guard source.contains("```") || source.contains("~~~") else { return source }
        let isOpen = MarkdownDocument(parsing: source).nodes.contains { node in
            if case .codeBlock(let block) = node.kind { block.isFenced && !block.isClosed } else { false }
        }
        guard isOpen else { return source }
        let tildes = source.contains("~~~") ? "\n" + String(repeating: "~", count: max(3, longestRun(of: UInt8(ascii: "~"), in: source))) : ""
        let ticks = "\n" + String(repeating: "`", count: max(3, longestRun(of: UInt8(ascii: "`"), in: source)))
        for closing in [ticks, tildes] where !closing.isEmpty {
            let stillOpen = MarkdownDocument(parsing: source + closing).nodes.contains { node in
                if case .codeBlock(let block) = node.kind { block.isFenced && !block.isClosed } else { false }
            }
            if !stillOpen { return source + closing }
        }
        return source
    }

    /// `attachment:name` as the picture itself.
    private static func withAttachments(_ source: String, _ attachments: JSONValue?) -> String {
        guard let attachments = attachments?.objectValue else { return source }
        var source = source
        for (name, bundle) in attachments {
            guard let (type, content) = bundle.objectValue?.first(where: { $0.key.hasPrefix("image/") }), let data = content.stringValue else {
                continue
            }
            source = source.replacing("attachment:\(name)", with: "data:\(type);base64,\(data.filter { !$0.isWhitespace })")
        }
        return source
    }
}
