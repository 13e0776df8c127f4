extension TinyLanguage {
    static let start: [Statement] = [
        .variable("a", .constant(1), isConstant: false), .variable("b", .constant(2), isConstant: false), .list("xs", [1, 2]), .box("k", 1),
        .alias("m", "k"), .function("f", .sum("a", 1)), .mutator("g", .add("a", 10)), .hooks("hooks"), .counter("n"), .base("P", .name("b")),
        .print(.call("f")),
    ]

    static func expression(_ generator: inout SeededGenerator) -> Expression {
        let name = ["a", "b"].randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<16, using: &generator) {
        case 0: return .constant(Int.random(in: 1...2, using: &generator))
        case 1, 2, 3: return .name(name)
        case 4: return .sum(name, Int.random(in: 1...2, using: &generator))
        case 5, 6: return .call("f")
        case 7: return .total("xs")
        case 8: return .count("n")
        case 9, 10: return .method("o", ["f", "g"].randomElement(using: &generator) ?? "f")
        case 11: return .file
        case 12: return .environment
        default: return .member(["k", "m"].randomElement(using: &generator) ?? "k")
        }
    }

    static func action(_ generator: inout SeededGenerator) -> Action {
        let value = Int.random(in: 1...2, using: &generator)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0, 1, 2: return .add(["a", "b"].randomElement(using: &generator) ?? "a", value * 10)
        case 3, 4: return .boxAdd(["k", "m"].randomElement(using: &generator) ?? "k", value)
        case 5: return .append("xs", value)
        case 6: return .write(value)
        default: return .run("g")
        }
    }

    static func statement(_ generator: inout SeededGenerator) -> Statement {
        let name = ["a", "b"].randomElement(using: &generator) ?? "a"
        let box = ["k", "m"].randomElement(using: &generator) ?? "k"
        switch Int.random(in: 0..<40, using: &generator) {
        case 0, 1: return .variable(name, .constant(Int.random(in: 1...3, using: &generator)), isConstant: false)
        case 2: return .variable(name, expression(&generator), isConstant: Bool.random(using: &generator))
        case 3: return .assign(name, expression(&generator))
        case 4, 5: return .add(name, expression(&generator))
        case 6:
            // One that called itself would compile, and never end.
            let value = expression(&generator)
            return .function("f", value == .call("f") ? .constant(3) : value)
        case 7: return .mutator("g", action(&generator))
        case 8, 9: return .run("g")
        case 10: return .list("xs", [1, Int.random(in: 1...2, using: &generator)])
        case 11: return .append("xs", expression(&generator))
        case 12: return .box("k", Int.random(in: 1...2, using: &generator))
        case 13: return .alias("m", "k")
        case 14, 15: return .boxAdd(box, Int.random(in: 1...2, using: &generator))
        case 16: return .value(expression(&generator))
        case 17: return .empty
        case 18: return .hooks("hooks")
        case 19, 20: return .hook("hooks", action(&generator))
        case 21, 22: return .fire("hooks")
        case 23: return .closure("c", action(&generator))
        case 24: return .callClosure("c")
        case 25: return .counter("n")
        case 26: return .base("P", expression(&generator))
        case 27, 28:
            let (type, base) = [("Q", "P"), ("R", "Q"), ("Q", "P"), ("R", "P")].randomElement(using: &generator) ?? ("Q", "P")
            return .subclass(
                type, of: base, overriding: ["f", "g"].randomElement(using: &generator) ?? "f",
                Int.random(in: 0..<3, using: &generator) == 0 ? action(&generator) : nil, Int.random(in: 1...3, using: &generator) * 100)
        case 29, 30: return .object("o", of: ["P", "Q", "R", "R"].randomElement(using: &generator) ?? "P")
        case 31, 32: return .write(expression(&generator))
        case 33: return .setEnvironment(expression(&generator))
        case 34: return .failing(name, Int.random(in: 1...2, using: &generator))
        default: return .print(expression(&generator))
        }
    }

    /// Inserts, deletes, moves, changes or renames.
    static func edit(_ cells: inout [Statement], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0..<max(1, cells.count), using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...2 where cells.count < 18:
            cells.insert(statement(&generator), at: min(place, cells.count))
        case 3 where cells.count > 10: cells.remove(at: place)
        case 4 where cells.count > 1:
            let moved = cells.remove(at: place)
            cells.insert(moved, at: Int.random(in: 0...cells.count, using: &generator))
        case 5:
            // Every use of one variable by the other's name, from some cell on.
            for index in place..<cells.count { cells[index] = renamed(cells[index]) }
        default: if !cells.isEmpty { cells[place] = statement(&generator) }
        }
    }

    private static func renamed(_ statement: Statement) -> Statement {
        func other(_ name: String) -> String { ["a": "b", "b": "a"][name] ?? name }
        func other(_ action: Action) -> Action { if case .add(let name, let value) = action { .add(other(name), value) } else { action } }
        func other(_ value: Expression) -> Expression {
            switch value {
            case .name(let name): .name(other(name))
            case .sum(let name, let value): .sum(other(name), value)
            case .constant, .call, .total, .member, .count, .method, .file, .environment: value
            }
        }
        return switch statement {
        case .variable(let name, let value, let isConstant): .variable(other(name), other(value), isConstant: isConstant)
        case .assign(let name, let value): .assign(other(name), other(value))
        case .add(let name, let value): .add(other(name), other(value))
        case .function(let name, let value): .function(name, other(value))
        case .mutator(let name, let action): .mutator(name, other(action))
        case .hook(let name, let action): .hook(name, other(action))
        case .closure(let name, let action): .closure(name, other(action))
        case .append(let name, let value): .append(name, other(value))
        case .print(let value): .print(other(value))
        case .value(let value): .value(other(value))
        case .base(let name, let value): .base(name, other(value))
        case .subclass(let name, let base, let method, let action, let value): .subclass(name, of: base, overriding: method, action.map(other), value)
        case .write(let value): .write(other(value))
        case .setEnvironment(let value): .setEnvironment(other(value))
        case .failing(let name, let value): .failing(other(name), value)
        case .run, .list, .box, .alias, .boxAdd, .hooks, .fire, .callClosure, .counter, .object, .empty: statement
        }
    }
}
