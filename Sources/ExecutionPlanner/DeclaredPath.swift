internal import NotebookModel
public import SourceText

/// A path under a cell's `depends:`.
struct DeclaredPath {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Whether an earlier cell writes files and names this one: it may be there when its turn comes.
    func isMade(by steps: [ExecutionPlan.Step]) -> Bool {
        let last = path.split(separator: "/").last ?? ""
        let words = last.split { "*?[]".contains($0) }
        guard let word = words.max(by: { $0.count < $1.count }), word.count > 1 else { return false }
        return steps.contains { $0.node.process.writes.contains(.files) && Self.names(word, in: $0.cell.source) }
    }

    /// Whether a text holds the word and not a longer one that it is a part of.
    private static func names(_ word: Substring, in text: String) -> Bool {
        func isPart(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber || "_-".contains($0) } ?? false }
        return text.ranges(of: word).contains { range in
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : nil
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : nil
            return !(isPart(word.first) && isPart(before)) && !(isPart(word.last) && isPart(after))
        }
    }

    func diagnostic(_ problem: DeclaredPathProblem, in cell: Cell, path notebook: String) -> Diagnostic {
        Diagnostic(
            .error, identifier: "depends", summary: "the cell '\(cell.id)' depends on '\(path)', which \(problem.words)", path: notebook,
            range: SourceRange(lines: line(in: cell)...line(in: cell)),
            solutions: ["Name a file, a folder or a pattern such as data/*.csv, from the notebook's folder"])
    }

    /// The line of the directive; the cell's first where it stands in the front matter.
    private func line(in cell: Cell) -> Int {
        let lines = cell.writtenSource.split(separator: "\n", omittingEmptySubsequences: false)
        let directives = lines.enumerated().filter { $0.element.contains("|") || $0.element.contains("depends") }
        let own = directives.first { $0.element.contains(path) } ?? directives.first { $0.element.contains("depends") }
        return own.map { cell.firstLine + $0.offset } ?? cell.range.start.line
    }
}

extension ExecutionPlan {
    /// Says that a path under a cell's `depends:` stands for nothing, on the line that names it.
    public func diagnostic(_ problem: DeclaredPathProblem, path: String, of step: Step, in notebook: String) -> Diagnostic {
        DeclaredPath(path).diagnostic(problem, in: step.cell, path: notebook)
    }
}
