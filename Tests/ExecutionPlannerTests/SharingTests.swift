import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("What may change what")
struct SharingTests {
    /// The cells (from 1) that each cell rests on.
    private func dependencies(_ sources: [String]) -> [[Int]] {
        let names = sources.enumerated().map { index, source in
            CellAnalysis(
                Cell(
                    id: "cell-\(index + 1)", kind: .code, source: source, firstLine: 1, indentation: 0, range: SourceRange(lines: 1...1),
                    options: CellOptions(), writtenSource: source, infoString: "swift"), path: "post.md"
            ).names
        }
        return CellGraph(names).nodes.map { $0.stateDependencies.map { $0 + 1 } }
    }

    @Test("methods of the standard library that change nothing are no changes, unless the notebook declares one of that name")
    func quietMethods() {
        let sources = ["var numbers = [3, 1]", "let total = numbers.filter { $0 > 1 }.reduce(0, +)", "print(numbers)"]
        #expect(dependencies(sources)[2] == [1])
        #expect(dependencies(["var numbers = [3, 1]", "numbers.append(2)", "print(numbers)"])[2] == [1, 2])
        let declared = ["final class Bag { var n = 0; func filter(_ f: (Int) -> Bool) -> Int { n += 1; return n } }"]
        #expect(dependencies(declared + ["let bag = Bag()", "bag.filter { $0 > 1 }", "bag.n"])[3] == [1, 2, 3])
        // An element may be an object that the closure changes.
        #expect(dependencies(["let boxes = makeBoxes()", "boxes.map { $0.fill() }", "print(boxes)"])[2] == [1, 2])
    }

    @Test("a change through another name of the same object is a change")
    func aliases() {
        #expect(dependencies(["let a = Box()", "let b = a", "b.v = 2", "print(a.v)"])[3] == [1, 2, 3])
        #expect(dependencies(["let a = Box()", "var all = [Box]()", "all.append(a)", "all[0].v = 2", "print(a.v)"])[4] == [1, 2, 3, 4])
        #expect(
            dependencies(["let a = Box()", "var all = [Box]()\nfunc keep(_ b: Box) { all.append(b) }", "keep(a)", "all[0].v = 2", "print(a.v)"])[4]
                == [1, 2, 3, 4])
        // What operators make is new.
        #expect(dependencies(["var x = 1", "var y = x + 1", "y += 1", "print(x)"])[3] == [1])
    }

    @Test("comparing is not assigning")
    func comparisons() {
        #expect(dependencies(["var x = 1", "x == 2", "print(x)"])[2] == [1])
    }

    @Test("asking a model for an answer does not change the model")
    func models() {
        let sources = ["let model = try await Model.load(\"tiny\")", "print(try await model.answer(\"Hello?\"))", "model.memoryFootprint"]
        #expect(dependencies(sources) == [[], [1], [1]])
    }
}
