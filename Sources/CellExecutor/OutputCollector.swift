internal import CellWire
internal import JSON
internal import NotebookModel

/// Makes a cell's outputs of the host's events: a state machine that touches nothing outside.
struct OutputCollector: Sendable {
    private enum Piece: Sendable {
        case stream(CellOutput.Stream, [UInt8])
        case output(CellOutput)
        /// The order of the pieces before and after it is known.
        case boundary
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
        case .boundary: pieces.append(.boundary)
        case .display(_, let display): pieces.append(.output(Self.output(display)))
        case .failed(_, let failure): self.failure = failure
        case .ended(_, let usage): self.usage = usage
        case .ready, .started, .fatal: break
        }
    }

    /// The two streams are separate pipes. Where the host knows which was written first it sends boundaries; between two
    /// of them each stream is one piece, standard output before standard error, so that the same cell gives the same
    /// record every time.
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
        var joined: [Piece] = []
        for piece in pieces {
            switch (piece, joined.last) {
            case (.boundary, _): break
            case (.stream(let stream, let bytes), .stream(let other, let earlier)?) where stream == other:
                joined[joined.count - 1] = .stream(stream, earlier + bytes)
            default: joined.append(piece)
            }
        }
        return joined.compactMap { piece in
            switch piece {
            case .boundary: return nil
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
                    let shown = withoutModuleNames(text)
                    if let value = try? JSONValue(parsing: shown) { return .init(representation.type, .json(value)) }
                    return .init(representation.type, .text(shown))
                // A description of a value may stand in text of any kind.
                case .text: return .init(representation.type, .text(withoutModuleNames(text)))
                }
            })
        if display.role == .result { return .result(bundle) }
        let metadata = (try? JSONValue(parsing: display.metadata))?.objectValue ?? JSONObject()
        return .display(bundle, metadata: metadata)
    }
}
