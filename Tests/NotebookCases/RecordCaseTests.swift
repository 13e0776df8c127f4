import Foundation
import TestSupport
import Testing

@Suite("Records and other files of authors", .serialized)
struct RecordCaseTests {
    private let place: WorkingFolder

    init() throws { place = try WorkingFolder() }

    private static let jupyter = """
        {"cells": [{"cell_type": "code", "execution_count": 3, "id": "a1", "metadata": {}, "outputs": [], "source": ["print('six hours')"]}],
         "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
        """

    private func cells(_ name: String) throws -> [[String: Any]] {
        let object = try JSONSerialization.jsonObject(with: Data(place.read(name).utf8)) as? [String: Any]
        return try #require(object?["cells"] as? [[String: Any]])
    }

    /// Changes the first cell of code in a record as another program would.
    private func edit(_ name: String, _ change: (inout [String: Any]) -> Void) throws {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(place.read(name).utf8)) as? [String: Any])
        var cells = try self.cells(name)
        let index = try #require(cells.firstIndex { $0["cell_type"] as? String == "code" })
        change(&cells[index])
        object["cells"] = cells
        let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try place.write(name, String(decoding: data, as: UTF8.self) + "\n")
    }

    @Test("A notebook of Jupyter's under the record's name is never written over", arguments: ["notebook", "no notebook", "conflict"])
    func foreign(kind: String) throws {
        defer { place.remove() }
        let text =
            ["notebook": Self.jupyter, "no notebook": "{ notes", "conflict": "<<<<<<< a\n\(Self.jupyter)\n=======\n{}\n>>>>>>> b\n"][kind] ?? ""
        try place.write("post.md", "```swift\nprint(1)\n```\n")
        try place.write("post.ipynb", text)
        for arguments in [["run", "post.md"], ["render", "post.md"], ["check", "post.md"], ["run", "post.md", "--record"]] {
            let last = arguments.last == "--record" ? "post.ipynb" : arguments[0] == "check" ? "--update" : "--quiet"
            let run = try place.galley(arguments[0], arguments[1], arguments.count > 2 ? arguments[2] : "--quiet", last)
            #expect(run.status == 1, "\(arguments)")
            #expect(run.standardError.hasPrefix("post.ipynb: error: "), "\(run.standardError)")
            #expect(run.standardError.contains("help: Move it away"))
            #expect(try place.read("post.ipynb") == text)
        }
        #expect(try place.snapshot().keys.sorted() == ["post.ipynb", "post.md"], "no page either")
        let page = try place.galley("render", "post.md", "--no-run", "--output", "site", "--quiet")
        #expect(page.status == 0 && page.standardError.contains("this is not the record of post.md"))
    }

    @Test("What an author added to a record in Jupyter, and records of other notebooks, are not written over")
    func added() throws {
        defer { place.remove() }
        try place.write("post.md", "Before.\n\n```swift\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        let cell =
            "{\"cell_type\": \"code\", \"id\": \"x\", \"metadata\": {}, \"outputs\": [], \"execution_count\": null, \"source\": \"analysis()\"},"
        for (change, word) in [
            (record.replacingOccurrences(of: "\"cells\": [", with: "\"cells\": [" + cell), "analysis()"),
            (record.replacingOccurrences(of: "Before.", with: "What I found out."), "What I found out."),
        ] {
            try place.write("post.ipynb", change)
            let run = try place.galley("run", "post.md", "--quiet")
            #expect(run.status == 1 && run.standardError.contains(word), "\(run.standardError)")
            #expect(try place.read("post.ipynb") == change)
        }
        try place.write("post.ipynb", record)
        try place.write("post.qmd", "```swift\nprint(2)\n```\n")
        let other = try place.galley("run", "post.qmd", "--quiet")
        #expect(other.status == 1 && other.standardError.contains("it is the record of post.md"))
        #expect(try place.read("post.ipynb") == record)
    }

    @Test("A record that a merge broke is made anew")
    func brokenByMerge() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        let conflict = "<<<<<<< a\n   \"one\": 1,\n=======\n>>>>>>> b\n   \"date\""
        try place.write("post.ipynb", record.replacingOccurrences(of: "   \"date\"", with: conflict))
        let run = try place.galley("run", "post.md", "--quiet")
        #expect(run.status == 0 && run.standardError.contains("a merge left conflict markers in it"), "\(run.standardError)")
        #expect(try !place.read("post.ipynb").contains("<<<<<<<"))
    }

    @Test("A record changes where outputs do, and its text with the notebook's")
    func churn() throws {
        defer { place.remove() }
        func notebook(_ word: String, _ code: String = "print(\"sum\", 1 + 2)") throws {
            try place.write(
                "post.md",
                "---\ntitle: Stable\n---\n\n\(word)\n\n```swift\n\(code)\n```\n\nIt is `{swift} 1 + 2`.\n\n```swift\n#| volatile: true\nInt.random(in: 0..<1_000_000)\n```\n"
            )
        }
        try notebook("Words.")
        #expect(try place.galley("render", "post.md", "--output", "site", "--quiet").status == 0)
        let (record, page) = (try place.read("post.ipynb"), try place.read("site/post.html"))
        // Another machine: nothing is known of earlier runs, and every key is another.
        let elsewhere = ["XDG_CACHE_HOME": place.path + "/elsewhere"]
        #expect(try place.galley("check", "post.md", "--update", "--quiet").status == 0)
        #expect(try place.read("post.ipynb") == record)
        try place.write(
            "post.ipynb", record.replacing(#/"key": "[0-9a-f]{4}/#, with: "\"key\": \"0000"))
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let again = try place.galley("check", "post.md", "--quiet", environment: elsewhere)
        #expect(again.status == 0, "\(again.standardError)")
        try notebook("Other words.")
        let check = try place.galley("check", "post.md", "--quiet")
        #expect(check.status == 1 && check.standardError.contains("  - Words.\n  + Other words."), "\(check.standardError)")
        let run = try place.galley("render", "post.md", "--output", "site")
        #expect(run.standardError.contains("post.md: unchanged"))
        #expect(try place.read("post.ipynb").contains("\"Other words.\""))
        #expect(try place.galley("check", "post.md", "--quiet").status == 0)
        #expect(page.contains("made by running its cells in order"))
    }

    @Test("A record that was made with other tools stays byte for byte, and is not run twice for it")
    func otherTools() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        // The library's identity is that of its file: a copy is another.
        for name in ["libGalleyCells.so", "cell-host"] { try place.copyProgram(from: ReferenceData.productsFolder + "/" + name, to: name) }
        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: place.path + "/" + name, withDestinationPath: target)
        }
        try link("Modules", to: ReferenceData.productsFolder + "/Modules")
        try FileManager.default.createDirectory(atPath: place.path + "/include", withIntermediateDirectories: false)
        for name in ["CCellHost", "CKernels", "CCUDAShim"] {
            try link("include/" + name, to: ReferenceData.packageRoot + "/Sources/\(name)/include")
        }
        let other = ["GALLEY_CELLS": place.path]
        let first = try place.galley("run", "post.md", environment: other)
        #expect(first.status == 0 && first.standardError.contains("1 run"), "\(first.standardError)")
        #expect(try place.read("post.ipynb") == record)
        let second = try place.galley("run", "post.md", environment: other)
        #expect(second.standardError.contains("post.md: unchanged"), "\(second.standardError)")
        #expect(try place.read("post.ipynb") == record)
    }

    @Test("Records keep their permissions, and links to them stay")
    func linksAndModes() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path + "/post.ipynb")
        try manager.createDirectory(atPath: place.path + "/records", withIntermediateDirectories: false)
        try manager.moveItem(atPath: place.path + "/post.ipynb", toPath: place.path + "/records/first.ipynb")
        try manager.createSymbolicLink(atPath: place.path + "/post.ipynb", withDestinationPath: "records/first.ipynb")
        try place.write("post.md", "```swift\nprint(2)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        #expect(try manager.destinationOfSymbolicLink(atPath: place.path + "/post.ipynb") == "records/first.ipynb")
        #expect(try manager.attributesOfItem(atPath: place.path + "/records/first.ipynb")[.posixPermissions] as? Int == 0o600)
        #expect(try place.read("records/first.ipynb").contains("2\\n"))
    }

    @Test("Outputs that were taken out or changed are noticed everywhere, and made again by a run")
    func tampered() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\nprint(\"important\")\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        let changes: [(inout [String: Any]) -> Void] = [
            {
                $0["outputs"] = [Any]()
                $0["execution_count"] = NSNull()
            },
            { $0["outputs"] = [["output_type": "stream", "name": "stdout", "text": "unimportant\n"]] },
            { $0["metadata"] = [String: Any]() },
        ]
        for change in changes {
            try place.write("post.ipynb", record)
            try edit("post.ipynb", change)
            let page = try place.galley("render", "post.md", "--no-run", "--output", "site", "--quiet")
            #expect(page.status == 1 && page.standardError.contains("something else than a run changed this record"), "\(page.standardError)")
            #expect(try place.galley("export", "post.md", "--to", "md").status == 1)
        }
        try place.write("post.ipynb", record)
        try edit("post.ipynb", changes[0])
        let check = try place.galley("check", "post.md", "--quiet")
        #expect(check.status == 1 && check.standardError.contains("important"), "\(check.standardError)")
        let run = try place.galley("run", "post.md")
        #expect(run.status == 0 && run.standardError.contains("1 run"), "\(run.standardError)")
        #expect(try place.read("post.ipynb").contains("important\\n"))
        try edit("post.ipynb") { _ in }
        let resaved = try place.read("post.ipynb")
        #expect(try place.galley("run", "post.md").standardError.contains("unchanged"))
        #expect(try place.read("post.ipynb") == resaved, "the same in another form is the same")
    }

    @Test("Outputs of older code are marked on the page and in exports, and no notebook file is made of them")
    func stale() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\nprint(2 + 2)\n```\n\nThe sum is `{swift} 2 + 2`.\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        try place.write("post.md", "```swift\nprint(2 + 3)\n```\n\nThe sum is `{swift} 2 + 3`.\n")
        let page = try place.galley("render", "post.md", "--no-run", "--output", "site", "--quiet")
        #expect(page.status == 0 && page.standardError.contains("post.md:1:1: warning: the output of 'cell-1' is older than its code"))
        let html = try place.read("site/post.html")
        #expect(html.contains("This output is older than the code above it.") && html.contains("(older than its expression)"))
        #expect(!html.contains("made by running its cells in order") && html.contains("changed, moved or added after the run"))
        #expect(try place.galley("export", "post.md", "--to", "md", "--quiet").status == 0)
        #expect(try place.read("post.out.md").contains("*This output is older than the code above it.*"))
        let notebook = try place.galley("export", "post.md", "--to", "ipynb", "--output", "x.ipynb")
        #expect(notebook.status == 1 && notebook.standardError.contains("'cell-1' is older than its code"))
    }

    @Test("Exports replace what they wrote, and nothing else")
    func exports() throws {
        defer { place.remove() }
        try place.write("post.md", "Words.\n\n```swift\n#| label: plot\nChart(\"A\").bar([(\"a\", 1.0)].map { ($0.0, $0.1) })\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        func export(_ format: String, _ target: String) throws -> WorkingFolder.Run {
            try place.galley("export", "post.md", "--to", format, "--output", target)
        }
        for (format, target) in [("md", "README.md"), ("html", "page.html"), ("ipynb", "other.ipynb")] {
            try place.write(target, target.hasSuffix("ipynb") ? Self.jupyter : "by hand")
            let before = try place.read(target)
            let run = try export(format, target)
            #expect(run.status == 1 && run.standardError.contains("\(target) was not written by galley export"), "\(run.standardError)")
            #expect(try place.read(target) == before)
            try FileManager.default.removeItem(atPath: place.path + "/" + target)
            #expect(try export(format, target).status == 0)
            #expect(try export(format, target).status == 0, "again")
        }
        try place.write("README.md", place.read("README.md").replacingOccurrences(of: "Words", with: "My words"))
        #expect(try export("md", "README.md").status == 1)
        try FileManager.default.removeItem(atPath: place.path + "/README.md")
        let picture = try #require(try place.snapshot().keys.first { $0.hasPrefix("README_files/") })
        try place.write(picture, "my picture")
        let run = try export("md", "README.md")
        #expect(run.status == 1 && run.standardError.contains(picture), "\(run.standardError)")
        #expect(try place.read(picture) == "my picture")
    }

    @Test("A notebook of another kernel is exported as it is, and its page claims no run of Galley's")
    func otherKernel() throws {
        defer { place.remove() }
        let text = """
            {"cells": [
             {"cell_type": "markdown", "id": "m", "metadata": {"tags": ["a"]}, "source": "![](attachment:p.png)", "attachments": {"p.png": {"image/png": "AQID"}}},
             {"cell_type": "raw", "id": "r", "metadata": {"format": "text/latex"}, "source": "\\\\TeX"},
             {"cell_type": "code", "id": "a", "metadata": {"tags": ["hide-input"]}, "execution_count": 9, "source": "x", "outputs":
              [{"output_type": "execute_result", "execution_count": 9, "metadata": {}, "data": {"text/plain": "2"}}]},
             {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 3, "source": "x = 1", "outputs": []}],
             "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python", "version": "3.12.1"}},
             "nbformat": 4, "nbformat_minor": 5}

            """
        try place.write("a.ipynb", text)
        #expect(try place.galley("export", "a.ipynb", "--to", "ipynb", "--output", "b.ipynb").status == 0)
        #expect(try place.read("b.ipynb") == text)
        #expect(try place.galley("render", "a.ipynb", "--output", "site", "--quiet").status == 0)
        let page = try place.read("site/a.html")
        #expect(page.contains("Outputs as saved by Python 3.12; counts out of order."))
        #expect(!page.contains("in order.") && !page.contains("How this page was run"))
        try place.write(
            "a.ipynb",
            text.replacingOccurrences(
                of: "\"execution_count\": 9, \"source\": \"x\", \"outputs\":\n  [",
                with: "\"execution_count\": null, \"source\": \"x\", \"outputs\": [], \"z\": ["))
    }

    @Test("A gate that looks at nothing does not open")
    func emptyGate() throws {
        defer { place.remove() }
        try FileManager.default.createDirectory(atPath: place.path + "/empty", withIntermediateDirectories: false)
        try place.write("foreign/a.ipynb", Self.jupyter)
        try place.write("excluded/site.yaml", "title: A\nexclude: [a.md]\n")
        try place.write("excluded/a.md", "```swift\nprint(1)\n```\n")
        for folder in ["empty", "foreign", "excluded"] {
            let check = try place.galley("check", folder)
            #expect(check.status != 0 && check.standardError.contains("\(folder) has no notebook that can run"), "\(check.standardError)")
        }
    }

    @Test("A page in whose place another file stands fails the render, and the file stays")
    func foreignPage() throws {
        defer { place.remove() }
        try place.write("post.md", "Words.\n")
        try place.write("site/post.html", "by hand")
        let run = try place.galley("render", "post.md", "--output", "site", "--quiet")
        #expect(run.status == 1 && run.standardError.contains("error: site/post.html was not written by Galley"), "\(run.standardError)")
        #expect(try place.read("site/post.html") == "by hand")
        try FileManager.default.removeItem(atPath: place.path + "/site/post.html")
        try place.write("mine.html", "mine")
        try FileManager.default.createSymbolicLink(atPath: place.path + "/site/post.html", withDestinationPath: "../mine.html")
        #expect(try place.galley("render", "post.md", "--output", "site", "--quiet").status == 1)
        #expect(try place.read("mine.html") == "mine")
    }

    @Test("Addresses differ from run to run and pass; constants that look like some do not")
    func addresses() throws {
        defer { place.remove() }
        let code =
            "final class C {}\nlet c = C()\nprint(ObjectIdentifier(c), Unmanaged.passUnretained(c).toOpaque())\nprint(\"0x\" + String(UInt(bitPattern: ObjectIdentifier(c)), radix: 16))\n"
        func write(_ constant: String) throws { try place.write("post.md", "```swift\n\(code)print(\"\(constant)\")\n```\n") }
        try write("0x7f1234567890 0x3f800000 0x400921fb54442d18")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let check = try place.galley("check", "post.md", "--quiet")
        #expect(check.status == 0, "\(check.standardError)")
        for other in [
            "0x7f1234567891 0x3f800000 0x400921fb54442d18", "0x7f1234567890 0x3f800001 0x400921fb54442d18",
            "0x7f1234567890 0x3f800000 0x400921fb54442d19",
        ] {
            try write(other)
            let check = try place.galley("check", "post.md", "--quiet")
            #expect(check.status == 1 && check.standardError.contains("  + \(other)"), "\(check.standardError)")
        }
    }

    @Test("Code that an author changed in a record is not written over, and a record with a mark of the byte order is read")
    func editedCode() throws {
        defer { place.remove() }
        try place.write("post.md", "```swift\n#| label: a\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        try place.write("post.ipynb", "\u{FEFF}" + record)
        #expect(try place.galley("run", "post.md").standardError.contains("unchanged"))
        try place.write("post.ipynb", record)
        try edit("post.ipynb") { $0["source"] = "#| label: a\nprint(\"mine\")" }
        let edited = try place.read("post.ipynb")
        let run = try place.galley("run", "post.md", "--quiet")
        #expect(run.status == 1 && run.standardError.contains("somebody added to this record"))
        #expect(try place.read("post.ipynb") == edited)
    }

    @Test("Outputs that are older than a resource, or of other parameters, are marked where nothing runs")
    func olderThanResources() throws {
        defer { place.remove() }
        try place.write("data/a.csv", "1\n")
        try place.write("post.md", "---\nresources: [data]\nparams:\n  n: 3\n---\n\n```swift\nprint(n)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        func words(_ arguments: String...) throws -> String {
            try place.galley(["render", "post.md", "--no-run", "--quiet", "--output", "site"] + arguments).standardError
        }
        let unchanged = try words()
        #expect(unchanged == "")
        #expect(try words("-P", "n=4").contains("a parameter has another value"))
        try place.write("data/b.csv", "2\n")
        #expect(try words().contains("the files under 'resources:' changed"))
        let export = try place.galley("export", "post.md", "--to", "ipynb", "--output", "x.ipynb", "--quiet")
        #expect(export.status == 1)
    }
}
