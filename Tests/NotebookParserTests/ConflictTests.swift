import NotebookParser
import SourceText
import Testing

@Suite("Conflict markers")
struct ConflictTests {
    private func lines(_ text: String) -> [Int] {
        NotebookParsing.parse(SourceFile(path: "post.md", text: text)).1.filter { $0.identifier == "conflict-marker" }.compactMap {
            $0.range?.start.line
        }
    }

    @Test("are errors wherever they stand: in prose, in cells, in shown code, in the front matter")
    func everywhere() {
        #expect(lines("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> branch\n") == [1, 5])
        #expect(lines("```swift\n<<<<<<< HEAD\nlet a = 1\n=======\nlet a = 2\n>>>>>>> b\n```\n") == [2, 6])
        #expect(lines("```text\n<<<<<<< HEAD\n```\n") == [2])
        #expect(lines("---\ntitle: A\n<<<<<<< ours\n---\n") == [3])
        #expect(lines("a\r\n<<<<<<< HEAD\r\nb\r\n>>>>>>> c\r\n") == [2, 4])
        #expect(lines("<<<<<<<\n||||||| base\n=======\n>>>>>>>\n") == [1, 4])
        #expect(lines("text\n>>>>>>> only the end was left\n") == [2])
    }

    @Test("are not seen in headings, quotes, operators or indented fences")
    func others() {
        #expect(lines("A heading\n=======\n\n> > > > > > > quote\n\n```swift\nlet a = 1 << 2\n```\n") == [])
        #expect(lines(" ```text\n <<<<<<< HEAD\n ```\n") == [])
        #expect(lines("<<<<<<<< eight\n<<<<<< six\n<<<<<<<name\n") == [])
    }

    @Test("Both sides of a merge are told, with and without the base")
    func sides() {
        let sides = ConflictMarkers.sides(of: "1\n<<<<<<< a\n2\n||||||| base\n0\n=======\n3\n>>>>>>> b\n4")
        #expect(sides?.ours == "1\n2\n4\n")
        #expect(sides?.theirs == "1\n3\n4\n")
        #expect(ConflictMarkers.sides(of: "a\n=======\nb") == nil)
        #expect(ConflictMarkers.sides(of: "<<<<<<< a\n2\n=======\n") == nil)
    }
}
