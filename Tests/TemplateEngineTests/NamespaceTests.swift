import TemplateEngine
import Testing

@Suite("Namespaces")
struct NamespaceTests {
    @Test("A namespace that holds itself is written without end neither of text nor of stack")
    func cycle() throws {
        let template = try Template("{% set n = namespace(a=1) %}{% set n.self = n %}{{ n }}", name: "cycle")
        let text = try template.render(TemplateMap())
        #expect(text.contains("<Namespace {...}>"))
        #expect(text.hasPrefix("<Namespace {'a': 1, 'self': <Namespace"))
    }
}
