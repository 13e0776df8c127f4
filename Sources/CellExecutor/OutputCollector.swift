internal import CellWire
internal import JSON
internal import NotebookModel

/// Makes a cell's outputs of the host's events: a state machine that touches nothing outside.
struct OutputCollector: Sendable {
    private enum Piece: Sendable {
        case stream(CellOutput.Stream, [UInt8])
        case output(CellOutput)
    }

    private var pieces: [Piece] = []
    private(set) var failure: WireFailure?
    private(set) var usage: CellUsage?

    init() {}

    mutating func take(_ event: HostEvent) {
        switch event {
        case .output(_, let stream, let bytes): append(stream, bytes)
        case .outputCut(_, let stream, let count):
            append(stream, Array("\n… \(count) bytes left out …\n".utf8))
        case .display(_, let display): pieces.append(.output(Self.output(display)))
        case .failed(_, let failure): self.failure = failure
        case .ended(_, let usage): self.usage = usage
        case .ready, .started, .fatal: break
        }
    }

    /// The two streams are separate pipes, and which of them was written first is not known to anyone: between
    /// two displays each stream is one piece, standard output before standard error, so that the same cell gives
    /// the same record every time.
    private mutating func append(_ wire: WireStream, _ bytes: [UInt8]) {
        let stream: CellOutput.Stream = wire == .standardOutput ? .standardOutput : .standardError
        var place = pieces.endIndex
        while place > pieces.startIndex, case .stream(let other, let earlier) = pieces[place - 1] {
            if other == stream {
                pieces[place - 1] = .stream(stream, earlier + bytes)
                return
            }
            place -= 1
        }
        pieces.insert(.stream(stream, bytes), at: stream == .standardOutput ? place : pieces.endIndex)
    }

    /// The outputs so far, streams as a terminal would have left them.
    func outputs() -> [CellOutput] {
        pieces.compactMap { piece in
            switch piece {
            case .output(let output): return output
            case .stream(let stream, let bytes):
                let text = withoutModuleNames(resolvingCarriageReturns(String(decoding: bytes, as: UTF8.self)))
                return text.isEmpty ? nil : .stream(stream, text)
            }
        }
    }

    private static func output(_ display: WireDisplay) -> CellOutput {
        let bundle = MIMEBundle(
            display.representations.map { representation in
                let text = String(decoding: representation.bytes, as: UTF8.self)
                switch representation.form {
                case .binary: return .init(representation.type, .binary(representation.bytes))
                case .json:
                    if let value = try? JSONValue(parsing: representation.bytes) { return .init(representation.type, .json(value)) }
                    return .init(representation.type, .text(text))
                case .text:
                    return .init(representation.type, .text(representation.type == "text/plain" ? withoutModuleNames(text) : text))
                }
            })
        if display.role == .result { return .result(bundle) }
        let metadata = (try? JSONValue(parsing: display.metadata))?.objectValue ?? JSONObject()
        return .display(bundle, metadata: metadata)
    }
}

/// The text as a terminal leaves it: what follows a carriage return overwrites the line from its start.
///
/// Lines are overwritten as a whole where they hold escape sequences.
func resolvingCarriageReturns(_ text: String) -> String {
    guard text.utf8.contains(0x0D) else { return text }
    var lines: [String] = []
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
        var shown: [Unicode.Scalar] = []
        for part in line.split(separator: "\r", omittingEmptySubsequences: false) {
            let isPlain = !part.contains("\u{1B}") && !shown.contains("\u{1B}")
            if part.isEmpty { continue }
            shown = Array(part) + (isPlain ? Array(shown.dropFirst(part.count)) : [])
        }
        lines.append(String(String.UnicodeScalarView(shown)))
    }
    return lines.joined(separator: "\n")
}
