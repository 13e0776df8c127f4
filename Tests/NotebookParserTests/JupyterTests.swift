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
}
