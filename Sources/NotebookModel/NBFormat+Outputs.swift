internal import Groundwork
public import JSON
internal import SourceText

/// The notebook file format of Jupyter, version 4.5, as records use it.
///
/// Format: https://nbformat.readthedocs.io/en/latest/format_description.html
public enum NBFormat {
    /// A file is no notebook of version 4, or a part of it has the wrong form.
    public struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
        public let message: String

        public init(_ message: String) {
            self.message = message
        }

        public var description: String { "not a notebook of nbformat 4: \(message)" }
    }

    static let diagnosticsType = "application/vnd.galley.diagnostics+json"

    /// Text as a list of lines, each with its line break, so that differences read well.
    static func lines(_ text: String) -> JSONValue {
        var lines: [JSONValue] = []
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            if byte == 0x0A {
                lines.append(.string(String(decoding: line, as: UTF8.self)))
                line.removeAll(keepingCapacity: true)
            }
        }
        if !line.isEmpty { lines.append(.string(String(decoding: line, as: UTF8.self))) }
        return .array(lines)
    }

    /// Text that is a string or a list of strings.
    static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .array(let lines): lines.reduce(into: "") { $0 += $1.stringValue ?? "" }
        default: nil
        }
    }
}

extension NBFormat {
    /// An output as the format has it; `count` is the cell's execution count.
    static func output(_ output: CellOutput, count: Int?) -> JSONValue {
        switch output {
        case .stream(let stream, let text):
            ["output_type": "stream", "name": .string(stream.rawValue), "text": lines(text)]
        case .display(let bundle, let metadata):
            ["output_type": "display_data", "data": data(bundle), "metadata": .object(metadata)]
        case .result(let bundle):
            [
                "output_type": "execute_result", "execution_count": count.map { .integer(Int64($0)) } ?? .null,
                "data": data(bundle), "metadata": [:],
            ]
        case .diagnostics(let diagnostics):
            [
                "output_type": "display_data",
                "data": [
                    "text/plain": lines(diagnostics.map(\.description).joined(separator: "\n")),
                    diagnosticsType: .array(diagnostics.map(Self.diagnostic)),
                ],
                "metadata": [:],
            ]
        case .error(let error):
            [
                "output_type": "error", "ename": .string(error.name), "evalue": .string(error.message),
                "traceback": .array(error.details.map(JSONValue.string)),
            ]
        }
    }

    /// Reads an output of any writer.
    ///
    /// - Parameter error: What Galley keeps of an error beside the format: its kind and line.
    /// - Throws: ``FormatError`` for an unknown kind of output.
    public static func output(_ value: JSONValue, error: JSONValue? = nil) throws(FormatError) -> CellOutput {
        switch value["output_type"]?.stringValue {
        case "stream":
            let stream = value["name"]?.stringValue.flatMap(CellOutput.Stream.init) ?? .standardOutput
            return .stream(stream, text(value["text"]) ?? "")
        case "display_data", "update_display_data":
            if let diagnostics = value["data"]?[diagnosticsType]?.arrayValue {
                return .diagnostics(diagnostics.compactMap(Self.diagnostic))
            }
            return .display(bundle(value["data"]), metadata: value["metadata"]?.objectValue ?? JSONObject())
        case "execute_result": return .result(bundle(value["data"]))
        case "error":
            return .error(
                CellError(
                    kind: error?["kind"]?.stringValue.flatMap(CellError.Kind.init) ?? .thrown,
                    name: value["ename"]?.stringValue ?? "Error", message: value["evalue"]?.stringValue ?? "",
                    line: error?["line"]?.integerValue,
                    details: (value["traceback"]?.arrayValue ?? []).compactMap(\.stringValue)))
        case let other: throw FormatError("an output of the type \(other ?? "null")")
        }
    }

    private static func data(_ bundle: MIMEBundle) -> JSONValue {
        var members = JSONObject()
        for representation in bundle.representations {
            members[representation.type] =
                switch representation.content {
                case .text(let text): lines(text)
                case .json(let value): value
                case .binary(let bytes): .string(base64(bytes))
                }
        }
        return .object(members)
    }

    private static func bundle(_ value: JSONValue?) -> MIMEBundle {
        MIMEBundle(
            (value?.objectValue ?? JSONObject()).map { type, content in
                if type == "application/json" || type.hasSuffix("+json") { return .init(type, .json(content)) }
                let text = text(content) ?? content.text()
                if MediaType.isBinary(type), let bytes = bytes(base64: text) { return .init(type, .binary(bytes)) }
                return .init(type, .text(text))
            })
    }

    private static func diagnostic(_ diagnostic: Diagnostic) -> JSONValue {
        [
            "severity": .string(diagnostic.severity.rawValue), "identifier": .string(diagnostic.identifier),
            "summary": .string(diagnostic.summary), "path": .string(diagnostic.path), "range": range(diagnostic.range),
            "solutions": .array(diagnostic.solutions.map(JSONValue.string)),
            "notes": .array(
                diagnostic.notes.map { ["message": .string($0.message), "path": .string($0.path), "range": range($0.range)] }),
        ]
    }

    private static func diagnostic(_ value: JSONValue) -> Diagnostic? {
        guard let severity = value["severity"]?.stringValue.flatMap(Diagnostic.Severity.init) else { return nil }
        return Diagnostic(
            severity, identifier: value["identifier"]?.stringValue ?? "", summary: value["summary"]?.stringValue ?? "",
            path: value["path"]?.stringValue ?? "", range: range(value["range"]),
            solutions: (value["solutions"]?.arrayValue ?? []).compactMap(\.stringValue),
            notes: (value["notes"]?.arrayValue ?? []).map { note in
                Diagnostic.Note(
                    message: note["message"]?.stringValue ?? "", path: note["path"]?.stringValue ?? "", range: range(note["range"]))
            })
    }

    private static func range(_ range: SourceRange?) -> JSONValue {
        guard let range else { return .null }
        return .array([range.start.line, range.start.column, range.end.line, range.end.column].map { .integer(Int64($0)) })
    }

    /// No file has a line or a column beyond.
    private static let lastPlace = 1 << 31

    private static func range(_ value: JSONValue?) -> SourceRange? {
        let numbers = (value?.arrayValue ?? []).compactMap(\.integerValue)
        // A record may say anything: what is no place in a file is none.
        guard numbers.count == 4, numbers.allSatisfy({ (1...Self.lastPlace).contains($0) }) else { return nil }
        return SourceRange(
            start: SourceLocation(line: numbers[0], column: numbers[1]), end: SourceLocation(line: numbers[2], column: numbers[3]))
    }
}
