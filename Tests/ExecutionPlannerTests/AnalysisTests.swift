import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

private func cell(_ source: String, kind: Cell.Kind = .code, line: Int = 1, indentation: Int = 0) -> Cell {
    Cell(
        id: "c", kind: kind, source: source, firstLine: line, indentation: indentation, range: SourceRange(lines: line...line),
        options: CellOptions(), writtenSource: source, infoString: "swift")
}

private func rewritten(_ source: String, kind: Cell.Kind = .code) -> String {
    CellAnalysis(cell(source, kind: kind), path: "post.md").rewritten.text
}

@Suite("Rewriting cells")
struct RewritingTests {
    @Test("what fulfils a protocol for a type that the cell does not define is public, unless it shows a type of the cell's own")
    func foreignConformances() {
        #expect(
            rewritten("extension Circle: Shape {\n  func area() -> Double { r }\n  private var r: Int { 1 }\n}")
                == "extension Circle: Shape {\n  public func area() -> Double { r }\n  private var r: Int { 1 }\n}")
        #expect(rewritten("struct A {}\nextension A: Shape { func area() {} }") == "struct A {}\nextension A: Shape { func area() {} }")
        #expect(
            rewritten("struct A {}\nextension B: Shape { func f(_ a: A) {}; @inlinable static func + (l: B, r: B) -> B { _ = A(); return l } }")
                == "struct A {}\nextension B: Shape { func f(_ a: A) {}; public @inlinable static func + (l: B, r: B) -> B { _ = A(); return l } }")
        #expect(rewritten("extension B { func f() {} }") == "extension B { func f() {} }")
    }

    @Test("constants of actors are read without waiting in all of a program")
    func actorConstants() {
        #expect(
            rewritten("actor A { let a = 1; private let b = 2; var c = 3; static let d = 4; nonisolated let e = 5; func f() { let g = 1 } }")
                == "actor A { nonisolated let a = 1; nonisolated private let b = 2; var c = 3; static let d = 4; nonisolated let e = 5; func f() { let g = 1 } }"
        )
    }

    @Test("a program's entry point is refused with the way to run it")
    func entryPoints() {
        let analysis = CellAnalysis(cell("struct B {}\n\n@main struct App { static func main() {} }", line: 20), path: "post.md")
        #expect(
            analysis.diagnostics.map(\.description) == [
                "post.md:22:1: error: a cell has no '@main': its statements run as they stand\n  help: Leave '@main' out and write 'App.main()' as a statement"
            ])
    }

    @Test("the last expression is shown unless it is an assignment, a statement, a call without value or ends with a semicolon")
    func lastExpressions() {
        #expect(rewritten("let a = 1\na") == "let a = 1\n_galleyResult(a)")
        #expect(rewritten("a = 1") == "a = 1")
        #expect(rewritten("a += 1") == "a += 1")
        #expect(rewritten("a == 1") == "_galleyResult(a == 1)")
        #expect(rewritten("a >= 1 // why") == "_galleyResult(a >= 1) // why")
        #expect(rewritten("a;") == "_galleyDiscard(a);")
        #expect(rewritten("print(a)") == "print(a)")
        #expect(rewritten("if a { b }") == "if a { b }")
        #expect(rewritten("try f(\n  1\n)") == "_galleyResult(try f(\n  1\n))")
        #expect(rewritten("f { x in\n  x + 1\n}") == "_galleyResult(f { x in\n  x + 1\n})")
        #expect(rewritten("#function") == "_galleyResult(#function)")
        #expect(rewritten("#show") == "#show")
        #expect(rewritten("nil") == "nil")
        #expect(rewritten(".none") == ".none")
        #expect(rewritten("a\n#if X\n.b\n#endif") == "a\n#if X\n.b\n#endif")
        #expect(rewritten("") == "")
        #expect(rewritten("// nothing") == "// nothing")
    }

    @Test("await at the top level becomes a blocking call, with try where the expression has one")
    func awaiting() {
        #expect(rewritten("let m = try await load()") == "let m = try awaitValue({ try await load() })")
        #expect(rewritten("let m = await load()") == "let m = awaitValue({ await load() })")
        #expect(rewritten("let m = try? await load()") == "let m = awaitValue({ try? await load() })")
        #expect(rewritten("x = await load()") == "x = awaitValue({ await load() })")
        #expect(rewritten("await load()") == "_galleyResult(awaitValue({ await load() }))")
        #expect(rewritten("if await ready() { print(1) }") == "if awaitValue({ await ready() }) { print(1) }")
        #expect(rewritten("func f() async { await g() }") == "func f() async { await g() }")
        #expect(rewritten("Task { await g() };") == "_galleyDiscard(Task { await g() });")
        #expect(
            rewritten("for try await x in s { print(x) }")
                == "for   x in _galleyAwaited(s) { print(x) }; try _galleyAwaitedEnd()")
        #expect(
            rewritten("outer: for await x in await f() { if x { break outer }; await g(x) }")
                == "outer: for  x in _galleyAwaited(awaitValue({ await f() })) { if x { break outer }; awaitValue({ await g(x) }) }")
    }

    @Test("async let at the top level is a diagnostic with a way out")
    func asyncLet() {
        let analysis = CellAnalysis(cell("let a = 1\nasync let b = f()", line: 7, indentation: 2), path: "post.md")
        #expect(
            analysis.diagnostics.map(\.description) == [
                "post.md:8:3: error: 'async let' cannot stand at the top level of a cell\n  help: Write it inside an async function and call that with 'await'"
            ])
    }

    @Test("lines that start with ! are commands, but not inside expressions, strings and closures")
    func commands() {
        #expect(rewritten("!ls -l") == ##"try shell(#"ls -l"#)"##)
        #expect(rewritten("!grep \"a\\.b\" \\(file)") == ##"try shell(#"grep "a\.b" \#(file)"#)"##)
        #expect(rewritten("for f in fs {\n  !wc \\(f)\n}") == "for f in fs {\n  try shell(#\"wc \\#(f)\"#)\n}")
        #expect(rewritten("let a = b &&\n  !c") == "let a = b &&\n  !c")
        #expect(rewritten("let s = \"\"\"\n!x\n\"\"\"") == "let s = \"\"\"\n!x\n\"\"\"")
        #expect(rewritten("a.filter {\n  !$0\n};") == "_galleyDiscard(a.filter {\n  !$0\n});")
        #expect(rewritten("!echo \"#") == ###"try shell(##"echo "#"##)"###)
    }

    @Test("an inline value is one expression")
    func inlineValues() {
        #expect(rewritten("a + 1", kind: .inlineValue) == "_galleyInline(a + 1)")
        #expect(CellAnalysis(cell("let a = 1", kind: .inlineValue), path: "p.md").diagnostics.map(\.identifier) == ["inline-value"])
    }

    @Test("columns of the compiler lead back to the author's")
    func columns() {
        let text = "let m = try await load(oops)"
        let one = cell(text, line: 12, indentation: 4)
        let analysis = CellAnalysis(one, path: "post.md")
        let compiled = Array(analysis.rewritten.text)
        for word in ["let", "load", "oops"] {
            let there =
                analysis.rewritten.text.firstRange(of: word).map {
                    analysis.rewritten.text.distance(from: analysis.rewritten.text.startIndex, to: $0.lowerBound)
                } ?? 0
            let here = text.firstRange(of: word).map { text.distance(from: text.startIndex, to: $0.lowerBound) } ?? 0
            #expect(analysis.place(line: 12, compilerColumn: there + 1, in: one) == SourceLocation(line: 12, column: here + 5))
        }
        #expect(compiled.count > text.count)
    }
}

@Suite("Names and graph")
struct GraphTests {
    /// Per cell: `imports | state it needs`, cells counted from 1.
    private func graph(_ sources: [String]) -> [String] {
        let graph = CellGraph(sources.map { CellAnalysis(cell($0), path: "p").names })
        return graph.nodes.map { node in
            let imports = node.imports.map { "\($0 + 1)" }.joined(separator: " ")
            let state = node.stateDependencies.map { "\($0 + 1)" }.joined(separator: " ")
            return "\(imports) | \(state)"
        }
    }

    @Test("a cell rests on the cells that define what it names, and on those that changed it")
    func mutations() {
        #expect(graph(["var x = 1", "let y = 2", "x += y", "print(x)", "print(y)"]) == [" | ", " | ", "1 2 | 1 2", "1 | 1 2 3", "2 | 2"])
    }

    @Test("a call may change what the function's cell names")
    func calls() {
        #expect(graph(["var x = 1", "func f() { x += 1 }", "f()", "print(x)"])[3] == "1 | 1 2 3")
    }

    @Test("a constant of a literal is changed by nobody; an object behind a let may be")
    func constants() {
        #expect(graph(["let n = 3", "use(n)", "print(n)"])[2] == "1 | 1")
        #expect(graph(["let m = Model()", "m.train()", "print(m)"])[2] == "1 | 1 2")
        #expect(graph(["let m = Model()", "train(m)", "print(m)"])[2] == "1 | 1 2")
    }

    @Test("the latest definition counts, and is named where several are in sight")
    func shadows() {
        let sources = ["let x = 1\nlet y = 2", "let x = 3", "print(x, y)", "print(y)"]
        let graph = CellGraph(sources.map { CellAnalysis(cell($0), path: "p").names })
        #expect(graph.nodes[2].shadows.map { "\($0.kind.rawValue) \($0.definer).\($0.name)" } == ["var 1.x"])
        #expect(graph.nodes[3].imports == [0])
        #expect(graph.nodes[3].shadows == [])
    }

    @Test("extensions reach the cells that use their members or their types")
    func extensions() {
        #expect(
            graph(["struct P {}", "extension P { func area() -> Int { 1 } }", "P().area()", "print(1)"]) == [" | ", "1 | 1", "1 2 | 1 2", " | "])
        #expect(graph(["struct P {}", "extension P: Equatable {}", "print(1)"])[2] == "1 2 | 1 2")
    }

    @Test("cells in a long chain are planned with one key to hash for each")
    func longChains() {
        let sources = ["var x = 0"] + (1..<200).map { "x += \($0)" }
        let graph = CellGraph(sources.map { CellAnalysis(cell($0), path: "p").names })
        #expect(graph.nodes[199].stateDependencies.count == 199)
        #expect(graph.nodes[199].nearestDependencies == [198])
    }
}

@Suite("Classification")
struct ClassificationTests {
    @Test("every kind of word is found, and commands are one stretch")
    func kinds() {
        let source = "// a\nlet x: Int = 3 + f(\"s\")\n!ls \\(x)\n"
        let bytes = Array(source.utf8)
        let words = classifySwift(source).map { span in
            "\(span.kind.rawValue) \(String(decoding: bytes[span.offset..<(span.offset + span.length)], as: UTF8.self))"
        }
        #expect(words.contains("comment // a"))
        #expect(words.contains("keyword let"))
        #expect(words.contains("type Int"))
        #expect(words.contains("number 3"))
        #expect(words.contains("command !ls \\(x)"))
        #expect(words.contains { $0.hasPrefix("string") })
    }

    @Test("spans are in order and do not overlap")
    func order() {
        let spans = classifySwift("struct A<T> { var a = \"x \\(1 + 2)\" /* b */ }\n#if os(Linux)\n@discardableResult func f() {}\n#endif")
        for (left, right) in zip(spans, spans.dropFirst()) { #expect(left.offset + left.length <= right.offset) }
        #expect(spans.contains { $0.kind == .directive })
        #expect(spans.contains { $0.kind == .attribute })
    }
}
