/// The cells of a notebook with what their names stand for, as the compiler would have it.
struct TinyProgram {
    typealias Expression = TinyLanguage.Expression
    typealias Statement = TinyLanguage.Statement

    /// One definition of a name. The values that it has live in the module that its cell is.
    final class Definition {
        enum Kind { case variable, constant, function, mutator, list, box, hooks, closure, counter, type, object }

        let kind: Kind
        let statement: Statement
        let seen: [String: Definition]
        /// Set once it is known which module the cell is.
        var module = ""

        init(_ kind: Kind, _ statement: Statement, seen: [String: Definition]) {
            (self.kind, self.statement, self.seen) = (kind, statement, seen)
        }
    }

    struct Cell {
        var statement: Statement
        /// What names stand for in it.
        var seen: [String: Definition]
        /// What it defines.
        var own: Definition?
    }

    private(set) var cells: [Cell] = []

    /// `nil` where a cell does not compile.
    init?(_ statements: [Statement]) {
        var scope: [String: Definition] = [:]
        for (index, statement) in statements.enumerated() {
            guard Self.compiles(statement, scope) else { return nil }
            var cell = Cell(statement: statement, seen: scope)
            if let (name, kind) = Self.definition(statement) {
                let own = Definition(kind, statement, seen: scope)
                own.module = "cell \(index)"
                cell.own = own
                scope[name] = own
            }
            cells.append(cell)
        }
    }

    /// Whether a fresh run of these cells can be told here: a function that calls itself compiles, `var a = a` takes the earlier value, and where a cell that may fail does not compile
    /// its error is shown and the others run.
    static func tells(_ statements: [Statement]) -> Bool {
        var kinds: [String: Definition.Kind] = [:]
        for statement in statements {
            switch statement {
            case .base(_, .call("f")), .subclass(_, _, _, .run("g"), _): return false
            case .mutator(let name, .run(let called)) where name == called: return false
            case .function(let name, .call(let called)) where name == called: return false
            // A script refuses these; a notebook takes the earlier value.
            case .variable(let name, .name(let used), _) where name == used: return false
            case .variable(let name, .sum(let used, _), _) where name == used: return false
            case .failing(let name, _) where kinds[name] != .variable: return false
            default: if let (name, kind) = definition(statement) { kinds[name] = kind }
            }
        }
        return true
    }

    private static func definition(_ statement: Statement) -> (String, Definition.Kind)? {
        switch statement {
        case .variable(let name, _, let isConstant): (name, isConstant ? .constant : .variable)
        case .function(let name, _): (name, .function)
        case .mutator(let name, _): (name, .mutator)
        case .list(let name, _): (name, .list)
        case .box(let name, _), .alias(let name, _): (name, .box)
        case .hooks(let name): (name, .hooks)
        case .closure(let name, _): (name, .closure)
        case .counter(let name): (name, .counter)
        case .base(let name, _), .subclass(let name, _, _, _, _): (name, .type)
        case .object(let name, _): (name, .object)
        default: nil
        }
    }

    private static func compiles(_ statement: Statement, _ scope: [String: Definition]) -> Bool {
        func has(_ name: String, _ kinds: Definition.Kind...) -> Bool { scope[name].map { kinds.contains($0.kind) } ?? false }
        switch statement {
        case .variable(let name, let value, _), .function(let name, let value): return compiles(value, scope, defining: name)
        // In a class its own `f` and `g` are meant, which would call themselves.
        case .base(_, let value): return value != .call("f") && compiles(value, scope)
        case .mutator(let name, let action): return action != .run(name) && compiles(action, scope)
        case .closure(_, let action): return compiles(action, scope)
        case .list, .box, .hooks, .counter, .empty: return true
        case .alias(let name, let other): return has(other, .box) && name != other
        case .assign(let name, let value):
            // `a = a` is an error in Swift.
            return has(name, .variable) && value != .name(name) && compiles(value, scope)
        case .add(let name, let value): return has(name, .variable) && compiles(value, scope)
        case .failing(let name, _): return has(name, .variable)
        case .append(let name, let value): return has(name, .list) && compiles(value, scope)
        case .boxAdd(let name, _): return has(name, .box)
        case .run(let name): return has(name, .mutator)
        case .hook(let name, let action): return has(name, .hooks) && compiles(action, scope)
        case .fire(let name): return has(name, .hooks)
        case .callClosure(let name): return has(name, .closure)
        case .subclass(let name, let base, _, let action, _):
            return has(base, .type) && name != base && action != .run("g") && action.map { compiles($0, scope) } ?? true
        case .object(_, let type):
            // The variable's type is the P that is in sight: it must be the one that the class descends from.
            guard let top = scope["P"], var current = scope[type] else { return false }
            while case .subclass(_, let base, _, _, _) = current.statement {
                guard let next = current.seen[base] else { return false }
                current = next
            }
            return current === top
        case .print(let value), .value(let value), .write(let value), .setEnvironment(let value): return compiles(value, scope)
        }
    }

    private static func compiles(_ action: TinyLanguage.Action, _ scope: [String: Definition]) -> Bool {
        switch action {
        case .add(let name, _): scope[name]?.kind == .variable
        case .boxAdd(let name, _): scope[name]?.kind == .box
        case .append(let name, _): scope[name]?.kind == .list
        case .run(let name): scope[name]?.kind == .mutator
        case .write: true
        }
    }

    private static func compiles(_ value: Expression, _ scope: [String: Definition], defining: String? = nil) -> Bool {
        switch value {
        case .constant, .file, .environment: true
        case .name(let name), .sum(let name, _): (scope[name]?.kind == .variable || scope[name]?.kind == .constant) && name != defining
        case .call(let name): scope[name]?.kind == .function && name != defining
        case .total(let name): scope[name]?.kind == .list
        case .member(let name): scope[name]?.kind == .box
        case .count(let name): scope[name]?.kind == .counter
        case .method(let name, _): scope[name]?.kind == .object
        }
    }
}

/// A process in which cells run: what they left stays, whichever cells run in it, and in whichever order.
final class TinyMachine {
    typealias Definition = TinyProgram.Definition

    private final class Object {
        var value = 0
        var type: Definition?
    }

    private struct Closure {
        var action: TinyLanguage.Action
        var seen: [String: Definition]
    }

    private enum Value {
        case number(Int)
        case list([Int])
        case object(Object)
        case closures([Closure])
    }

    /// What lies on the disk.
    final class Disk {
        var file: Int?
    }

    private let disk: Disk
    private var modules: [String: Value] = [:]
    private var environment: Int?

    init(disk: Disk = Disk()) {
        self.disk = disk
    }

    /// Runs what every notebook begins with.
    func runPrelude() { disk.file = nil }

    /// - Returns: What the cell puts out.
    func run(_ cell: TinyProgram.Cell) -> [String] {
        let seen = cell.seen
        func define(_ value: Value) { if let own = cell.own { modules[own.module] = value } }
        switch cell.statement {
        case .variable(_, let value, _): define(.number(evaluate(value, seen)))
        case .list(_, let values): define(.list(values))
        case .box(_, let value):
            let object = Object()
            object.value = value
            define(.object(object))
        case .alias(_, let other): if let object = object(other, seen) { define(.object(object)) }
        case .hooks: define(.closures([]))
        case .closure(_, let action): define(.closures([Closure(action: action, seen: seen)]))
        case .counter: define(.object(Object()))
        case .object(_, let type):
            let object = Object()
            object.type = seen[type]
            define(.object(object))
        case .assign(let name, let value): set(name, evaluate(value, seen), seen)
        case .add(let name, let value): set(name, number(name, seen) &+ evaluate(value, seen), seen)
        case .append(let name, let value):
            let value = evaluate(value, seen)
            append(name, value, seen)
        case .boxAdd(let name, let value): object(name, seen)?.value &+= value
        case .run(let name): run(name, seen)
        case .hook(let name, let action):
            guard let module = seen[name]?.module, case .closures(let all)? = modules[module] else { break }
            modules[module] = .closures(all + [Closure(action: action, seen: seen)])
        case .fire(let name), .callClosure(let name):
            if let module = seen[name]?.module, case .closures(let all)? = modules[module] { for one in all { perform(one.action, one.seen) } }
        case .write(let value): disk.file = evaluate(value, seen)
        case .setEnvironment(let value): environment = evaluate(value, seen)
        case .failing(let name, let value):
            set(name, number(name, seen) &+ value, seen)
            return ["error: thrown Oops: Oops()"]
        case .print(let value): return ["out: \("\(evaluate(value, seen))\n".debugDescription)"]
        case .value(let value): return ["result: \(evaluate(value, seen))"]
        case .function, .mutator, .base, .subclass, .empty: break
        }
        return []
    }

    private func perform(_ action: TinyLanguage.Action, _ seen: [String: Definition]) {
        switch action {
        case .add(let name, let value): set(name, number(name, seen) &+ value, seen)
        case .boxAdd(let name, let value): object(name, seen)?.value &+= value
        case .append(let name, let value): append(name, value, seen)
        case .run(let name): run(name, seen)
        case .write(let value): disk.file = value
        }
    }

    private func run(_ name: String, _ seen: [String: Definition]) {
        if let definition = seen[name], case .mutator(_, let action) = definition.statement { perform(action, definition.seen) }
    }

    private func append(_ name: String, _ value: Int, _ seen: [String: Definition]) {
        if let module = seen[name]?.module, case .list(let values)? = modules[module] { modules[module] = .list(values + [value]) }
    }

    private func set(_ name: String, _ value: Int, _ seen: [String: Definition]) {
        if let module = seen[name]?.module { modules[module] = .number(value) }
    }

    private func number(_ name: String, _ seen: [String: Definition]) -> Int {
        if let module = seen[name]?.module, case .number(let value)? = modules[module] { return value }
        return 0
    }

    private func object(_ name: String, _ seen: [String: Definition]) -> Object? {
        if let module = seen[name]?.module, case .object(let object)? = modules[module] { return object }
        return nil
    }

    private func evaluate(_ value: TinyLanguage.Expression, _ seen: [String: Definition]) -> Int {
        switch value {
        case .constant(let value): return value
        case .name(let name): return number(name, seen)
        case .sum(let name, let value): return number(name, seen) &+ value
        case .call(let name):
            if let definition = seen[name], case .function(_, let body) = definition.statement { return evaluate(body, definition.seen) }
            return 0
        case .total(let name):
            if let module = seen[name]?.module, case .list(let values)? = modules[module] { return values.reduce(0, &+) }
            return 0
        case .member(let name): return object(name, seen)?.value ?? 0
        case .count(let name):
            guard let object = object(name, seen) else { return 0 }
            object.value += 1
            return object.value
        case .method(let name, let method):
            guard let type = object(name, seen)?.type else { return 0 }
            return call(method, of: type, from: type)
        case .file: return disk.file ?? 0
        case .environment: return environment ?? 0
        }
    }

    /// - Parameter start: Where the method is looked for first; `super` looks further up.
    private func call(_ method: String, of type: Definition, from start: Definition) -> Int {
        switch start.statement {
        case .base(_, let value):
            return method == "f" ? evaluate(value, start.seen) : call("f", of: type, from: type) &+ 1
        case .subclass(_, let base, let overridden, let action, let value):
            guard let parent = start.seen[base] else { return 0 }
            if overridden != method { return call(method, of: type, from: parent) }
            if let action { perform(action, start.seen) }
            return call(method, of: type, from: parent) &+ value
        default: return 0
        }
    }
}
