internal import NotebookModel

extension CellOutput {
    /// The output as a terminal shows it; `nil` for what is reported as a diagnostic.
    var terminalText: String? {
        switch self {
        case .stream(_, let text): text
        case .display(let bundle, _), .result(let bundle): bundle.terminalText.map { $0 + "\n" }
        case .diagnostics, .error: nil
        }
    }
}

extension MIMEBundle {
    /// The plain text; the kind of a picture that has none.
    fileprivate var terminalText: String? {
        guard let text = plainText else { return nil }
        if !text.isEmpty { return text }
        return representations.first { $0.type != "text/plain" }.map { "[\($0.type)]" } ?? text
    }
}

/// Writes the outputs of cells to standard output: they are what was asked for.
func printOutputs(of record: CellRecord, titled: Bool) {
    var text = record.outputs.compactMap(\.terminalText).joined()
    if text.isEmpty { return }
    if text.last != "\n" { text += "\n" }
    print((titled ? "--- \(record.id)\n" : "") + text, terminator: "")
    flushStandardOutput()
}
