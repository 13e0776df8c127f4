import NotebookModel

/// Notebooks in a language small enough to be interpreted here: what a fresh run of their Swift prints is known without
/// compiling it.
///
/// Names say what they are: `a`, `b` variables; `f` functions; `g` functions that change a variable; `xs` a list; `k`, `m` objects; `hooks`
/// a list of closures, `c` one; `n` a counter that a closure hides; `P`, `Q`, `R` classes, each a subclass of the one before, and `o` an object
/// of one.
struct TinyLanguage {
    indirect enum Expression: Hashable {
        case constant(Int)
        case name(String)
        case sum(String, Int)
        case call(String)
        case total(String)
        case member(String)
        /// Calls a counter, which goes on by one.
        case count(String)
        /// A method of an object, which a subclass may override.
        case method(String, String)
        /// What a file holds; 0 where there is none.
        case file
        /// A variable of the environment; 0 where there is none.
        case environment
    }

    /// What a closure or a method does.
    enum Action: Hashable {
        case add(String, Int)
        case boxAdd(String, Int)
        case append(String, Int)
        case run(String)
        case write(Int)
    }

    enum Statement: Hashable {
        case variable(String, Expression, isConstant: Bool)
        case assign(String, Expression)
        case add(String, Expression)
        case function(String, Expression)
        case mutator(String, Action)
        case run(String)
        case list(String, [Int])
        case append(String, Expression)
        case box(String, Int)
        case alias(String, String)
        case boxAdd(String, Int)
        case print(Expression)
        case value(Expression)
        case hooks(String)
        case hook(String, Action)
        case fire(String)
        case closure(String, Action)
        case callClosure(String)
        case counter(String)
        /// `class P { func f() -> Int { … }; func g() -> Int { f() &+ 1 } }`, or a subclass that overrides one of the two.
        case base(String, Expression)
        case subclass(String, of: String, overriding: String, Action?, Int)
        case object(String, of: String)
        case write(Expression)
        case setEnvironment(Expression)
        /// Changes a variable and throws, as its cell allows.
        case failing(String, Int)
        case empty
    }

    /// What a fresh run puts out, a text for each cell that puts out anything; `nil` where a cell does not compile.
    static func outputs(of cells: [Statement]) -> [String]? {
        guard let program = TinyProgram(cells) else { return nil }
        let machine = TinyMachine()
        return program.cells.flatMap { machine.run($0) }
    }

    /// Every notebook begins with this cell.
    static let prelude = """
        import Foundation
        final class Box { var v: Int; init(_ v: Int) { self.v = v } }
        struct Oops: Error {}
        func makeCounter() -> () -> Int { var n = 0; return { n += 1; return n } }
        func readFile() -> Int { (try? String(contentsOfFile: "tiny.txt", encoding: .utf8)).flatMap { Int($0) } ?? 0 }
        unlink("tiny.txt");
        """
}

extension TinyLanguage.Expression {
    var swift: String {
        switch self {
        case .constant(let value): "\(value)"
        case .name(let name): name
        case .sum(let name, let value): "\(name) &+ \(value)"
        case .call(let name), .count(let name): "\(name)()"
        case .total(let name): "\(name).reduce(0, &+)"
        case .member(let name): "\(name).v"
        case .method(let name, let method): "\(name).\(method)()"
        case .file: "readFile()"
        case .environment: "(getenv(\"TINY\").flatMap { Int(String(cString: $0)) } ?? 0)"
        }
    }
}

extension TinyLanguage.Action {
    var swift: String {
        switch self {
        case .add(let name, let value): "\(name) = \(name) &+ \(value)"
        case .boxAdd(let name, let value): "\(name).v = \(name).v &+ \(value)"
        case .append(let name, let value): "\(name).append(\(value))"
        case .run(let name): "\(name)()"
        case .write(let value): "try? \"\(value)\".write(toFile: \"tiny.txt\", atomically: true, encoding: .utf8)"
        }
    }
}

extension TinyLanguage.Statement {
    /// Whether its cell's options allow an error.
    var mayFail: Bool { if case .failing = self { true } else { false } }

    var swift: String {
        switch self {
        case .variable(let name, let value, let isConstant): "\(isConstant ? "let" : "var") \(name) = \(value.swift)"
        case .assign(let name, let value): "\(name) = \(value.swift)"
        case .add(let name, let value): "\(name) = \(name) &+ (\(value.swift))"
        case .function(let name, let value): "func \(name)() -> Int { \(value.swift) }"
        case .mutator(let name, let action): "func \(name)() { \(action.swift) }"
        case .run(let name), .callClosure(let name): "\(name)()"
        case .list(let name, let values): "var \(name) = \(values)"
        case .append(let name, let value): "\(name).append(\(value.swift))"
        case .box(let name, let value): "let \(name) = Box(\(value))"
        case .alias(let name, let other): "let \(name) = \(other)"
        case .boxAdd(let name, let value): "\(name).v = \(name).v &+ \(value)"
        case .print(let value): "print(\(value.swift))"
        case .value(let value): value.swift
        case .hooks(let name): "var \(name): [() -> Void] = []"
        case .hook(let name, let action): "\(name).append { \(action.swift) }"
        case .fire(let name): "for h in \(name) { h() }"
        case .closure(let name, let action): "let \(name): () -> Void = { \(action.swift) }"
        case .counter(let name): "let \(name) = makeCounter()"
        case .base(let name, let value): "class \(name) {\n  func f() -> Int { \(value.swift) }\n  func g() -> Int { f() &+ 1 }\n}"
        case .subclass(let name, let base, let method, let action, let value):
            "class \(name): \(base) { override func \(method)() -> Int { \(action.map { $0.swift + "; " } ?? "")return super.\(method)() &+ \(value) } }"
        case .object(let name, let type): "let \(name): P = \(type)()"
        case .write(let value): "try \"\\(\(value.swift))\".write(toFile: \"tiny.txt\", atomically: true, encoding: .utf8)"
        case .setEnvironment(let value): "setenv(\"TINY\", \"\\(\(value.swift))\", 1);"
        case .failing(let name, let value): "\(name) = \(name) &+ \(value)\nthrow Oops()"
        case .empty: ""
        }
    }
}

extension TinyLanguage {
    static func notebook(_ cells: [Statement]) -> Notebook {
        TinyNotebook.make([prelude] + cells.map(\.swift)) { number, options in options.error = number > 1 && cells[number - 2].mayFail }
    }
}
