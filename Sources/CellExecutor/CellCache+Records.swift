internal import Groundwork
public import NotebookModel
internal import SourceText

/// What this machine knows of records that were made elsewhere, or with other tools: that a run with the tools at hand gave the same.
/// Records themselves stay as they are.
extension CellCache {
    private var records: String { "\(folder)/records" }
    private func path(_ record: RunRecord) -> String { "\(records)/\(record.digest.hexadecimal)" }

    /// Notes that a run gave what a record says, so that it need not run again with the same tools.
    ///
    /// - Parameter run: The record that the run left; its cells have the keys that they have now.
    public func confirm(_ record: RunRecord, by run: RunRecord) {
        guard record.integrity == .intact, record.cells.map(\.id) == run.cells.map(\.id) else { return }
        if zip(record.cells, run.cells).allSatisfy({ $0.key == $1.key }) { return }
        let lines = run.cells.map { "\($0.id) \($0.key.hexadecimal)\n" }.joined()
        // What cannot be noted costs the next run its time, no more.
        try? makeFolder(records)
        try? writeFileAtomically(path(record), lines.utf8)
    }

    /// The record, with the keys that its cells have with the tools that last gave the same.
    func confirmed(_ record: RunRecord) -> RunRecord {
        guard record.integrity == .intact, let bytes = try? readFile(path(record)) else { return record }
        let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self).split(separator: " ") }
        guard lines.count == record.cells.count else { return record }
        var confirmed = record
        for (index, words) in lines.enumerated() {
            guard words.count == 2, words[0] == record.cells[index].id, let key = ContentKey(hexadecimal: String(words[1])) else { return record }
            confirmed.cells[index].key = key
        }
        return confirmed
    }
}
