import Groundwork
import JSON
import NotebookModel
import SourceText
import Testing

@Suite("Records that something else than a run changed")
struct RecordDigestTests {
    private static let written = record.nbformat(for: RecordFormatTests.notebook)

    private static var record: RunRecord {
        var record = RecordFormatTests.record
        for index in record.cells.indices {
            record.cells[index].inputs = ContentKey(["inputs \(index)"])
            record.cells[index].files = ["data.csv": ContentKey(["data"])]
            record.cells[index].addresses = ["0x00007f0000000010"]
            record.cells[index].names = [NameNote(offset: 0, length: 1, declaration: "let a: Int", summary: "A.")]
        }
        record.defaults = [Parameter(name: "scale", value: .double(1))]
        return record
    }

    private func read(_ document: JSONValue) throws -> RunRecord {
        try #require(try RunRecord(nbformat: JSONValue(parsing: document.text())))
    }

    @Test("What is written is read back the same, and holds")
    func intact() throws {
        let read = try read(Self.written)
        #expect(read == Self.record)
        #expect(read.integrity == .intact)
        #expect(read.digest == Self.record.digest)
    }

    @Test("A program that writes the same in another form changes nothing")
    func otherForm() throws {
        /// Members sorted, texts whole: as Python's json and old notebooks have them.
        func other(_ value: JSONValue, _ key: String = "") -> JSONValue {
            switch value {
            case .array(let values):
                let isText = key == "text" || key == "source" || key.hasPrefix("text/")
                return isText ? .string(values.compactMap(\.stringValue).joined()) : .array(values.map { other($0) })
            case .object(let members):
                return .object(members.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = other($1.value, $1.key) })
            default: return value
            }
        }
        #expect(try read(other(Self.written)).integrity == .intact)
    }

    @Test("A program that writes nbformat 4.4 takes names of cells away, and the record holds; a cell that became text does not")
    func otherVersion() throws {
        func changed(_ change: (inout JSONObject) -> Void) -> JSONValue {
            var document = Self.written.objectValue ?? JSONObject()
            document["cells"] = .array(
                (document["cells"]?.arrayValue ?? []).map { cell in
                    var members = cell.objectValue ?? JSONObject()
                    change(&members)
                    return .object(members)
                })
            return .object(document)
        }
        let nameless = try read(changed { $0["id"] = nil })
        #expect(nameless.cells.map(\.id) == Self.record.cells.map(\.id))
        #expect(nameless.integrity == .intact)
        let text = try read(changed { if $0["cell_type"] == "code" { $0["cell_type"] = "markdown" } })
        #expect(text.isAltered)
    }

    /// Every value in the file is changed in its turn.
    @Test("Every value that is read is vouched for")
    func everyValue() throws {
        var changed = 0
        for (path, document) in Self.variations(of: Self.written, at: "") {
            guard let record = try? RunRecord(nbformat: document) else { continue }
            changed += 1
            // What changes nothing of the record is not read, such as the name of a piece of text.
            #expect(record.integrity != .intact || record.hasForeignText || record == Self.record, "\(path)")
        }
        #expect(changed > 60)
    }

    /// The document with one value changed, for each value, with its place.
    private static func variations(of value: JSONValue, at path: String) -> [(path: String, value: JSONValue)] {
        switch value {
        case .null: [(path, .integer(77))]
        case .bool(let bool): [(path, .bool(!bool))]
        case .integer(let number): [(path, .integer(number + 1))]
        case .number(let number): [(path, .number(number + 1))]
        case .string(let text): [(path, .string(text.contains("\n") ? "changed\n" : "changed"))]
        case .array(let values):
            values.indices.flatMap { index in
                variations(of: values[index], at: "\(path)/\(index)").map { variation in
                    var values = values
                    values[index] = variation.value
                    return (variation.path, .array(values))
                }
            }
                + values.indices.map { index in
                    var values = values
                    values.remove(at: index)
                    return ("\(path)/\(index) removed", .array(values))
                }
        case .object(let members):
            members.flatMap { key, value in
                variations(of: value, at: "\(path)/\(key)").map { variation in
                    var members = members
                    members[key] = variation.value
                    return (variation.path, .object(members))
                }
            }
        }
    }

    @Test("A cell that is moved, doubled or taken out is noticed")
    func cells() throws {
        func changed(_ change: (inout [JSONValue]) -> Void) throws -> RunRecord {
            var document = Self.written.objectValue ?? JSONObject()
            var cells = document["cells"]?.arrayValue ?? []
            change(&cells)
            document["cells"] = .array(cells)
            return try read(.object(document))
        }
        func isAltered(_ change: (inout [JSONValue]) -> Void) throws -> Bool { try changed(change).isAltered }
        #expect(try !isAltered { _ in })
        #expect(try isAltered { $0.swapAt(2, 4) })
        #expect(try isAltered { $0.remove(at: 4) })
        #expect(try isAltered { $0.append($0[4]) })
        #expect(try changed { $0.removeLast() }.hasForeignText)
    }

    @Test("A record of an earlier version has no digests: nobody vouches for it, and writing it again changes nothing in that")
    func earlierVersion() throws {
        var old = Self.record
        old.integrity = .unverified
        let document = old.nbformat(for: RecordFormatTests.notebook)
        #expect(document["metadata"]?["galley"]?["version"] == 1)
        #expect(document["metadata"]?["galley"]?["digest"] == nil)
        #expect(try read(document).integrity == .unverified)
    }

    @Test("A record of a later version is not read")
    func laterVersion() throws {
        let text = Self.written.text().replacing("\"version\":2", with: "\"version\":3")
        #expect(throws: NBFormat.FormatError.self) { try RunRecord(nbformat: JSONValue(parsing: text)) }
    }
}
