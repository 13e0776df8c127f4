public import NotebookModel
public import SourceText
internal import SwiftParser
internal import SwiftSyntax

/// What can be said of a cell from its source alone.
public struct CellAnalysis: Sendable, Hashable {
    public let names: CellNames
    /// The source for the compiler, without imports.
    public internal(set) var rewritten: RewrittenSource
    /// What it reads, and where its variables get their values.
    let flow: CellFlow
    /// What makes ``rewritten`` of the source as far as the cell alone can tell.
    private let edits: [SourceEdit]
    private let source: String
    /// Mistakes that the compiler would describe in terms that the author did not write.
    public let diagnostics: [Diagnostic]
    /// Nothing but blank lines and comments.
    public let isEmpty: Bool
    /// It cannot be compiled together with other cells: it does not parse, ends with what a program's end does, or declares a variable
    /// that others give its value.
    public let standsAlone: Bool

    /// - Parameter path: The notebook's path as shown to the author.
    public init(_ cell: Cell, path: String) {
        let parsed = ParsedCell(cell.source)
        let rewriter = CellRewriter(parsed, isInlineValue: cell.kind == .inlineValue)
        var names = NameCollector(parsed.tree).names
        if !parsed.commands.isEmpty {
            // What is interpolated is used; names are found by parsing the calls.
            for command in parsed.commands {
                guard !SwiftNesting.isTooDeep(command.swift) else { continue }
                let inner = NameCollector(Parser.parse(source: command.swift)).names
                names.uses.formUnion(inner.uses)
                names.memberUses.formUnion(inner.memberUses)
                names.effects.formCommand(inner.effects)
            }
        }
        // What does not parse is left for the compiler to describe as it stands.
        flow = parsed.tree.hasError ? CellFlow() : CellFlow(parsed)
        names.earlierUses = flow.earlierUses
        self.names = names
        source = cell.source
        edits = rewriter.edits
        rewritten = RewrittenSource(cell.source, rewriter.edits)
        standsAlone =
            flow.variables.contains { !$0.hasValue } || parsed.tree.hasError || parsed.tree.statements.contains { $0.item.is(DeferStmtSyntax.self) }
        isEmpty = parsed.tree.statements.isEmpty && parsed.commands.isEmpty && !parsed.isTooDeep
        let lines = SourceFile(path: path, text: cell.source)
        func mistake(_ offset: Int, width: Int, _ identifier: String, _ summary: String, _ solution: String) -> Diagnostic {
            let place = Self.place(lines.location(atOffset: offset), in: cell)
            return Diagnostic(
                .error, identifier: identifier, summary: summary, path: path,
                range: SourceText.SourceRange(start: place, end: SourceText.SourceLocation(line: place.line, column: place.column + width)),
                solutions: [solution])
        }
        var diagnostics = rewriter.unsupported.map {
            mistake(
                $0, width: 9, "async-let", "'async let' cannot stand at the top level of a cell",
                "Write it inside an async function and call that with 'await'")
        }
        diagnostics += rewriter.entryPoints.map {
            mistake(
                $0.offset, width: 5, "entry-point", "a cell has no '@main': its statements run as they stand",
                "Leave '@main' out and write '\($0.type).main()' as a statement")
        }
        if parsed.isTooDeep {
            diagnostics.append(
                mistake(
                    0, width: 1, "nested-too-deep", "the code is nested too deep to be read",
                    "Give parts of it names: brackets within \(SwiftNesting.bracketLimit) others, or chains of hundreds of calls, are too many"))
        } else if cell.kind == .inlineValue, !Self.isOneExpression(parsed) {
            let place = SourceText.SourceLocation(line: cell.firstLine, column: cell.indentation + 1)
            diagnostics.append(
                Diagnostic(
                    .error, identifier: "inline-value", summary: "an inline value must be one expression", path: path,
                    range: SourceText.SourceRange(start: place, end: place),
                    solutions: ["Compute it in a cell and name the result here"]))
        }
        self.diagnostics = diagnostics
    }

    /// Writes into the source what only the cells before can tell.
    mutating func add(_ more: ValueEdits.Edits) {
        if more.first.isEmpty && more.last.isEmpty { return }
        rewritten = RewrittenSource(source, more.first + edits + more.last)
    }

    private static func isOneExpression(_ parsed: ParsedCell) -> Bool {
        guard parsed.tree.statements.count == 1, case .expr? = parsed.tree.statements.first?.item else { return false }
        return true
    }

    /// The place in the notebook of a place in the cell.
    private static func place(_ place: SourceText.SourceLocation, in cell: Cell) -> SourceText.SourceLocation {
        SourceText.SourceLocation(line: cell.firstLine + place.line - 1, column: place.column + cell.indentation)
    }

    /// The place in the notebook of a line of the notebook and a column of the compiler's.
    public func place(line: Int, compilerColumn: Int, in cell: Cell) -> SourceText.SourceLocation {
        let column = rewritten.originalColumn(line: line - cell.firstLine + 1, column: compilerColumn)
        return SourceText.SourceLocation(line: line, column: column + cell.indentation)
    }
}
