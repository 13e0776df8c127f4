import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("Packages of the front matter", .serialized)
struct PackageTests {
    private func makePackage(_ source: String) throws -> String {
        let root = "/tmp/galley-tests-cache/Greeter"
        for folder in ["Sources/Greeter", "Sources/CGreeter/include"] { try makeFolder("\(root)/\(folder)") }
        let files = [
            "Package.swift": """
            // swift-tools-version: 6.0
            import PackageDescription
            let package = Package(
                name: "Greeter", products: [.library(name: "Greeter", targets: ["Greeter"])],
                targets: [.target(name: "Greeter", dependencies: ["CGreeter"]), .target(name: "CGreeter")])
            """,
            "Sources/Greeter/Greeter.swift": source,
            "Sources/CGreeter/CGreeter.c": "#include \"CGreeter.h\"\nint greeter_year(void) { return 1969; }\n",
            "Sources/CGreeter/include/CGreeter.h": "int greeter_year(void);\n",
        ]
        for (path, text) in files { try writeFileAtomically("\(root)/\(path)", Array(text.utf8)) }
        return root
    }

    private func run(_ root: String) async throws -> RunOutcome {
        var notebook = TinyNotebook.make(["import Greeter", "print(greeting(\"you\"))"])
        notebook.frontMatter.packages = [FrontMatter.Package(location: root)]
        return try await TinyNotebook.run(notebook)
    }

    @Test("cells import a local package, C targets beneath it included; a package that does not build says why")
    func localPackage() async throws {
        let root = try makePackage("import CGreeter\npublic func greeting(_ name: String) -> String { \"hello \\(name), \\(greeter_year())\" }\n")
        let outcome = try await run(root)
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-2 out: "hello you, 1969\n""#])
        _ = try makePackage("public func greeting(_ name: String) -> String { nothing }\n")
        let broken = try await run(root)
        #expect(broken.record == nil)
        #expect(broken.diagnostics.first?.solutions.contains { $0.contains("cannot find 'nothing' in scope") } == true)
    }
}
