public import Groundwork
package import JSON
internal import SourceText

/// Digests tell what a run left from what other programs made of its file since. They keep nobody from deceiving: whoever means to
/// can make them anew.
extension RunRecord {
    /// The version of what is kept under `metadata.galley`: since 2 there are digests.
    static let formatVersion = 2

    /// Names everything that the record says, in the form that a file gives back.
    public var digest: ContentKey { digest(of: cells.map { Self.digest(of: $0) }) }

    func digest(of cells: [ContentKey]) -> ContentKey {
        ContentKey(["record", JSONValue.object(runMetadata).canonicalText] + cells.map(\.hexadecimal))
    }

    /// Names everything that is kept of a cell.
    ///
    /// The outputs are those that come back when what was written is read: other programs write the same in other forms, and
    /// the formats of some values are lost in files.
    static func digest(of record: CellRecord) -> ContentKey {
        let kept = record.asWritten
        let cell: JSONValue = [
            "id": .string(kept.id), "source": .string(kept.source), "kept": .object(metadata(of: kept)),
            "outputs": .array(kept.outputs.map { NBFormat.output($0, count: nil) }),
        ]
        return ContentKey(["cell", cell.canonicalText])
    }
}

extension CellRecord {
    /// The record as a file gives it back, which has no place for the formats of some values.
    public var asWritten: CellRecord {
        let written = RunRecord.metadata(of: self)
        var record = self
        record.outputs = outputs.compactMap { try? NBFormat.output(NBFormat.output($0, count: nil), error: written["error"]) }
        record.names = NameNote.read(written["names"])
        return record
    }
}

extension NBFormat {
    /// Names the text between the cells of code.
    package static func textDigest(of cells: [JSONValue]) -> ContentKey {
        ContentKey(["text"] + prose(of: cells))
    }

    /// The sources of the cells that are no code.
    package static func prose(of cells: [JSONValue]) -> [String] {
        cells.filter { $0["cell_type"]?.stringValue != "code" }.map(source)
    }

    /// The source of a cell of any kind.
    package static func source(of cell: JSONValue) -> String { text(cell["source"]) ?? "" }
}

extension JSONValue {
    /// The same text for the same values, however members are ordered.
    fileprivate var canonicalText: String { sorted.text() }
}
