internal import Groundwork
internal import JSON
internal import NotebookModel
internal import SourceText

/// What lies where the record of a notebook belongs.
struct RecordFile: Sendable {
    enum Content: Sendable {
        case nothing
        case record(RunRecord)
        /// A record of Galley's that cannot be read; a run makes it anew, where nothing of an author's is in it.
        case damaged(String)
        /// Something that Galley did not make, or that nobody can tell to be Galley's.
        case foreign(String)
    }

    let path: String
    let content: Content
    private let bytes: [UInt8]
    /// The cells of a record's file.
    private let cells: [JSONValue]
    /// Whether the file's text may be another than a run wrote.
    private let mayHaveForeignText: Bool

    init(_ path: String) {
        self.path = path
        var cells: [JSONValue] = []
        var mayHaveForeignText = false
        do {
            bytes = try readFile(path)
            content = Self.content(bytes, &cells, &mayHaveForeignText)
        } catch {
            bytes = []
            content = isTaken(path) && error.code != 2 ? .foreign("it cannot be read: \(error)") : .nothing
        }
        self.cells = cells
        self.mayHaveForeignText = mayHaveForeignText
    }

    /// What the file is now: others may have written to it since it was read.
    var current: RecordFile {
        let isUnchanged: Bool
        if case .nothing = content { isUnchanged = !isTaken(path) } else { isUnchanged = (try? readFile(path)) == bytes }
        return isUnchanged ? self : RecordFile(path)
    }

    private static func content(_ bytes: [UInt8], _ cells: inout [JSONValue], _ mayHaveForeignText: inout Bool) -> Content {
        let document: JSONValue
        do {
            // Editors of Windows set a mark of the byte order before a text.
            document = try JSONValue(parsing: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
        } catch {
            // A merge left both sides in the file: it is Galley's where both are.
            let sides = ConflictMarkers.sides(of: String(decoding: bytes, as: UTF8.self))
            let areRecords = sides.map { sides in
                [sides.ours, sides.theirs].allSatisfy { (try? JSONValue(parsing: Array($0.utf8)))?["metadata"]?["galley"] != nil }
            }
            if areRecords == true { return .damaged("a merge left conflict markers in it") }
            return .foreign(sides == nil ? "it is no notebook: \(error)" : "a merge left conflict markers in it")
        }
        guard let galley = document["metadata"]?["galley"] else { return .foreign("Galley did not make it") }
        // Another program keeps its cells in another place or form there: nobody can tell what of it is an author's.
        guard document["nbformat"]?.integerValue == 4, let written = document["cells"]?.arrayValue else {
            return .foreign("it has no 'nbformat: 4' or no list of cells")
        }
        cells = written
        do {
            guard let record = try RunRecord(nbformat: document) else { return .foreign("Galley did not make it") }
            mayHaveForeignText = record.hasForeignText
            return .record(record)
        } catch {
            mayHaveForeignText = galley["text"]?.stringValue != NBFormat.textDigest(of: written).hexadecimal
            return .damaged("\(error)")
        }
    }

    /// The record, where it can be read.
    var record: RunRecord? {
        if case .record(let record) = content { record } else { nil }
    }

    /// What keeps a run of a notebook from writing its record here; `nil` where nothing would be lost.
    ///
    /// - Parameter notebook: The path of the notebook, and what is in it.
    func obstacle(to notebook: Notebook, at notebookPath: String) -> Diagnostic? {
        func error(_ summary: String, _ solutions: String...) -> Diagnostic {
            Diagnostic(.error, identifier: "foreign-record", summary: summary, path: path, solutions: solutions)
        }
        let stem = NotebookLocator.stem(of: path)
        if let other = [".md", ".qmd"].map({ stem + $0 }).first(where: { $0 != notebookPath && isTaken($0) }), !isSame(other, notebookPath) {
            return error(
                "this would be the record of \(notebookPath), and it is the record of \(other)", "Give one of the notebooks another name",
                "Name another file with: galley run \(notebookPath) --record other.ipynb")
        }
        switch content {
        case .nothing: return nil
        case .foreign(let reason):
            return error(
                "the record of \(notebookPath) belongs here, and another file stands here: \(reason)",
                "Move it away or give it another name; where it is a record that may go, remove it",
                "Name another file with: galley run \(notebookPath) --record other.ipynb")
        case .record:
            guard let lost = addedWork(notebook) else { return nil }
            return error(
                "somebody added to this record what a run would lose: \(lost)", "Take it over to \(notebookPath)",
                "Move the file away or give it another name")
        case .damaged(let reason):
            guard let lost = addedWork(notebook) else { return nil }
            return error(
                "this record cannot be read (\(reason)), and a run would lose what \(notebookPath) does not have: \(lost)",
                "Take it over to \(notebookPath)", "Move the file away or give it another name")
        }
    }

    private func isSame(_ left: String, _ right: String) -> Bool {
        guard let a = FileStamp(left), let b = FileStamp(right) else { return false }
        return a == b
    }

    /// What others wrote into the record that is nowhere in the notebook.
    private func addedWork(_ notebook: Notebook) -> String? {
        for cell in cells where cell["cell_type"]?.stringValue == "code" && cell["metadata"]?["galley"] == nil {
            let source = NBFormat.source(of: cell)
            if !source.allSatisfy(\.isWhitespace), !Self.holds(notebook, source) { return "the cell “\(Self.beginning(of: source))”" }
        }
        // What ran cannot be told in a record that cannot be read: then all of its code has to be the notebook's.
        for cell in cells where Self.isEdited(cell) || (record == nil && cell["cell_type"]?.stringValue == "code") {
            let source = NBFormat.source(of: cell)
            if !Self.holds(notebook, source) { return "the cell “\(Self.beginning(of: source))”" }
        }
        // Text that Galley wrote may go with the notebook's.
        guard mayHaveForeignText else { return nil }
        for text in NBFormat.prose(of: cells) where !Self.holds(notebook, text) { return "the text “\(Self.beginning(of: text))”" }
        return nil
    }

    /// Whether the code that a cell shows is not the code that ran, as far as the record kept that: what is shown has directives, too.
    private static func isEdited(_ cell: JSONValue) -> Bool {
        guard let ran = cell["metadata"]?["galley"]?["source"]?.stringValue else { return false }
        func lines(_ text: String) -> [Substring] {
            text.split(whereSeparator: \.isNewline).map { $0.dropLast($0.reversed().prefix { $0.isWhitespace }.count) }.filter { !$0.isEmpty }
        }
        let shown = lines(NBFormat.source(of: cell))
        let code = lines(ran)
        // Directives stand first, and were made empty in what ran.
        return shown.count < code.count || !shown.suffix(code.count).elementsEqual(code)
            || !shown.dropLast(code.count).allSatisfy { $0.contains("|") && $0.contains(":") }
    }

    private static func holds(_ notebook: Notebook, _ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        let known = Set(notebook.file.text.split(whereSeparator: \.isNewline))
        return lines.allSatisfy { known.contains($0) }
    }

    private static func beginning(of text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        return line.count > 40 ? line.prefix(40) + "…" : String(line)
    }

    /// Writes a record, unless the file says the same already.
    ///
    /// - Returns: Whether the file changed.
    /// - Throws: `FileError`; the earlier record stands.
    @discardableResult
    func write(_ record: RunRecord, of notebook: Notebook) throws(FileError) -> Bool {
        let text = Array((record.nbformat(for: notebook).text(.indented(1)) + "\n").utf8)
        // Other programs may have written the same in another form.
        if text == bytes || (record == self.record && record.integrity == .intact && lag(behind: notebook) == nil) { return false }
        try writeFileAtomically(path, text, .synced)
        return true
    }

    /// Where the record's text and code are not those of the notebook: the record's line and the notebook's; `nil` where they are the same.
    func lag(behind notebook: Notebook) -> (record: String, notebook: String)? {
        guard let record else { return nil }
        func lines(_ cells: [JSONValue]) -> [Substring] { cells.flatMap { NBFormat.source(of: $0).split(separator: "\n") } }
        let (old, new) = (lines(cells), lines(record.nbformat(for: notebook)["cells"]?.arrayValue ?? []))
        if old == new { return nil }
        let same = zip(old, new).prefix { $0 == $1 }.count
        func line(_ lines: [Substring]) -> String { same < lines.count ? String(lines[same]) : "(ends)" }
        return (line(old), line(new))
    }
}
