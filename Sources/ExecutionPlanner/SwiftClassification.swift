public import NotebookModel
internal import SwiftIDEUtils
internal import SwiftParser
internal import SwiftSyntax

/// The kinds of the stretches of a cell's source, for highlighting; `!command` lines are one stretch each.
public func classifySwift(_ source: String) -> [SyntaxSpan] {
    let cell = ParsedCell(source)
    var spans = cell.commands.map { SyntaxSpan(offset: $0.offset, length: $0.length, kind: .command) }
    for range in cell.tree.classifications {
        guard let kind = kind(range.kind), !range.range.isEmpty else { continue }
        let start = range.range.lowerBound.utf8Offset
        spans.append(SyntaxSpan(offset: start, length: range.range.upperBound.utf8Offset - start, kind: kind))
    }
    return spans.sorted { $0.offset < $1.offset }
}

private func kind(_ classification: SyntaxClassification) -> SyntaxSpan.Kind? {
    switch classification {
    case .none: nil
    case .editorPlaceholder: nil
    case .keyword: .keyword
    case .attribute: .attribute
    case .type: .type
    case .identifier, .dollarIdentifier: .identifier
    case .argumentLabel: .identifier
    case .stringLiteral, .regexLiteral: .string
    case .integerLiteral, .floatLiteral: .number
    case .lineComment, .blockComment: .comment
    case .docLineComment, .docBlockComment: .documentation
    case .operator: .operator
    case .ifConfigDirective: .directive
    @unknown default: nil
    }
}
