internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

/// Reads what the compiler printed about a cell, and puts each remark where the author wrote its cause.
struct CompilerDiagnostics {
    /// By the place in the plan of the cell concerned.
    private(set) var diagnostics: [Int: [Diagnostic]] = [:]

    /// - Parameters:
    ///   - output: What the compiler printed, in its style for editors.
    ///   - prefixLines: How many lines stand before the first cell's own in the compiled file.
    init(_ output: String, unit: CompilationUnit, plan: ExecutionPlan, prefixLines: Int, path: String) {
        var last = unit.members.first ?? 0
        var isLeftOut = false
        let known = plan.steps.reduce(into: Set<String>()) { $0.formUnion($1.analysis.names.definitions.map(\.name)) }
        for line in output.split(whereSeparator: \.isNewline) {
            guard let remark = Remark(line) else { continue }
            var range: SourceRange?
            let named = unit.members.indices.first { CompilationUnit.fileName($0) == remark.file }
            // Outside of what the cells' names cover, such as the end of the file, stands what a cell broke off.
            if named != nil || remark.file.hasSuffix("/\(unit.moduleName).swift") {
                let place = named.map { unit.members[$0] } ?? unit.members.last ?? 0
                if remark.severity != .note { last = place }
                let step = plan.steps[place]
                let cell = step.cell
                let lines = cell.source.split(separator: "\n", omittingEmptySubsequences: false)
                let line = max(1, named != nil ? remark.line : remark.line - prefixLines)
                var start = step.analysis.place(line: cell.firstLine + line - 1, compilerColumn: remark.column, in: cell)
                if line > lines.count {
                    // What stands between cells compiled together is not the author's to be warned of.
                    if remark.severity != .error { continue }
                    // The cell ends too early: the place is its end.
                    let final = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? 0
                    let width = lines.indices.contains(final) ? lines[final].utf8.count : 0
                    start = SourceLocation(line: cell.firstLine + final, column: cell.indentation + width + 1)
                }
                range = SourceRange(start: start, end: SourceLocation(line: start.line, column: start.column + 1))
            }
            // Cells are compiled to be loaded one after the other, which is no promise to anybody.
            if remark.severity == .warning, remark.message.contains("was not compiled with library evolution support") {
                isLeftOut = true
                continue
            }
            // Cells are one program to the author, who owns all that they declare.
            if remark.severity == .warning, let name = Self.retroactivelyConforming(remark.message),
                known.contains(name.type) || known.contains(name.to)
            {
                isLeftOut = true
                continue
            }
            if remark.severity != .note { isLeftOut = false } else if isLeftOut { continue }
            let message = Self.ownWords(withoutModuleNames(remark.message))
            // The note says what the rewritten call made of it.
            if remark.severity == .note, message.hasPrefix("generic parameter 'Value' inferred as") { continue }
            // A cell may end with `throw`; that the next one follows it in a merged source is no remark on either.
            if unit.members.count > 1, message == "will never be executed" { continue }
            if remark.severity == .note {
                guard let range, var all = diagnostics[last], !all.isEmpty else { continue }
                all[all.count - 1].notes.append(.init(message: message, path: path, range: range))
                diagnostics[last] = all
            } else {
                let diagnostic = Diagnostic(
                    remark.severity, identifier: "swift", summary: message, path: path, range: range,
                    solutions: Self.help(message, place: last, in: plan).map { [$0] } ?? [])
                if diagnostics[last]?.contains(diagnostic) != true { diagnostics[last, default: []].append(diagnostic) }
            }
        }
    }

    /// What the compiler says of an `await` that became a call, as it would say it of the author's line.
    private static func ownWords(_ message: String) -> String {
        guard message.hasPrefix("conflicting arguments to generic parameter 'Value' (") else { return message }
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        return parts.count >= 6 ? "cannot convert value of type '\(parts[3])' to specified type '\(parts[5])'" : message
    }

    /// What to do where the compiler's words do not say what cells have to do with it.
    private static func help(_ message: String, place: Int, in plan: ExecutionPlan) -> String? {
        if message.contains("prevents automatic synthesis") { return "State the conformance in the cell that declares the type" }
        if message.contains("because the struct was declared in module") {
            return "Swift demands it of another cell's extension: begin with 'self.init(…)', or write the initializer where the struct is declared"
        }
        guard message.hasPrefix("cannot find "), message.contains("in scope") else { return nil }
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return nil }
        let name = String(parts[1])
        let later = plan.steps[min(place + 1, plan.steps.count)...].first { $0.analysis.names.definitions.contains { $0.name == name } }
        return later.map { "'\(name)' is defined further down, by \($0.cell.id): a cell sees what stands before it, so move that up" }
    }

    /// The names in a warning such as "extension declares a conformance of imported type 'Circle' to imported protocol 'Shape'; …".
    private static func retroactivelyConforming(_ message: String) -> (type: String, to: String)? {
        guard message.contains("declares a conformance of imported type") else { return nil }
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count >= 4 else { return nil }
        return (String(parts[1]), String(parts[3]))
    }

    private struct Remark {
        var file: String
        var line: Int
        var column: Int
        var severity: Diagnostic.Severity
        var message: String

        /// `file:line:column: severity: message`.
        init?(_ text: Substring) {
            for severity in [Diagnostic.Severity.error, .warning, .note] {
                guard let mark = text.firstRange(of: ": \(severity.rawValue): ") else { continue }
                let place = text[..<mark.lowerBound].split(separator: ":", omittingEmptySubsequences: false)
                guard place.count >= 3, let column = Int(place[place.count - 1]), let line = Int(place[place.count - 2]) else { continue }
                file = place.dropLast(2).joined(separator: ":")
                self.line = line
                self.column = column
                self.severity = severity
                var message = String(text[mark.upperBound...])
                // The group that a warning belongs to, such as ` [#no-usage]`.
                if message.hasSuffix("]"), let bracket = message.lastIndex(of: "["), message[bracket...].hasPrefix("[#") {
                    message = String(message[..<bracket])
                    while message.last == " " { message.removeLast() }
                }
                self.message = message
                return
            }
            return nil
        }
    }
}
