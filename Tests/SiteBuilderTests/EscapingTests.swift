import NotebookModel
import SiteBuilder
import SourceText
import Testing

@Suite("Escaping")
struct EscapingTests {
    private static let attack = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"

    @Test("what authors write in front matter and site.yaml is text everywhere", arguments: ["rich", "plain"])
    func frontMatter(theme: String) async throws {
        let attack = Self.attack
        var one = page("a.md") {
            $0.title = attack
            $0.subtitle = attack
            $0.description = attack
            $0.authors = [attack]
            $0.tags = [attack]
            $0.image = attack
            $0.imageAlternative = attack
        }
        one.run = .init(
            RunRecord(
                mode: .fresh, cells: [],
                environment: RunEnvironment(galley: attack, swift: attack, system: attack, cpu: attack, coreCount: 1, gpus: [attack]),
                parameters: [Parameter(name: attack, value: .string(attack))], date: attack, duration: 1))
        let site = try await build([one, page("posts/\"><script>x.md")], theme: theme) {
            $0.title = attack
            $0.description = attack
            $0.author = attack
            $0.navigation = [.init(title: attack, target: attack)]
            $0.words = ["skip": attack]
        }
        for (path, bytes) in site.files where path.hasSuffix(".html") || path.hasSuffix(".xml") {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("<script>alert"), "\(path)")
            #expect(!text.contains("<img src=x"), "\(path)")
            #expect(!text.contains("\"><script>x"), "\(path)")
        }
    }

    @Test("an address in a body cannot leave its attribute")
    func addresses() async throws {
        let site = try await build([page("a.md", #"<a href="b.md?&quot;onclick=&quot;x">b</a>"#), page("b.md")])
        let text = try #require(site.text("a.html"))
        #expect(text.contains(#"<a href="b.html?&quot;onclick=&quot;x">"#))
    }
}
