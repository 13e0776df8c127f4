import SiteBuilder
import SourceText
import Testing

@Suite("Themes")
struct ThemeTests {
    @Test("a site's folder replaces files of the theme one by one")
    func overrides() async throws {
        let folder = try TemporaryFolder()
        try folder.write("site-footer.html", "<footer>mine: {{ site.title }}</footer>")
        try folder.write("extra.css", "body { --mine: 1px; }")
        let site = try await build([page("a.md")], overrides: folder.path)
        #expect(try #require(site.text("a.html")).contains("<footer>mine: Notes</footer>"))
        let style = try #require(site.files.keys.first { $0.hasPrefix("assets/style.") })
        #expect(try #require(site.text(style)).hasSuffix("body{--mine: 1px}") || (try #require(site.text(style))).hasSuffix("body{--mine:1px}"))
    }

    @Test("a mistake in a template is one error with its file and line")
    func templateError() async throws {
        let folder = try TemporaryFolder()
        try folder.write("post-header.html", "<h1>\n{{ page.title | uppper }}\n</h1>")
        let site = try await build([page("a.md"), page("b.md")], overrides: folder.path)
        let diagnostic = try #require(site.diagnostics.first)
        #expect(site.diagnostics.count == 1)
        #expect(diagnostic.severity == .error)
        #expect(diagnostic.path == folder.path + "/post-header.html")
        #expect(diagnostic.range?.start.line == 2)
        #expect(site.files["a.html"] == nil)
    }

    @Test("an unknown theme is named with the ones there are")
    func unknown() {
        #expect(throws: ThemeError.self) { try Theme(named: "rihc", in: templatesFolder) }
        do {
            _ = try Theme(named: "rihc", in: templatesFolder)
        } catch {
            #expect(error.description.contains("did you mean “rich”?"))
        }
    }
}
