import SiteBuilder
import SourceText
import Testing

@Suite("site.yaml")
struct ConfigurationTests {
    private func parse(_ text: String) -> (configuration: SiteConfiguration, diagnostics: [Diagnostic]) {
        SiteConfiguration.parse(SourceFile(path: "site.yaml", text: text))
    }

    @Test("every key is read")
    func keys() {
        let (configuration, diagnostics) = parse(
            """
            title: Notes
            description: On models
            url: https://example.org/blog
            author: A. Author
            language: de
            theme: plain
            theme-folder: theme
            navigation:
              - Posts: index.html
              - About: about.md
            image: card.png
            icon: icon.svg
            index-count: 5
            words:
              skip: Zum Inhalt
            exclude: [drafts]
            extra:
              analytics: none
            """)
        #expect(diagnostics.isEmpty)
        #expect(configuration.title == "Notes")
        #expect(configuration.baseURL == "https://example.org/blog/")
        #expect(configuration.navigation == [.init(title: "Posts", target: "index.html"), .init(title: "About", target: "about.md")])
        #expect(configuration.words == ["skip": "Zum Inhalt"])
        #expect(configuration.indexCount == 5)
        #expect(configuration.language == "de")
    }

    @Test("entries of the navigation may name their parts", arguments: ["title: About, url", "text: About, href", "name: About, path"])
    func navigation(parts: String) {
        let (configuration, diagnostics) = parse("navigation:\n  - {\(parts): about.md}\n  - Posts: index.html\n")
        #expect(diagnostics.isEmpty)
        #expect(configuration.navigation == [.init(title: "About", target: "about.md"), .init(title: "Posts", target: "index.html")])
    }

    @Test(
        "mistakes are diagnostics on their line",
        arguments: [
            ("title: a\ntitel: b\n", "unknown-site-key", 2), ("url: example.org\n", "site-url", 1), ("a: [\n", "site-yaml", 2),
            ("- a\n", "site-yaml", 1), ("title: x\nlanguage: \"<x>\"\n", "site-language", 2), ("index-count: 0\n", "site-value", 1),
        ])
    func mistakes(text: String, identifier: String, line: Int) {
        let diagnostics = parse(text).diagnostics
        #expect(diagnostics.map(\.identifier) == [identifier])
        #expect(diagnostics.first?.range?.start.line == line)
    }

    @Test("an empty file is an empty configuration")
    func empty() {
        #expect(parse("").diagnostics.isEmpty)
        #expect(parse("").configuration == SiteConfiguration())
    }
}

@Suite("What is left out of a site")
struct ExclusionTests {
    @Test("Folders, files and patterns are left out")
    func patterns() throws {
        let folder = try TemporaryFolder()
        for name in ["a.md", "drafts/b.md", "deep/drafts/c.md", "d.tmp.md", "deep/e.tmp.md", "deep/f.md"] { try folder.write(name, "x") }
        func found(_ exclude: String...) -> [String] { SiteSources.notebooks(in: folder.path, excluding: exclude) }
        #expect(found("drafts", "./deep/f.md") == ["a.md", "d.tmp.md", "deep/drafts/c.md", "deep/e.tmp.md"])
        #expect(found("drafts/") == found("/drafts") && found("drafts/**") == found("drafts"))
        #expect(found("*.tmp.md") == ["a.md", "deep/drafts/c.md", "deep/f.md", "drafts/b.md"])
        #expect(found("**/drafts") == ["a.md", "d.tmp.md", "deep/e.tmp.md", "deep/f.md"])
        #expect(found("deep/*.md") == ["a.md", "d.tmp.md", "deep/drafts/c.md", "drafts/b.md"])
        #expect(found("?.md", "drafts/*.md", "deep/**/?.md") == ["d.tmp.md", "deep/e.tmp.md"])
    }

    @Test(
        "What was to be left out and cannot be understood is an error",
        arguments: ["exlude: [drafts]", "Exclude: drafts", "exclude: {drafts: true}", "exclude: [[drafts]]", "exclude: ../x"])
    func unclear(line: String) {
        let (_, diagnostics) = SiteConfiguration.parse(SourceFile(path: "site.yaml", text: line + "\n"))
        #expect(diagnostics.map(\.severity) == [.error])
    }
}
