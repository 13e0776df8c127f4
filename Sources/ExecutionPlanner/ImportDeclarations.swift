internal import SwiftSyntax

/// The imports of a cell that hold for later cells.
enum ImportDeclarations {
    /// Each imports what there is: that a module cannot be found is said once, of the cell that asks for it.
    static func inherited(from items: CodeBlockItemListSyntax) -> [String] {
        items.compactMap { item in
            if let node = item.item.as(ImportDeclSyntax.self) { return guarded(node) }
            return item.item.as(IfConfigDeclSyntax.self).flatMap(conditional)
        }
    }

    private static func guarded(_ node: ImportDeclSyntax) -> String {
        guard let module = node.path.first?.name.text, !module.isEmpty else { return "" }
        return "#if canImport(\(module))\n\(text(node))\n#endif"
    }

    /// On one line, whatever the author wrote.
    private static func text(_ node: ImportDeclSyntax) -> String {
        node.trimmedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// The imports under the conditions that they stand under; `nil` where there are none.
    private static func conditional(_ node: IfConfigDeclSyntax) -> String? {
        var lines: [String] = []
        var hasImports = false
        for clause in node.clauses {
            let condition = clause.condition.map { " " + $0.trimmedDescription.split(whereSeparator: \.isNewline).joined(separator: " ") } ?? ""
            lines.append(clause.poundKeyword.text + condition)
            let inner = clause.elements?.as(CodeBlockItemListSyntax.self).map { inherited(from: $0) } ?? []
            hasImports = hasImports || !inner.isEmpty
            lines += inner
        }
        return hasImports ? (lines + ["#endif"]).joined(separator: "\n") : nil
    }
}
