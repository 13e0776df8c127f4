internal import Groundwork
public import JSON
internal import SourceText

extension RunRecord {
    /// The record as a notebook file: the prose as Markdown cells, the code with its outputs, and what Galley keeps beside
    /// them under `metadata.galley`. Inline values, which the format has no place for, are there too.
    ///
    /// - Parameter notebook: The notebook that was run; its text is the prose.
    public func nbformat(for notebook: Notebook) -> JSONValue {
        let written = written(for: notebook)
        let records = Dictionary(written.map { ($0.id, $0) }) { first, _ in first }
        // Whoever writes it, nobody vouches for what nobody knows that a run left.
        let digests = integrity == .intact ? records.mapValues(Self.digest(of:)) : nil
        var cells: [JSONValue] = []
        var usedIDs = Set(notebook.cells.map(\.id))
        var line = 1
        var proseCount = 0
        func prose(before end: Int) {
            guard end > line else { return }
            let text = notebook.file.text(ofLines: line...(end - 1))
            guard text.contains(where: { !$0.isWhitespace }) else { return }
            repeat { proseCount += 1 } while usedIDs.contains("text-\(proseCount)")
            usedIDs.insert("text-\(proseCount)")
            cells.append([
                "cell_type": "markdown", "id": .string("text-\(proseCount)"), "metadata": [:], "source": NBFormat.lines(Self.trimmed(text)),
            ])
        }
        if notebook.bodyLine > 1 {
            let end = notebook.bodyLine - 1
            // A raw cell, as Quarto has it: as Markdown it would show as a heading.
            cells.append([
                "cell_type": "raw", "id": "front-matter", "metadata": [:],
                "source": NBFormat.lines(Self.trimmed(notebook.file.text(ofLines: 1...end))),
            ])
            usedIDs.insert("front-matter")
            line = end + 1
        }
        for cell in notebook.cells where cell.kind == .code {
            prose(before: cell.range.start.line)
            // A range ends after its last byte: at the closing fence's line, or at the start of the next.
            let end = cell.range.end
            line = end.column > 1 ? end.line + 1 : end.line
            cells.append(Self.codeCell(cell, records[cell.id], digest: digests?[cell.id]))
        }
        prose(before: notebook.file.lineCount + 1)
        return [
            "cells": .array(cells),
            "metadata": [
                "galley": galleyMetadata(notebook, written: written, digests: digests, text: NBFormat.textDigest(of: cells)),
                "kernelspec": ["display_name": "Swift (Galley)", "language": "swift", "name": "galley"],
                "language_info": [
                    "file_extension": ".swift", "mimetype": "text/x-swift", "name": "swift", "version": .string(environment.swift),
                ],
            ],
            "nbformat": 4,
            "nbformat_minor": 5,
        ]
    }

    /// What is kept of the cells that the notebook has, in its order.
    private func written(for notebook: Notebook) -> [CellRecord] {
        let known = Dictionary(cells.map { ($0.id, $0) }) { first, _ in first }
        return notebook.cells.compactMap { known[$0.id] }
    }

    private func galleyMetadata(
        _ notebook: Notebook, written: [CellRecord], digests: [Cell.ID: ContentKey]?, text: ContentKey
    ) -> JSONValue {
        let inlineIDs = Set(notebook.cells.filter { $0.kind == .inlineValue }.map(\.id))
        let inline = written.enumerated().filter { inlineIDs.contains($0.element.id) }.map { position, record -> JSONValue in
            var members = Self.metadata(of: record, digest: digests?[record.id])
            members["id"] = .string(record.id)
            members["position"] = .integer(Int64(position))
            members["source"] = .string(record.source)
            members["outputs"] = .array(record.outputs.map { NBFormat.output($0, count: record.executionCount) })
            return .object(members)
        }
        var members = runMetadata
        members["inline"] = .array(inline)
        if let digests { members["digest"] = .string(digest(of: written.compactMap { digests[$0.id] }).hexadecimal) }
        members["text"] = .string(text.hexadecimal)
        members["version"] = .integer(integrity == .unverified ? 1 : Int64(Self.formatVersion))
        return .object(members)
    }

    /// What is kept of the run beside its cells.
    var runMetadata: JSONObject {
        var members: JSONObject = [
            "date": .string(date),
            "duration": .number(Self.rounded(duration)),
            "environment": [
                "galley": .string(environment.galley), "swift": .string(environment.swift), "system": .string(environment.system),
                "cpu": .string(environment.cpu), "cores": .integer(Int64(environment.coreCount)),
                "gpus": .array(environment.gpus.map(JSONValue.string)),
            ],
            "mode": .string(mode.rawValue),
            "parameters": .array(
                parameters.map { parameter in
                    var members: JSONObject = ["name": .string(parameter.name), "value": Self.json(parameter.value)]
                    if let other = defaults.first(where: { $0.name == parameter.name }) { members["default"] = Self.json(other.value) }
                    return .object(members)
                }),
        ]
        if let resources { members["resources"] = .string(resources.hexadecimal) }
        return members
    }

    private static func codeCell(_ cell: Cell, _ record: CellRecord?, digest: ContentKey?) -> JSONValue {
        let shown = trimmed(cell.writtenSource)
        var metadata = JSONObject()
        if let record {
            var galley = Self.metadata(of: record, digest: digest)
            // What ran differs from what the file shows where directives are blanked or lines trimmed.
            if record.source != shown { galley["source"] = .string(record.source) }
            metadata["galley"] = .object(galley)
        }
        return [
            "cell_type": "code", "execution_count": record?.executionCount.map { .integer(Int64($0)) } ?? .null, "id": .string(cell.id),
            "metadata": .object(metadata),
            "outputs": .array((record?.outputs ?? []).map { NBFormat.output($0, count: record?.executionCount) }),
            "source": NBFormat.lines(shown),
        ]
    }

    static func metadata(of record: CellRecord, digest: ContentKey? = nil) -> JSONObject {
        var members: JSONObject = [
            "duration": .number(rounded(record.duration)), "key": .string(record.key.hexadecimal), "status": .string(record.status.rawValue),
        ]
        if let digest { members["digest"] = .string(digest.hexadecimal) }
        if let inputs = record.inputs { members["inputs"] = .string(inputs.hexadecimal) }
        if !record.files.isEmpty {
            members["files"] = .object(
                record.files.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value.hexadecimal) })
        }
        if let count = record.executionCount { members["execution"] = .integer(Int64(count)) }
        if let bytes = record.residentBytes { members["residentBytes"] = .integer(Int64(bytes)) }
        if !record.addresses.isEmpty { members["addresses"] = .array(record.addresses.sorted().map(JSONValue.string)) }
        if !record.names.isEmpty { members["names"] = NameNote.json(record.names) }
        for case .error(let error) in record.outputs {
            members["error"] = ["kind": .string(error.kind.rawValue), "line": error.line.map { .integer(Int64($0)) } ?? .null]
        }
        return members
    }

    static func json(_ value: Parameter.Value) -> JSONValue {
        switch value {
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(Int64(value))
        case .double(let value): .number(value)
        case .string(let value): .string(value)
        case .list(let values): .array(values.map(json))
        }
    }

    /// Microseconds are as fine as a duration means anything.
    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }

    private static func trimmed(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst() }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
