/// What is shown of a value: its own representations, or one after another those of what it holds, where all that is held shows itself.
///
/// Arrays, sets, dictionaries and tuples of charts are shown as charts. Past a hundred the rest is only counted.
package func displayParts(of value: Any) -> [[DisplayRepresentation]] {
    if !(value is any Displayable), let held = displayableParts(of: value, depth: 0), !held.isEmpty {
        let shown = held.prefix(100).map { displayRepresentations(of: $0) }
        return held.count > 100 ? shown + [[.plainText("\(held.count - 100) more")]] : shown
    }
    return [displayRepresentations(of: value)]
}

/// What a collection or tuple holds, keys before values; `nil` where something in it does not show itself.
private func displayableParts(of value: Any, depth: Int) -> [Any]? {
    if value is any Displayable { return [value] }
    let mirror = Mirror(reflecting: value)
    if depth > 8 { return nil }
    switch mirror.displayStyle {
    case .optional:
        guard let inner = mirror.children.first?.value else { return [] }
        return displayableParts(of: inner, depth: depth + 1)
    case .collection, .set:
        var parts: [Any] = []
        for child in mirror.children {
            guard let held = displayableParts(of: child.value, depth: depth + 1) else { return nil }
            parts += held
        }
        return parts
    case .dictionary:
        var parts: [Any] = []
        for child in mirror.children {
            let pair = Mirror(reflecting: child.value).children.map(\.value)
            guard pair.count == 2, let held = displayableParts(of: pair[1], depth: depth + 1), !held.isEmpty else { return nil }
            parts += ["\(pair[0]):"] + held
        }
        return parts
    case .tuple:
        // Beside something that shows itself other values are shown as they are.
        var parts: [Any] = []
        var hasDisplayable = false
        for child in mirror.children {
            let held = displayableParts(of: child.value, depth: depth + 1)
            hasDisplayable = hasDisplayable || held?.isEmpty == false
            parts += held ?? [child.value]
        }
        return hasDisplayable ? parts : nil
    default: return nil
    }
}
