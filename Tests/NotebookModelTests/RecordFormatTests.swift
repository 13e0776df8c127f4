import Foundation
import Groundwork
import JSON
import NotebookModel
import SourceText
import TestSupport
import Testing

@Suite("Records as notebook files")
struct RecordFormatTests {
    static let file = SourceFile(
        path: "post.md",
        text: "---\ntitle: A\n---\n\nBefore `{swift} a`.\n\n```swift\n#| label: one\nlet a = 1\na\n```\n\nBetween.\n\n```swift\nb\n```\n\nAfter.\n")

    static let notebook = Notebook(
        file: file, frontMatter: FrontMatter(),
        cells: [
            Cell(
                id: "inline-1", kind: .inlineValue, source: "a", firstLine: 5, indentation: 7,
                range: SourceRange(start: SourceLocation(line: 5, column: 8), end: SourceLocation(line: 5, column: 19)),
                options: CellOptions(), writtenSource: "a", infoString: ""),
            cell("one", source: "\nlet a = 1\na\n", written: "#| label: one\nlet a = 1\na\n", lines: 7...11),
            cell("cell-2", source: "b\n", written: "b\n", lines: 15...17),
        ])

    static let record = RunRecord(
        mode: .fresh,
        cells: [
            record("inline-1", source: "a", outputs: [.result(MIMEBundle(plainText: "1"))], count: 1),
            record(
                "one", source: "\nlet a = 1\na\n",
                outputs: [
                    .stream(.standardOutput, "first\nsecond\n\u{1B}[31mred\u{1B}[0m"), .stream(.standardError, "warned\n"),
                    .display(
                        MIMEBundle([
                            .init("text/html", .text("<b>é</b>\n")), .init("image/png", .binary([0x89, 0x50, 0, 255])),
                            .init("application/json", .json(["b": [1, 2.5, nil], "a": true])), .init("text/plain", .text("é")),
                        ]), metadata: ["width": 3]),
                    .diagnostics([
                        Diagnostic(
                            .warning, identifier: "unused", summary: "never used", path: "post.md", range: SourceRange(lines: 9...9),
                            solutions: ["use it"], notes: [.init(message: "here", path: "post.md", range: nil)])
                    ]),
                    .result(MIMEBundle(plainText: "1")),
                ], count: 2),
            record(
                "cell-2", source: "b\n",
                outputs: [.error(CellError(kind: .trap, name: "Fatal error", message: "Index out of range", line: 16, details: ["at 16"]))],
                count: 3, status: .failed),
        ],
        environment: RunEnvironment(galley: "0.1.0", swift: "6.3.1", system: "Debian", cpu: "A CPU", coreCount: 2, gpus: ["A GPU"]),
        parameters: [
            Parameter(name: "model", value: .string("small")), Parameter(name: "scale", value: .double(2)),
            Parameter(name: "sizes", value: .list([.integer(1), .bool(false)])),
        ],
        date: "2026-11-23T12:00:00Z", duration: 1.25)

    @Test("What the names in a cell are is kept, each text once")
    func names() throws {
        var record = Self.record
        record.cells[1].names = [
            NameNote(offset: 5, length: 1, declaration: "let a: Int", summary: "The \"first\".", isDeclaration: true),
            NameNote(offset: 11, length: 1, declaration: "let a: Int", summary: "The \"first\"."),
            NameNote(offset: 12, length: 2, declaration: "func é()"),
        ]
        let written = record.nbformat(for: Self.notebook)
        let names = written["cells"]?.arrayValue?.lazy.compactMap { $0["metadata"]?["galley"]?["names"] }.first
        #expect(names?["notes"] == ["let a: Int\nThe \"first\".", "func é()"])
        #expect(names?["places"] == "5,1,0* 11,1,0 12,2,1")
        #expect(try RunRecord(nbformat: JSONValue(parsing: written.text())) == record)
    }

    @Test("Damaged places of names are left out", arguments: ["5,1", "5,1,9", "-1,1,0", "5,0,0", "a,b,c", "5,1,0,0", "9999999999999999999,1,0"])
    func damagedNames(places: String) {
        #expect(NameNote.read(["notes": ["let a: Int"], "places": .string(places)]) == [])
    }

    @Test("What is written is read back the same")
    func roundTrip() throws {
        let text = Self.record.nbformat(for: Self.notebook).text(.indented(1))
        let read = try #require(try RunRecord(nbformat: JSONValue(parsing: text)))
        #expect(read == Self.record)
    }

    @Test("Prose and code stand in the notebook's order")
    func order() {
        let document = Self.record.nbformat(for: Self.notebook)
        let shown = (document["cells"]?.arrayValue ?? []).map { cell in
            let source = (cell["source"]?.arrayValue ?? []).compactMap(\.stringValue).joined()
            return "\(cell["cell_type"]?.stringValue ?? "") \(cell["id"]?.stringValue ?? ""): \(source)"
        }
        #expect(
            shown == [
                "raw front-matter: ---\ntitle: A\n---", "markdown text-1: Before `{swift} a`.", "code one: #| label: one\nlet a = 1\na",
                "markdown text-2: Between.",
                "code cell-2: b", "markdown text-3: After.",
            ])
    }

    @Test("A notebook that Galley did not run has no record, and other files are refused")
    func foreign() throws {
        #expect(try RunRecord(nbformat: ["nbformat": 4, "nbformat_minor": 5, "metadata": [:], "cells": []]) == nil)
        #expect(throws: NBFormat.FormatError.self) { try RunRecord(nbformat: ["cells": []]) }
        #expect(throws: NBFormat.FormatError.self) {
            try RunRecord(nbformat: ["nbformat": 4, "metadata": ["galley": ["mode": "sideways"]], "cells": []])
        }
    }

    @Test("Base64 follows RFC 4648's examples", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func base64Examples(text: String) {
        let expected = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy"]
        #expect(base64(Array(text.utf8)) == expected[text])
        #expect(bytes(base64: expected[text] ?? "") == Array(text.utf8))
    }

    static let hasValidator = (try? run("import nbformat")) == 0

    @Test("Jupyter's own validator accepts the file", .enabled(if: hasValidator, "Python's nbformat is not installed"))
    func validates() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.ipynb", Self.record.nbformat(for: Self.notebook).text(.indented(1)))
        #expect(try Self.run("import nbformat; nbformat.validate(nbformat.read('\(place.path)/post.ipynb', as_version=4))") == 0)
    }

    private static func run(_ python: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-W", "error", "-c", python]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private static func cell(_ id: String, source: String, written: String, lines: ClosedRange<Int>) -> Cell {
        Cell(
            id: id, kind: .code, source: source, firstLine: lines.lowerBound + 1, indentation: 0, range: SourceRange(lines: lines),
            options: CellOptions(), writtenSource: written, infoString: "swift")
    }

    private static func record(
        _ id: String, source: String, outputs: [CellOutput], count: Int, status: CellRecord.Status = .succeeded
    ) -> CellRecord {
        CellRecord(
            id: id, key: ContentKey([id]), status: status, outputs: outputs, source: source, executionCount: count, duration: 0.125,
            residentBytes: 4096)
    }
}

@Test("places of diagnostics that no file has are left out")
func wildPlaces() throws {
    for number in [Int.min, -1, 0, 1 << 40, .max] {
        for place in 0..<4 {
            var numbers = [1, 1, 1, 1]
            numbers[place] = number
            let output: JSONValue = [
                "output_type": "display_data",
                "data": [
                    "application/vnd.galley.diagnostics+json": [
                        ["severity": "warning", "summary": "s", "path": "p", "range": .array(numbers.map { .integer(Int64($0)) })]
                    ]
                ],
            ]
            guard case .diagnostics(let read) = try NBFormat.output(output) else {
                Issue.record("no diagnostics")
                continue
            }
            #expect(read.count == 1 && read[0].range == nil)
        }
    }
}
