internal import CellWire

// Which variables of which cells have their values. Cells that may end early, or declare a variable without a value, note it; later
// cells ask before they read. Not for authors: the names may change.

/// A variable was to be read that never got its value.
struct MissingValue: Error, CustomStringConvertible {
    var description: String

    init(_ cell: String, _ name: String, isDeclaredOnly: Bool) {
        description =
            isDeclaredOnly
            ? "'\(name)' has no value: \(cell) declares it without one"
            : "'\(name)' has no value: \(cell) ended before it got one"
    }
}

/// The cell begins: none of its variables has a value.
public func _galleyBegin(_ cell: String) {
    CellVariables.monitor.locked { CellVariables.known[cell] = [] }
}

/// The cell's variable has a value from here on.
public func _galleySet(_ cell: String, _ name: String) {
    CellVariables.monitor.locked { _ = CellVariables.known[cell, default: []].insert(name) }
}

/// Ends the cell that asks where an earlier cell's variable has no value.
public func _galleyNeed(_ cell: String, _ name: String, isDeclaredOnly: Bool) throws {
    if !CellVariables.has(cell, name) { throw MissingValue(cell, name, isDeclaredOnly: isDeclaredOnly) }
}

/// The value of a variable that its cell declares without one.
public func _galleyValue<Value>(_ value: Value?, _ cell: String, _ name: String) -> Value {
    guard let value else { preconditionFailure(MissingValue(cell, name, isDeclaredOnly: true).description) }
    return value
}

public func _galleyCheck(_ hasValue: Bool, _ cell: String, _ name: String) {
    if !hasValue { preconditionFailure(MissingValue(cell, name, isDeclaredOnly: true).description) }
}

/// A `let` that its cell declares without a value is given one.
public func _galleyOnce(_ isFirst: Bool, _ cell: String, _ name: String) {
    if !isFirst { preconditionFailure("'\(name)' has its value already: \(cell) declares it with 'let', so it gets one once") }
}

private enum CellVariables {
    static let monitor = Monitor()
    // Used with the monitor's lock held.
    nonisolated(unsafe) static var known: [String: Set<String>] = [:]

    static func has(_ cell: String, _ name: String) -> Bool { monitor.locked { known[cell]?.contains(name) == true } }
}
