/// Which of several imported definitions of a name count, for cells that define names of their own.
struct NamePrecedence {
    private let names: Set<String>
    /// Of the cells' own functions.
    private let signatures: Set<String>

    init(_ own: [CellNames.Definition]) {
        names = Set(own.map(\.name))
        signatures = Set(own.filter { $0.kind == .function }.map(\.signature))
    }

    /// The definers whose definitions an import must name, so that these stand before others of the same signature.
    ///
    /// - Parameters:
    ///   - visible: The definitions in sight, earlier ones first.
    ///   - beforeLibraries: Whether types are to stand before those of the same name in libraries, too, such as Foundation's `Unit`.
    func preferred<Definer: Hashable>(
        _ name: String, of visible: [(definer: Definer, definition: CellNames.Definition)], beforeLibraries: Bool = false
    ) -> [(Definer, CellNames.Definition.Kind)] {
        guard let last = visible.last else { return [] }
        if Set(visible.map(\.definer)).count == 1 {
            let isType = last.definition.kind != .function && last.definition.kind != .variable
            return beforeLibraries && isType && !names.contains(name) ? [(last.definer, last.definition.kind)] : []
        }
        guard visible.allSatisfy({ $0.definition.kind == .function }) else {
            return names.contains(name) ? [] : [(last.definer, last.definition.kind)]
        }
        // Overloads stay in sight; where two are alike the later one counts, and the cell's own before all.
        var winners: [String: Definer] = [:]
        var contested: Set<String> = []
        for (definer, definition) in visible where !signatures.contains(definition.signature) {
            if let earlier = winners.updateValue(definer, forKey: definition.signature), earlier != definer { contested.insert(definition.signature) }
        }
        let chosen = Set(contested.compactMap { winners[$0] })
        var listed: Set<Definer> = []
        return visible.filter { chosen.contains($0.definer) && listed.insert($0.definer).inserted }.map { ($0.definer, .function) }
    }
}
