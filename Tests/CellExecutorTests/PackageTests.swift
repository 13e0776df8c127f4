import CellExecutor
import ExecutionPlanner
import Foundation
import Groundwork
import NotebookModel
import SourceText
import Testing

@Suite("Packages that cells import from", .serialized)
struct PackageTests {
    private static let root = "/tmp/galley-tests-greeter/Greeter"

    /// A package with a C target, a file that travels with it, and a target that no product offers.
    private func makePackage(greeting: String) throws {
        let files = [
            "Package.swift": """
            // swift-tools-version: 6.0
            import PackageDescription
            let greeter = Package(
                name: "Greeter", products: [.library(name: "Greeter", targets: ["Greeter"])],
                targets: [
                    .target(name: "Greeter", dependencies: ["CGreeter"], resources: [.copy("year.txt")]), .target(name: "CGreeter"),
                    .target(name: "Inner", dependencies: ["Greeter"]), .executableTarget(name: "tool"),
                ])
            """,
            "Sources/Greeter/Greeter.swift": """
            import CGreeter
            import Foundation

            public func greeting(_ name: String) -> String { \(greeting) }
            public func landing() -> String {
                (try? String(contentsOf: Bundle.module.url(forResource: "year", withExtension: "txt")!, encoding: .utf8)) ?? "none"
            }
            """,
            "Sources/Greeter/year.txt": "July 1969",
            "Sources/CGreeter/CGreeter.c": "#include \"CGreeter.h\"\nint greeter_year(void) { return 1969; }\n",
            "Sources/CGreeter/include/CGreeter.h": "int greeter_year(void);\n",
            "Sources/Inner/Inner.swift": "import Greeter\npublic let inner = \"inner \\(greeting(\"all\"))\"\n",
            "Sources/tool/main.swift": "#error(\"is no library, and nobody needs it\")\n",
        ]
        for (path, text) in files {
            let parts = "\(Self.root)/\(path)".split(separator: "/").dropLast()
            try makeFolder("/" + parts.joined(separator: "/"))
            // An unchanged file keeps its time.
            if let old = try? readFile("\(Self.root)/\(path)"), old == Array(text.utf8) { continue }
            try writeFileAtomically("\(Self.root)/\(path)", Array(text.utf8))
        }
    }

    private let sound = "\"hello \\(name), \\(greeter_year())\""

    @Test("cells import a local package, with its C targets and its files")
    func localPackage() async throws {
        try makePackage(greeting: sound)
        var notebook = TinyNotebook.make(["import Greeter", "print(greeting(\"you\"), landing())"])
        notebook.frontMatter.packages = [FrontMatter.Package(location: Self.root)]
        let outcome = try await TinyNotebook.run(notebook)
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-2 out: "hello you, 1969 July 1969\n""#])
        // A file of the package changed, and nothing that is compiled.
        try writeFileAtomically("\(Self.root)/Sources/Greeter/year.txt", Array("a year later".utf8))
        let later = try await TinyNotebook.run(notebook, previous: outcome.record) { $0.mode = .incremental }
        #expect(later.record?.dump == [#"cell-2 out: "hello you, 1969 a year later\n""#])
        try makePackage(greeting: sound)
    }

    @Test("a notebook in a package imports any of its library targets, or none where it says so")
    func enclosingPackage() async throws {
        try makePackage(greeting: sound)
        var notebook = TinyNotebook.make(["import Inner\nimport Greeter", "print(inner, greeting(\"me\"))"])
        let outcome = try await TinyNotebook.run(notebook) { $0.workingFolder = Self.root + "/Sources" }
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-2 out: "inner hello all, 1969 hello me, 1969\n""#])
        let again = try await TinyNotebook.run(notebook, previous: outcome.record) { $0.workingFolder = Self.root + "/Sources" }
        #expect(again.ranCount == 0, "\(again.plan)")
        notebook.frontMatter.seesEnclosingPackage = false
        let alone = try await TinyNotebook.run(notebook) { $0.workingFolder = Self.root }
        #expect(alone.diagnostics.first?.summary.contains("no such module 'Inner'") == true)
        #expect(folderNames() == ["Package.swift", "Sources"], "nothing is written into the author's package")
    }

    private func folderNames() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: Self.root)) ?? []).filter { $0 != ".build" }.sorted()
    }

    @Test("a package that does not build says so at its own file and line")
    func brokenPackage() async throws {
        try makePackage(greeting: "nothing")
        let notebook = TinyNotebook.make(["import Greeter", "print(greeting(\"you\"))"])
        let broken = try await TinyNotebook.run(notebook) { $0.workingFolder = Self.root }
        #expect(broken.record == nil)
        #expect(
            broken.diagnostics.map(\.description) == [
                "post.md: error: the packages of this notebook do not build",
                "\(absolutePath(Self.root))/Sources/Greeter/Greeter.swift:4:50: error: cannot find 'nothing' in scope",
            ])
    }

    private func absolutePath(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
}
