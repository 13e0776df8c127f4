internal import SourceText

/// What SwiftPM and the compiler printed of a package that does not build, at the places that they name.
enum PackageDiagnostics {
    private static let most = 20

    /// - Parameter notebook: The notebook's path, for what names no place.
    static func read(_ output: String, notebook: String) -> [Diagnostic] {
        let lines = output.split(separator: "\n").map(String.init)
        var found: [Diagnostic] = []
        for line in lines {
            if let diagnostic = located(line), !found.contains(diagnostic) { found.append(diagnostic) }
        }
        let others = lines.filter { $0.contains("error:") && located(String($0)) == nil }
        let shown = found.isEmpty ? (others.isEmpty ? Array(lines.suffix(most)) : Array(others.prefix(most))) : []
        let head = Diagnostic(
            .error, identifier: "packages", summary: "the packages of this notebook do not build", path: notebook, range: nil, solutions: shown)
        return [head] + found.prefix(most)
    }

    /// Such as `/a/b.swift:3:5: error: cannot find 'x' in scope`.
    private static func located(_ line: String) -> Diagnostic? {
        guard let mark = line.firstRange(of: ": error: ") else { return nil }
        let place = line[..<mark.lowerBound].split(separator: ":", omittingEmptySubsequences: false)
        guard place.count >= 3, let column = Int(place[place.count - 1]), let row = Int(place[place.count - 2]) else { return nil }
        let start = SourceLocation(line: row, column: column)
        return Diagnostic(
            .error, identifier: "package", summary: String(line[mark.upperBound...]), path: place.dropLast(2).joined(separator: ":"),
            range: SourceRange(start: start, end: SourceLocation(line: row, column: column + 1)))
    }
}
