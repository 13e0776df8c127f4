import TestSupport
import Testing

@Suite("Notebooks under several parameter sets, and parts of notebooks", .serialized)
struct MatrixCaseTests {
    @Test("Each set has its page and its record, the index lists both, and links to the notebook lead to the first")
    func pages() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write(
            "posts/size.md",
            "---\ntitle: Size\ndate: 2026-01-02\nparams:\n  kind: float\nmatrix:\n  kind: [float, double]\n---\n\n```swift\nprint(\"kind\", kind)\n```\n"
        )
        try place.write("posts/other.md", "---\ntitle: Other\ndate: 2026-01-01\n---\n\nSee [sizes](size.md).\n")
        let run = try place.galley("render", "posts", "--output", "site", "--quiet")
        #expect(run.status == 0, "\(run.standardError)")
        #expect(try place.read("site/size-float.html").contains("kind float"))
        #expect(try place.read("site/size-double.html").contains("kind double"))
        #expect(try place.read("posts/size.double.ipynb").contains("kind double"))
        let index = try place.read("site/index.html")
        #expect(index.contains("Size (kind = float)") && index.contains("Size (kind = double)"))
        #expect(try place.read("site/size.html").contains("size-float.html"))
        #expect(try place.read("site/other.html").contains("href=\"size-float.html\""))
        let again = try place.galley("render", "posts", "--output", "site")
        #expect(again.standardError.contains("posts/size.md [double]: unchanged"), "\(again.standardError)")
        let given = try place.galley("run", "posts/size.md", "-P", "kind=x", "--quiet")
        #expect(given.status == 1)
        #expect(given.standardError.contains("has its values from the notebook's matrix"))
    }

    @Test("Sets that only signs tell apart have pages of their own, and a wrong matrix is told of")
    func signs() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.md", "---\nmatrix:\n  offset: [-1, 1]\n---\n\n```swift\nprint(\"offset\", offset)\n```\n")
        let run = try place.galley("render", "post.md", "--output", "site", "--quiet")
        #expect(run.status == 0, "\(run.standardError)")
        #expect(try place.read("site/post-offset-minus-1.html").contains("offset -1"))
        #expect(try place.read("site/post-offset-1.html").contains("offset 1"))
        try place.write("post.md", "---\nmatrix:\n  offset: [1, 1]\n---\n\n```swift\nprint(\"offset\", offset)\n```\n")
        let wrong = try place.galley("render", "post.md", "--output", "site", "--quiet")
        #expect(wrong.status == 1 && wrong.standardError.contains("two sets of the matrix make the same page"), "\(wrong.standardError)")
    }

    @Test("A file's values replace the defaults, and -P replaces the file's")
    func parameterFile() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.md", "---\nparams:\n  a: one\n  n: 1\n---\n\n```swift\n#| label: show\nprint(a, n)\n```\n")
        try place.write("p.yaml", "a: two\nn: 2\n")
        let run = try place.galley("run", "post.md", "--params", "p.yaml", "-P", "n=3", "--cell", "show", "--quiet")
        #expect(run.standardOutput == "two 3\n", "\(run.standardError)")
        try place.write("p.yaml", "b: two\n")
        let wrong = try place.galley("run", "post.md", "--params", "p.yaml", "--quiet")
        #expect(wrong.status == 1)
        #expect(wrong.standardError.hasPrefix("p.yaml:1:1: error: the notebook has no parameter 'b'"), "\(wrong.standardError)")
    }

    @Test("One cell, or the cells up to one, are run and shown without a record")
    func parts() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write(
            "post.md", "```swift\nlet a = 1\nprint(\"first\")\n```\n\n```swift\n#| label: middle\na + 1\n```\n\n```swift\nbroken(\n```\n")
        let one = try place.galley("run", "post.md", "--cell", "middle", "--quiet")
        #expect(one.standardOutput == "2\n", "\(one.standardError)")
        let some = try place.galley("run", "post.md", "--to", "middle", "--quiet")
        #expect(some.standardOutput == "--- cell-1\nfirst\n--- middle\n2\n", "\(some.standardError)")
        #expect(try place.snapshot().keys.sorted() == ["post.md"])
        let none = try place.galley("run", "post.md", "--cell", "midle", "--quiet")
        #expect(none.status == 1)
        #expect(none.standardError.contains("Did you mean 'middle'?"))
    }
}
