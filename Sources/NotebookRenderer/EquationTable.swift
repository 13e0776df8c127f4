/// The numbers of a page's equations, and what its labels refer to.
struct EquationTable {
    /// Where a label leads, and how it reads.
    struct Target: Hashable {
        var id: String
        var text: String
    }

    /// By the formulas' nodes in the notebook's document: outputs have places of their own.
    private var firstNumbers: [Int: Int] = [:]
    private(set) var targets: [String: Target] = [:]

    /// Gives a formula its numbers.
    ///
    /// - Parameters:
    ///   - node: the formula's in the notebook's document.
    ///   - id: the author's, if there is one.
    ///   - next: the number that is free; moved behind those that are taken.
    mutating func add(_ tex: String, node: Int, id: String?, next: inout Int) {
        let rows = EquationRows(tex)
        let count = rows.isNumberedWhole ? 1 : rows.numberedCount
        if count > 0 { firstNumbers[node] = next }
        for (label, name) in rows.labels where targets[label] == nil {
            let text =
                switch name {
                case .number(let offset): "(\(next + offset))"
                case .tag(let text): text
                }
            targets[label] = Target(id: id ?? Self.id(rows.labels[0].label), text: text)
        }
        next += count
    }

    /// The number of a formula's first row that has one.
    ///
    /// - Parameter node: `nil` for a formula that the notebook's document does not have.
    func firstNumber(node: Int?) -> Int? { node.flatMap { firstNumbers[$0] } }

    /// A formula in which references to labels that are known are what they read as.
    func resolved(_ tex: String) -> String {
        guard !targets.isEmpty else { return tex }
        var result = ""
        var start = tex.startIndex
        for reference in Self.references(in: tex) {
            guard let target = targets[reference.label] else { continue }
            result += tex[start..<reference.range.lowerBound] + "\\text{\(target.text)}"
            start = reference.range.upperBound
        }
        return result + tex[start...]
    }

    struct Reference {
        var label: String
        var range: Range<String.Index>
        /// Of `\eqref`.
        var isInParentheses: Bool
    }

    /// The `\eqref{…}` and `\ref{…}` of a text.
    static func references(in text: String) -> [Reference] {
        var found: [Reference] = []
        var index = text.startIndex
        while let start = text[index...].firstIndex(of: "\\") {
            index = text.index(after: start)
            let rest = text[start...]
            guard let command = ["\\eqref{", "\\ref{"].first(where: rest.hasPrefix) else { continue }
            let begin = rest.index(rest.startIndex, offsetBy: command.count)
            guard let end = rest[begin...].firstIndex(of: "}") else { break }
            index = text.index(after: end)
            found.append(Reference(label: String(rest[begin..<end]), range: start..<index, isInParentheses: command == "\\eqref{"))
        }
        return found
    }

    /// A label as an identifier, which has no spaces.
    static func id(_ label: String) -> String { String(label.map { $0.isWhitespace ? "-" : $0 }) }
}
