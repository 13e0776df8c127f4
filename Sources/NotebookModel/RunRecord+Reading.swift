internal import Groundwork
public import JSON
internal import SourceText

extension RunRecord {
    /// Reads a record that ``nbformat(for:)`` wrote.
    ///
    /// - Returns: `nil` for a notebook that Galley did not run.
    /// - Throws: ``NBFormat/FormatError`` for a file that is no notebook, or whose record is damaged.
    public init?(nbformat document: JSONValue) throws(NBFormat.FormatError) {
        guard document["nbformat"]?.integerValue == 4, let documentCells = document["cells"]?.arrayValue else {
            throw NBFormat.FormatError("it has no 'nbformat: 4' or no cells")
        }
        guard let galley = document["metadata"]?["galley"] else { return nil }
        guard let mode = galley["mode"]?.stringValue.flatMap(Mode.init), let environment = galley["environment"] else {
            throw NBFormat.FormatError("metadata.galley lacks its mode or its environment")
        }
        let version = galley["version"]?.integerValue ?? 1
        guard version <= Self.formatVersion else {
            throw NBFormat.FormatError("it was written by a later version of Galley (its record has the version \(version))")
        }
        var records: [CellRecord] = []
        let ids = Self.ids(of: documentCells)
        for (cell, id) in zip(documentCells, ids) {
            guard let kept = cell["metadata"]?["galley"], let id else { continue }
            let source = kept["source"]?.stringValue ?? NBFormat.text(cell["source"]) ?? ""
            var record = try Self.record(id: id, kept, source: source, outputs: cell["outputs"])
            if version > 1 { record.isAltered = cell["execution_count"]?.integerValue != record.executionCount || cell["cell_type"] != "code" }
            records.append(record)
        }
        for inline in galley["inline"]?.arrayValue ?? [] {
            guard let id = inline["id"]?.stringValue, let position = inline["position"]?.integerValue else { continue }
            let record = try Self.record(id: id, inline, source: inline["source"]?.stringValue ?? "", outputs: inline["outputs"])
            records.insert(record, at: min(max(0, position), records.count))
        }
        let parameters = galley["parameters"]?.arrayValue ?? []
        func values(_ member: String) -> [Parameter] {
            parameters.compactMap { parameter in
                guard let name = parameter["name"]?.stringValue, let value = parameter[member].flatMap(Self.value) else { return nil }
                return Parameter(name: name, value: value)
            }
        }
        self.init(
            mode: mode, cells: records,
            environment: RunEnvironment(
                galley: environment["galley"]?.stringValue ?? "", swift: environment["swift"]?.stringValue ?? "",
                system: environment["system"]?.stringValue ?? "", cpu: environment["cpu"]?.stringValue ?? "",
                coreCount: environment["cores"]?.integerValue ?? 0,
                gpus: (environment["gpus"]?.arrayValue ?? []).compactMap(\.stringValue)),
            parameters: values("value"), date: galley["date"]?.stringValue ?? "", duration: galley["duration"]?.doubleValue ?? 0)
        defaults = values("default")
        resources = galley["resources"]?.stringValue.flatMap(ContentKey.init(hexadecimal:))
        hasForeignText = galley["text"].map { $0.stringValue != NBFormat.textDigest(of: documentCells).hexadecimal } ?? false
        integrity = version > 1 ? verify(galley, documentCells, ids) : .unverified
    }

    /// The names of a file's cells. Programs that write nbformat 4.4 take them away: then a cell has its label, or its kind and number, as far
    /// as the digest that its run left says so.
    private static func ids(of cells: [JSONValue]) -> [Cell.ID?] {
        var count = 0
        return cells.map { cell in
            if cell["cell_type"] == "code" { count += 1 }
            if let id = cell["id"]?.stringValue { return id }
            guard let kept = cell["metadata"]?["galley"] else { return nil }
            let shown = NBFormat.source(of: cell)
            let label = shown.split(separator: "\n").lazy.compactMap { line -> String? in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, line.hasPrefix("#|") || line.hasPrefix("# |") || line.hasPrefix("//|"), parts[0].hasSuffix("label") else {
                    return nil
                }
                return String(parts[1].filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
            }.first
            let source = kept["source"]?.stringValue ?? shown
            let isNamed: (Cell.ID) -> Bool = { id in
                guard let record = try? record(id: id, kept, source: source, outputs: cell["outputs"]) else { return false }
                return digest(of: record).hexadecimal == kept["digest"]?.stringValue
            }
            return [label, "cell-\(count)"].compactMap { $0 }.first(where: isNamed) ?? label ?? "cell-\(count)"
        }
    }

    /// Holds what was read against the digests that the run left, and marks the cells that differ.
    private mutating func verify(_ galley: JSONValue, _ documentCells: [JSONValue], _ ids: [Cell.ID?]) -> Integrity {
        var digests: [Cell.ID: String] = [:]
        let inline = galley["inline"]?.arrayValue ?? []
        for (cell, id) in zip(documentCells + inline, ids + inline.map { $0["id"]?.stringValue }) {
            if let id { digests[id] = (cell["metadata"]?["galley"] ?? cell)["digest"]?.stringValue }
        }
        var keys: [ContentKey] = []
        for index in cells.indices {
            let digest = Self.digest(of: cells[index])
            if digests[cells[index].id] != digest.hexadecimal { cells[index].isAltered = true }
            keys.append(digest)
        }
        if let cell = cells.first(where: \.isAltered) { return .altered("the outputs of the cell '\(cell.id)' are not those that its run left") }
        guard galley["digest"]?.stringValue == digest(of: keys).hexadecimal else {
            return .altered(
                "cells came, went or moved, or what it says of the run (its date, machine, parameters or values in prose) is not what the run left")
        }
        return .intact
    }

    private static func record(
        id: String, _ kept: JSONValue, source: String, outputs: JSONValue?
    ) throws(NBFormat.FormatError) -> CellRecord {
        guard let key = kept["key"]?.stringValue.flatMap(ContentKey.init(hexadecimal:)),
            let status = kept["status"]?.stringValue.flatMap(CellRecord.Status.init)
        else { throw NBFormat.FormatError("the record of the cell \(id) lacks its key or its status") }
        var read: [CellOutput] = []
        for output in outputs?.arrayValue ?? [] { read.append(try NBFormat.output(output, error: kept["error"])) }
        var record = CellRecord(
            id: id, key: key, status: status, outputs: read, source: source, executionCount: kept["execution"]?.integerValue,
            duration: kept["duration"]?.doubleValue ?? 0, residentBytes: kept["residentBytes"]?.integerValue)
        record.names = NameNote.read(kept["names"])
        record.inputs = kept["inputs"]?.stringValue.flatMap(ContentKey.init(hexadecimal:))
        record.addresses = Set((kept["addresses"]?.arrayValue ?? []).compactMap(\.stringValue))
        for (path, digest) in kept["files"]?.objectValue ?? JSONObject() {
            record.files[path] = digest.stringValue.flatMap(ContentKey.init(hexadecimal:))
        }
        return record
    }

    private static func value(_ json: JSONValue) -> Parameter.Value? {
        switch json {
        case .null, .object: return nil
        case .bool(let value): return .bool(value)
        case .integer(let value): return Int(exactly: value).map { .integer($0) }
        case .number(let value): return .double(value)
        case .string(let value): return .string(value)
        case .array(let values):
            let elements = values.compactMap(value)
            return elements.count == values.count ? .list(elements) : nil
        }
    }
}
