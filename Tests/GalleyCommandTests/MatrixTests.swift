import NotebookModel
import NotebookParser
import SourceText
import Testing

@Suite("Parameter sets")
struct MatrixTests {
    private func variants(_ frontMatter: String) -> (names: [String], titles: [String], values: [[String]], problems: [String]) {
        let (parsed, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: "---\n\(frontMatter)\n---\n"))
        let (variants, diagnostics) = parsed.notebook.variants()
        return (
            variants.map { $0.name ?? "-" }, variants.map { $0.notebook.frontMatter.title ?? "-" },
            variants.map { $0.notebook.frontMatter.parameters.map { "\($0.name)=\($0.value.text)" } }, diagnostics.map(\.description)
        )
    }

    @Test("lists of values make every combination, each with a name and a title of its own")
    func combinations() {
        let found = variants("title: Size\nparams:\n  dtype: fp32\n  batch: 1\nmatrix:\n  dtype: [fp32, nf4]\n  batch: [1, 8]")
        #expect(found.names == ["fp32-batch-1", "fp32-batch-8", "nf4-batch-1", "nf4-batch-8"])
        #expect(found.titles.first == "Size (dtype = fp32, batch = 1)")
        #expect(found.values.last == ["dtype=nf4", "batch=8"])
        #expect(found.problems == [])
    }

    @Test("a list of sets makes these, with the defaults for what a set leaves out")
    func sets() {
        let found = variants("params:\n  rate: 0.5\n  model: Tiny/One\nmatrix:\n  - rate: 1\n  - model: Big Two\n    rate: 0.25")
        #expect(found.names == ["rate-1", "big-two-rate-0.25"])
        #expect(found.values == [["rate=1.0", "model=Tiny/One"], ["rate=0.25", "model=Big Two"]])
    }

    @Test("a value of another type, and two sets of one name, are mistakes at their lines")
    func mistakes() {
        #expect(
            variants("params:\n  n: 1\nmatrix:\n  n: [1, many]").problems == ["post.md:5:1: error: the parameter 'n' is a whole number, not 'many'"])
        #expect(
            variants("params:\n  m: a\nmatrix:\n  m: [A b, a b]").problems == ["post.md:5:1: error: two sets of the matrix make the same page, 'a-b'"]
        )
    }

    @Test("where signs alone tell sets apart, their names have them in words; other names stay")
    func signs() {
        #expect(variants("params:\n  offset: 0\nmatrix:\n  offset: [-1, 1]").names == ["offset-minus-1", "offset-1"])
        #expect(variants("params:\n  offset: 0\nmatrix:\n  offset: [-1, 2]").names == ["offset-1", "offset-2"])
        #expect(variants("matrix:\n  lang: [\"C\", \"C++\", \"C#\", \"Go-lang\"]").names == ["c", "c-plus-plus", "c-sharp", "go-lang"])
        #expect(variants("matrix:\n  rate: [-0.5, 0.5]").names == ["rate-minus-0.5", "rate-0.5"])
        #expect(variants("matrix:\n  sign: [\"+\", \"-\"]").names == ["plus", "minus"])
    }

    @Test("a file of parameters is YAML or JSON")
    func file() {
        let (yaml, problems) = ParameterFile.parse(SourceFile(path: "p.yaml", text: "model: tiny\nsizes: [1, 2]\n"))
        #expect(problems == [])
        #expect(yaml.map { "\($0.name)=\($0.value.text)@\($0.line ?? 0)" } == ["model=tiny@1", "sizes=1,2@2"])
        let (json, _) = ParameterFile.parse(SourceFile(path: "p.json", text: "{\"model\": \"tiny\", \"on\": true}"))
        #expect(json.map { "\($0.name)=\($0.value.text)" } == ["model=tiny", "on=true"])
        #expect(ParameterFile.parse(SourceFile(path: "p.yaml", text: "a: [")).1.count == 1)
    }
}
