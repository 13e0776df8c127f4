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
            // Cells are one program to the author, who owns all that they declare.
            if remark.severity == .warning, let name = Self.retroactivelyConforming(remark.message),
                known.contains(name.type) || known.contains(name.to)
            {
                isLeftOut = true
                continue
            }
            if remark.severity != .note { isLeftOut = false } else if isLeftOut { continue }
            let message = withoutModuleNames(remark.message)
            // A cell may end with `throw`; that the next one follows it in a merged source is no remark on either.
            if unit.members.count > 1, message == "will never be executed" { continue }
            if remark.severity == .note {
                guard let range, var all = diagnostics[last], !all.isEmpty else { continue }
                all[all.count - 1].notes.append(.init(message: message, path: path, range: range))
                diagnostics[last] = all
            } else {
                let diagnostic = Diagnostic(
                    remark.severity, identifier: "swift", summary: message, path: path, range: range,
                    solutions: Self.help(message, redefines: Self.redefines(last, in: plan)).map { [$0] } ?? [])
                if diagnostics[last]?.contains(diagnostic) != true { diagnostics[last, default: []].append(diagnostic) }
            }
        }
    }

    /// What to do where the compiler's words do not say what cells have to do with it.
    private static func help(_ message: String, redefines: Bool) -> String? {
        if message == "circular reference", redefines {
            return "A name that a cell defines anew does not reach its earlier value there: choose another name, or assign to a 'var'"
        }
        return message.contains("prevents automatic synthesis") ? "State the conformance in the cell that declares the type" : nil
    }

    /// Whether the cell defines a name that an earlier one defines.
    private static func redefines(_ place: Int, in plan: ExecutionPlan) -> Bool {
        func names(_ step: ExecutionPlan.Step) -> Set<String> { Set(step.analysis.names.definitions.map(\.name)) }
        let own = names(plan.steps[place])
        return plan.steps[..<place].contains { !names($0).isDisjoint(with: own) }
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

/// The text with the names of cells' modules taken out: `Cell_0123456789ab.Point` is `Point` to the author.
func withoutModuleNames(_ text: String) -> String {
    guard text.contains("Cell_") else { return text }
    let bytes = Array(text.utf8)
    let name = Array("Cell_".utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == name[0], bytes[index...].starts(with: name) {
            var end = index + name.count
            let digits = bytes[end...].prefix { isHexDigit($0) }.count
            end += digits
            if end < bytes.count, bytes[end] == UInt8(ascii: "_") {
                let number = bytes[(end + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
                if number > 0 { end += 1 + number }
            }
            if digits == 12, end < bytes.count, bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: "/") {
                index = end + 1
                continue
            }
        }
        result.append(bytes[index])
        index += 1
    }
    return String(decoding: result, as: UTF8.self)
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}
