import Groundwork
import JSON
import Markdown
import NotebookRenderer
import Testing

/// An example of a specification.
struct Example: Sendable, CustomTestStringConvertible {
    var number: Int
    var section: String
    var markdown: String
    var html: String

    var testDescription: String { "\(section) \(number)" }

    static func read(_ name: String) -> [Example] {
        guard let bytes = try? readFile(fixture(name)), let value = try? JSONValue(parsing: bytes) else { return [] }
        return (value.arrayValue ?? []).map { item in
            Example(
                number: item["example"]?.integerValue ?? 0, section: item["section"]?.stringValue ?? "",
                markdown: item["markdown"]?.stringValue ?? "", html: item["html"]?.stringValue ?? "")
        }
    }
}

func fixture(_ name: String) -> String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Fixtures/" + name
}

@Suite("Specifications")
struct SpecificationTests {
    @Test("All 652 examples of CommonMark 0.30 come out as it shows them")
    func commonMark() {
        let examples = Example.read("commonmark-0.30.json")
        #expect(examples.count == 652)
        for example in examples {
            let html = specificationHTML(of: MarkdownDocument(parsing: example.markdown, extensions: []))
            #expect(html == example.html, "\(example.testDescription): \(example.markdown)")
        }
    }

    @Test("GitHub's examples of tables, strikethrough, autolinks and task lists come out as they are shown")
    func gitHub() {
        // The one example of raw HTML filtering belongs to another extension.
        let examples = Example.read("gfm-0.29.json")
        #expect(examples.count == 23)
        for example in examples {
            let html = specificationHTML(of: MarkdownDocument(parsing: example.markdown, extensions: .gitHubSpecification))
            #expect(html == example.html, "\(example.testDescription): \(example.markdown)")
        }
    }

    @Test("With everything on, CommonMark's examples differ only where an addition applies")
    func withExtensions() {
        var different: [Int] = []
        for example in Example.read("commonmark-0.30.json") {
            let html = specificationHTML(of: MarkdownDocument(parsing: example.markdown))
            if html != example.html { different.append(example.number) }
        }
        // Addresses that CommonMark leaves as text: `<https://foo.bar/baz bim>`, `< https://foo.bar >`, bare ones.
        #expect(different == [601, 605, 607, 610, 611])
    }
}
