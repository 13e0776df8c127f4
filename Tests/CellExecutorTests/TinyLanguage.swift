/// Notebooks in a language small enough to be interpreted here: what a fresh run of their Swift prints is known without
/// compiling it.
struct TinyLanguage {
    enum Expression: Hashable {
        case constant(Int)
        case name(String)
        case sum(String, Int)
        case call(String)
        case total(String)
        case member(String)
    }

    enum Statement: Hashable {
        case variable(String, Expression, isConstant: Bool)
        case assign(String, Expression)
        case add(String, Expression)
        case function(String, Expression)
        case mutator(String, String)
        case run(String)
        case list(String, [Int])
        case append(String, Expression)
        case box(String, Int)
        case alias(String, String)
        case boxAdd(String, Int)
        case print(Expression)
        case value(Expression)
        case empty
    }

    /// What a fresh run puts out, a text for each cell that puts out anything; `nil` where a cell does not compile.
    static func outputs(of cells: [Statement]) -> [String]? {
        var interpreter = Interpreter()
        guard cells.allSatisfy({ interpreter.define($0) }) else { return nil }
        return interpreter.run(cells)
    }

    /// Every notebook begins with this cell.
    static let prelude = "final class Box { var v: Int; init(_ v: Int) { self.v = v } }"
}

extension TinyLanguage.Expression {
    var swift: String {
        switch self {
        case .constant(let value): "\(value)"
        case .name(let name): name
        case .sum(let name, let value): "\(name) &+ \(value)"
        case .call(let name): "\(name)()"
        case .total(let name): "\(name).reduce(0, &+)"
        case .member(let name): "\(name).v"
        }
    }
}

extension TinyLanguage.Statement {
    var swift: String {
        switch self {
        case .variable(let name, let value, let isConstant): "\(isConstant ? "let" : "var") \(name) = \(value.swift)"
        case .assign(let name, let value): "\(name) = \(value.swift)"
        case .add(let name, let value): "\(name) = \(name) &+ (\(value.swift))"
        case .function(let name, let value): "func \(name)() -> Int { \(value.swift) }"
        case .mutator(let name, let variable): "func \(name)() { \(variable) = \(variable) &+ 10 }"
        case .run(let name): "\(name)()"
        case .list(let name, let values): "var \(name) = \(values)"
        case .append(let name, let value): "\(name).append(\(value.swift))"
        case .box(let name, let value): "let \(name) = Box(\(value))"
        case .alias(let name, let other): "let \(name) = \(other)"
        case .boxAdd(let name, let value): "\(name).v = \(name).v &+ \(value)"
        case .print(let value): "print(\(value.swift))"
        case .value(let value): value.swift
        case .empty: ""
        }
    }
}

private struct Interpreter {
    /// What a name stands for in the cells after its definition.
    enum Definition {
        case variable(Storage, isConstant: Bool)
        case function(TinyLanguage.Expression, [String: Definition])
        case mutator(Storage)
        case list(Storage)
        case box(Reference)
    }

    final class Storage {
        var value = 0
        var values: [Int] = []
    }

    /// A constant that holds an object.
    final class Reference {
        var object = Storage()
    }

    private var scope: [String: Definition] = [:]
    /// The names as each cell saw them.
    private var scopes: [[String: Definition]] = []

    // MARK: What compiles

    /// Takes a cell into account; `false` where it does not compile.
    mutating func define(_ statement: TinyLanguage.Statement) -> Bool {
        let seen = scope
        defer { scopes.append(seen) }
        switch statement {
        case .variable(let name, let value, let isConstant):
            scope[name] = .variable(Storage(), isConstant: isConstant)
            return compiles(value, seen, defining: name)
        case .function(let name, let value):
            scope[name] = .function(value, seen)
            return compiles(value, seen, defining: name)
        case .mutator(let name, let variable):
            guard case .variable(let storage, false)? = seen[variable] else { return false }
            scope[name] = .mutator(storage)
            return true
        case .list(let name, _):
            scope[name] = .list(Storage())
            return true
        case .box(let name, _):
            scope[name] = .box(Reference())
            return true
        case .alias(let name, let other):
            scope[name] = .box(Reference())
            if case .box? = seen[other] { return name != other }
            return false
        case .assign(let name, let value), .add(let name, let value):
            guard case .variable(_, false)? = seen[name] else { return false }
            // `a = a` is an error in Swift.
            return statement != .assign(name, .name(name)) && compiles(value, seen)
        case .append(let name, let value):
            guard case .list? = seen[name] else { return false }
            return compiles(value, seen)
        case .boxAdd(let name, _):
            if case .box? = seen[name] { return true }
            return false
        case .run(let name):
            if case .mutator? = seen[name] { return true }
            return false
        case .print(let value), .value(let value): return compiles(value, seen)
        case .empty: return true
        }
    }

    private func compiles(_ value: TinyLanguage.Expression, _ scope: [String: Definition], defining: String? = nil) -> Bool {
        switch value {
        case .constant: return true
        case .name(let name), .sum(let name, _):
            if case .variable? = scope[name] { return name != defining }
            return false
        case .call(let name):
            if case .function? = scope[name] { return name != defining }
            return false
        case .total(let name):
            if case .list? = scope[name] { return true }
            return false
        case .member(let name):
            if case .box? = scope[name] { return true }
            return false
        }
    }

    // MARK: What it does

    func run(_ cells: [TinyLanguage.Statement]) -> [String] {
        var outputs: [String] = []
        for (index, statement) in cells.enumerated() {
            let seen = scopes[index]
            let after = index + 1 < scopes.count ? scopes[index + 1] : scope
            func own(_ name: String) -> Definition? { after[name] }
            switch statement {
            case .variable(let name, let value, _): if case .variable(let storage, _)? = own(name) { storage.value = evaluate(value, seen) }
            case .list(let name, let values): if case .list(let storage)? = own(name) { storage.values = values }
            case .box(let name, let value):
                if case .box(let reference)? = own(name) {
                    reference.object = Storage()
                    reference.object.value = value
                }
            case .alias(let name, let other):
                if case .box(let reference)? = own(name), case .box(let source)? = seen[other] { reference.object = source.object }
            case .assign(let name, let value): if case .variable(let storage, _)? = seen[name] { storage.value = evaluate(value, seen) }
            case .add(let name, let value): if case .variable(let storage, _)? = seen[name] { storage.value &+= evaluate(value, seen) }
            case .append(let name, let value): if case .list(let storage)? = seen[name] { storage.values.append(evaluate(value, seen)) }
            case .boxAdd(let name, let value): if case .box(let reference)? = seen[name] { reference.object.value &+= value }
            case .run(let name): if case .mutator(let storage)? = seen[name] { storage.value &+= 10 }
            case .print(let value): outputs.append("out: \("\(evaluate(value, seen))\n".debugDescription)")
            case .value(let value): outputs.append("result: \(evaluate(value, seen))")
            case .function, .mutator, .empty: break
            }
        }
        return outputs
    }

    private func evaluate(_ value: TinyLanguage.Expression, _ scope: [String: Definition]) -> Int {
        switch value {
        case .constant(let value): return value
        case .name(let name): return variable(name, scope)
        case .sum(let name, let value): return variable(name, scope) &+ value
        case .call(let name):
            if case .function(let body, let seen)? = scope[name] { return evaluate(body, seen) }
            return 0
        case .total(let name):
            if case .list(let storage)? = scope[name] { return storage.values.reduce(0, &+) }
            return 0
        case .member(let name):
            if case .box(let reference)? = scope[name] { return reference.object.value }
            return 0
        }
    }

    private func variable(_ name: String, _ scope: [String: Definition]) -> Int {
        if case .variable(let storage, _)? = scope[name] { return storage.value }
        return 0
    }
}

// MARK: Random notebooks

extension TinyLanguage {
    static func expression(_ generator: inout SeededGenerator) -> Expression {
        let name = ["a", "b"].randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return .constant(Int.random(in: 1...2, using: &generator))
        case 1, 2, 3: return .name(name)
        case 4: return .sum(name, Int.random(in: 1...2, using: &generator))
        case 5, 6: return .call("f")
        case 7: return .total("xs")
        default: return .member(["k", "m"].randomElement(using: &generator) ?? "k")
        }
    }

    static func statement(_ generator: inout SeededGenerator) -> Statement {
        let name = ["a", "b"].randomElement(using: &generator) ?? "a"
        let box = ["k", "m"].randomElement(using: &generator) ?? "k"
        switch Int.random(in: 0..<22, using: &generator) {
        case 0, 1: return .variable(name, .constant(Int.random(in: 1...3, using: &generator)), isConstant: false)
        case 2: return .variable(name, expression(&generator), isConstant: Bool.random(using: &generator))
        case 3: return .assign(name, expression(&generator))
        case 4, 5: return .add(name, expression(&generator))
        case 6:
            // One that called itself would compile, and never end.
            let value = expression(&generator)
            return .function("f", value == .call("f") ? .constant(3) : value)
        case 7: return .mutator("g", name)
        case 8, 9: return .run("g")
        case 10: return .list("xs", [1, Int.random(in: 1...2, using: &generator)])
        case 11, 12: return .append("xs", expression(&generator))
        case 13: return .box("k", Int.random(in: 1...2, using: &generator))
        case 14: return .alias("m", "k")
        case 15, 16: return .boxAdd(box, Int.random(in: 1...2, using: &generator))
        case 17: return .value(expression(&generator))
        case 18: return .empty
        default: return .print(expression(&generator))
        }
    }

    /// Inserts, deletes, moves, changes or renames.
    static func edit(_ cells: inout [Statement], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0..<max(1, cells.count), using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...2 where cells.count < 14:
            cells.insert(statement(&generator), at: min(place, cells.count))
        case 3 where cells.count > 8: cells.remove(at: place)
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
        func other(_ value: Expression) -> Expression {
            switch value {
            case .name(let name): .name(other(name))
            case .sum(let name, let value): .sum(other(name), value)
            case .constant, .call, .total, .member: value
            }
        }
        return switch statement {
        case .variable(let name, let value, let isConstant): .variable(other(name), other(value), isConstant: isConstant)
        case .assign(let name, let value): .assign(other(name), other(value))
        case .add(let name, let value): .add(other(name), other(value))
        case .function(let name, let value): .function(name, other(value))
        case .mutator(let name, let variable): .mutator(name, other(variable))
        case .append(let name, let value): .append(name, other(value))
        case .print(let value): .print(other(value))
        case .value(let value): .value(other(value))
        case .run, .list, .box, .alias, .boxAdd, .empty: statement
        }
    }
}
