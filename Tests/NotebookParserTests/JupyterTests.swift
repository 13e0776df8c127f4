import JSON
import Markdown
import NotebookModel
import NotebookParser
import SourceText
import Testing

@Suite("Notebooks of Jupyter")
struct JupyterTests {
    private let python = """
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "cells": [
         {"cell_type": "raw", "metadata": {}, "source": "---\\ntitle: Hi\\n---"},
         {"cell_type": "markdown", "metadata": {}, "source": ["# A\\n", "```\\n", "open"]},
         {"cell_type": "code", "id": "abc", "execution_count": 3, "metadata": {"tags": ["remove_input"]}, "source": ["#| label: one\\n", "print('```')"],
          "outputs": [{"output_type": "stream", "name": "stdout", "text": ["```\\n"]},
                      {"output_type": "display_data", "metadata": {}, "data": {"image/png": "AQID\\n", "text/plain": ["<Figure>"]}}]},
         {"cell_type": "code", "id": "def", "metadata": {}, "source": "1/0", "outputs":
          [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": ["\\u001b[0;31mZeroDivisionError"]}]}
        ]}
        """

    @Test("Prose, code and outputs of another kernel's notebook are a notebook with a record")
    func foreign() throws {
        let (jupyter, diagnostics) = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: python))
        #expect(diagnostics == [])
        #expect(jupyter.language == "python")
        #expect(jupyter.parsed.notebook.frontMatter.title == "Hi")
        #expect(jupyter.parsed.notebook.cells.map(\.id) == ["one", "def"])
        #expect(jupyter.parsed.notebook.cells[0].options.echo == .hidden)
        #expect(
            jupyter.record["one"]?.outputs == [
                .stream(.standardOutput, "```\n"),
                .display(MIMEBundle([.init("image/png", .binary([1, 2, 3])), .init("text/plain", .text("<Figure>"))]), metadata: [:]),
            ])
        #expect(jupyter.record["def"]?.status == .failedAsAllowed)
        #expect(
            jupyter.parsed.document.dump() == """
                document
                  heading 1
                    text "A"
                  code block fenced "open\\n"
                  code block fenced (python) "#| label: one\\nprint('```')\\n"
                  code block fenced (python) "1/0\\n"
                """)
    }

    @Test(
        "What is no notebook of version 4 is refused",
        arguments: [
            ("{", "not a notebook of nbformat 4: invalid JSON at byte 1: expected a member's name"),
            ("{}", "not a notebook of nbformat 4: it has no “nbformat” or no “cells”"),
            (
                "{\"nbformat\": 3, \"worksheets\": []}",
                "not a notebook of nbformat 4: it is of version 3; `jupyter nbconvert --to notebook` converts it"
            ),
            ("{\"nbformat\": 5, \"cells\": []}", "not a notebook of nbformat 4: it is of version 5"),
        ])
    func refused(text: String, message: String) {
        #expect(throws: NBFormat.FormatError.self) { try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text)) }
        do { _ = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text)) } catch { #expect(error.description == message) }
    }

    private func saved(_ metadata: String, _ counts: [String], outputs: String = "[]") throws -> SavedOutputs {
        let cells = counts.map {
            "{\"cell_type\": \"code\", \"execution_count\": \($0), \"metadata\": {}, \"source\": \"x\", \"outputs\": \(outputs)}"
        }
        let text = "{\"nbformat\": 4, \"metadata\": \(metadata), \"cells\": [\(cells.joined(separator: ","))]}"
        let record = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text)).0.record
        guard case .saved(let saved) = record.origin else { throw NBFormat.FormatError("it is taken for a record of Galley's") }
        return saved
    }

    @Test("Of another kernel's outputs no more is known than the file says")
    func savedOutputs() throws {
        let python = "{\"language_info\": {\"name\": \"python\", \"version\": \"3.12.4\"}}"
        #expect(try saved(python, ["1", "2"]) == SavedOutputs(language: "Python 3.12", order: .rising))
        #expect(try saved(python, ["9", "3"]).order == .outOfOrder)
        #expect(try saved(python, ["1", "1"]).order == .outOfOrder)
        #expect(try saved(python, ["1", "null", "2"]).order == .rising, "a cell that nobody ran says nothing")
        let output = "[{\"output_type\": \"stream\", \"name\": \"stdout\", \"text\": \"a\"}]"
        #expect(try saved(python, ["1", "null", "2"], outputs: output).order == .incomplete)
        #expect(try saved("{\"kernelspec\": {\"display_name\": \"R 4.3\", \"language\": \"R\", \"name\": \"ir\"}}", ["1"]).language == "R 4.3")
        #expect(try saved("{\"language_info\": {\"name\": \"julia\"}}", ["1"]).language == "Julia")
        #expect(try saved("{}", ["1"]).language == "another program")
    }

    @Test("A notebook that nobody ran has no run, and one that does not name its language has none")
    func nothingRan() throws {
        let text =
            "{\"nbformat\": 4, \"metadata\": {}, \"cells\": [{\"cell_type\": \"code\", \"execution_count\": null, \"source\": \"x\", \"outputs\": []}]}"
        let (jupyter, _) = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text))
        #expect(!jupyter.record.hasRun)
        #expect(jupyter.record.cells.map(\.status) == [.notEvaluated])
        #expect(jupyter.language == "text")
        let hostile = text.replacing("{}", with: "{\"language_info\": {\"name\": \"py```\\n# thon\"}}")
        #expect(try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: hostile)).0.language == "py#thon")
    }

    @Test("Raw cells for pages are of the page, those for other converters are not")
    func rawCells() throws {
        func text(_ metadata: String) throws -> String {
            let raw = "{\"cell_type\": \"raw\", \"metadata\": \(metadata), \"source\": \"RAW\"}"
            let file = "{\"nbformat\": 4, \"metadata\": {}, \"cells\": [{\"cell_type\": \"markdown\", \"source\": \"a\"}, \(raw)]}"
            return try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: file)).0.parsed.notebook.file.text
        }
        for metadata in ["{}", "{\"format\": \"text/html\"}", "{\"raw_mimetype\": \"text/markdown\"}"] { #expect(try text(metadata).contains("RAW")) }
        for metadata in ["{\"format\": \"text/latex\"}", "{\"raw_mimetype\": \"text/restructuredtext\"}"] {
            #expect(try !text(metadata).contains("RAW"))
        }
    }

    @Test("a cell has the language that an editor gave it, and a comment that a text leaves open ends with its cell")
    func cellsOfTheirOwn() throws {
        let text = """
            {"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": [
              {"cell_type": "code", "metadata": {"vscode": {"languageId": "javascript"}}, "source": "1", "outputs": [], "execution_count": null},
              {"cell_type": "markdown", "metadata": {}, "source": "<!-- open"},
              {"cell_type": "markdown", "metadata": {}, "source": "*after*"}]}
            """
        let (notebook, _) = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text))
        #expect(notebook.parsed.notebook.cells.map(\.infoString) == ["javascript"])
        #expect(notebook.parsed.document.nodes.contains { $0.kind == .emphasis })
    }
}
