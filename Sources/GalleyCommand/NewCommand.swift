internal import ArgumentParser
internal import CellExecutor
internal import Groundwork
internal import SourceText

/// `galley new`
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a notebook to start from.",
        discussion: """
            A file gets front matter and one cell; its title is made of its name. A path that ends with a slash becomes a folder with
            a site.yaml, a first post, and a workflow that publishes it on GitHub Pages. Nothing that exists is changed.

            Examples:
              galley new measuring-memory.md
              galley new blog/ && galley preview blog
            """)

    @Argument(help: "The notebook to write, or a folder with a slash at its end.")
    var path: String

    @Option(help: "The title of the post or of the site.")
    var title: String?

    func run() throws {
        let terminal = Terminal(isQuiet: false)
        do throws(FileError) {
            if path.hasSuffix("/") {
                let folder = String(path.dropLast())
                let name = folder.split(separator: "/").last.map(String.init) ?? "blog"
                let files = ["site.yaml", "first-post.md", PagesWorkflow.path, ".gitignore"].map { "\(folder)/\($0)" }
                // All or nothing: half a site would be in the way of the next attempt.
                if let taken = files.first(where: isTaken) { throw Self.taken(taken) }
                try write(
                    ["title: \(Self.quoted(title ?? Self.title(of: name)))", "description: \"\"", "author: \"\"", "theme: rich"],
                    to: "\(folder)/site.yaml")
                try write(Self.notebook(title: "First post", date: String(dateNow().prefix(10))), to: "\(folder)/first-post.md")
                try write([PagesWorkflow.text], to: "\(folder)/\(PagesWorkflow.path)")
                try write(["_site/"], to: "\(folder)/.gitignore")
                print("see it with: galley preview \(folder)")
            } else {
                guard NotebookLocator.isNotebook(path), !path.hasSuffix(".ipynb") else {
                    throw FileError(operation: "write a notebook to", path: path, code: 22, reason: "notebooks to write end with .md or .qmd")
                }
                let name = NotebookLocator.stem(of: path).split(separator: "/").last.map(String.init) ?? "post"
                try write(Self.notebook(title: title ?? Self.title(of: name), date: String(dateNow().prefix(10))), to: path)
                print("see it with: galley preview \(path)")
            }
        } catch {
            terminal.line("error: \(error)" + (error.code == 17 ? "\n  help: move it away, or give the new one another name" : ""))
            throw ExitStatus.environment
        }
    }

    private func write(_ lines: [String], to path: String) throws(FileError) {
        guard !isTaken(path) else { throw Self.taken(path) }
        try makeFolder(NotebookLocator.folder(of: path))
        try writeFileAtomically(path, (lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func taken(_ path: String) -> FileError {
        FileError(operation: "write", path: path, code: 17, reason: "it is there already, and nothing that exists is changed")
    }

    /// `measuring-memory` as `Measuring memory`.
    static func title(of name: String) -> String {
        let words = name.split { $0 == "-" || $0 == "_" || $0 == " " }.joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// A scalar of YAML whatever it holds.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ") + "\""
    }

    static func notebook(title: String, date: String) -> [String] {
        [
            "---", "title: \(quoted(title))", "description: \"\"", "author: \"\"", "date: \(date)", "tags: []", "---", "",
            "Write here. Cells run when the page is made, and what they give is shown beneath them.", "",
            "```swift", "let words = \"every output is true\".split(separator: \" \")", "words.map(\\.count)", "```", "",
            "A value in a sentence: `{swift} words.count` words.",
        ]
    }
}
