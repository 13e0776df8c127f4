import ExecutionPlanner
import Groundwork
import NotebookModel
import SourceText
import Testing

/// What the planner writes into cells of what the cells before it left: names of modules stand as `Cell`.
@Suite("Names of earlier cells, and values that are missing")
struct ValueTests {
    private func plan(_ sources: [String], mayFail: Set<Int> = []) -> ExecutionPlan {
        let cells = sources.enumerated().map { index, source in
            var options = CellOptions()
            options.error = mayFail.contains(index + 1)
            return Cell(
                id: "cell-\(index + 1)", kind: .code, source: source, firstLine: 10 * index + 10, indentation: 0,
                range: SourceRange(lines: 10 * index + 10...10 * index + 10), options: options, writtenSource: source, infoString: "swift")
        }
        let notebook = Notebook(file: SourceFile(path: "post.md", text: ""), frontMatter: FrontMatter(), cells: cells)
        return ExecutionPlan(notebook, previous: nil, context: PlanContext(tools: ContentKey(["tools"])))
    }

    private func rewritten(_ sources: [String], mayFail: Set<Int> = []) -> String {
        let plan = plan(sources, mayFail: mayFail)
        var text = plan.steps.last?.analysis.rewritten.text ?? ""
        for step in plan.steps { text = text.split(separator: step.moduleName, omittingEmptySubsequences: false).joined(separator: "Cell") }
        return text
    }

    @Test("until a cell defines a name anew, the name is the earlier cell's")
    func earlier() {
        let first = "let x = 1"
        #expect(rewritten([first, "print(x, \"\\(x)\")\nlet x = x + 1\nprint(x)"]) == "print(Cell.x, \"\\(Cell.x)\")\nlet x = Cell.x + 1\nprint(x)")
        #expect(rewritten([first, "f { [x] in x }; let x = 2"]) == "f { [x = Cell.`x`] in x }; let x = 2")
        #expect(rewritten([first, "if let x { print(x) }\nlet x = 2"]) == "if let x = Cell.`x` { print(x) }\nlet x = 2")
        #expect(rewritten([first, "x = 4\nlet x = 2"]) == "Cell.x = 4\nlet x = 2")
        #expect(rewritten([first, "let (x, y) = (x, 2)\nx"]) == "let (x, y) = (Cell.x, 2)\n_galleyResult(x)")
        #expect(rewritten([first, "print(x, x())\nfunc x() -> Int { 2 }\nprint(x)"]) == "print(Cell.x, x())\nfunc x() -> Int { 2 }\nprint(x)")
        #expect(rewritten([first, "print(x)\nstruct x {}"]) == "print(Cell.x)\nstruct x {}")
        #expect(rewritten(["struct x {}", "print(x.self)\nstruct x {}"]) == "print(x.self)\nstruct x {}")
        #expect(rewritten([first, "#if DEBUG\nlet x = x\n#endif\nprint(1)"]) == "#if DEBUG\nlet x = Cell.x\n#endif\nprint(1)")
    }

    @Test("names of closures, loops, conditions, members and functions of their own stay as they are")
    func local() {
        let uses = [
            "f { x in x }", "for x in 0..<3 { print(x) }", "if let x = f() { print(x) }", "switch y { case let x: print(x) }", "a.x()",
            "do { let x = 2; print(x) }", "do { try f() } catch let x { print(x) }", "f { (x: Int) in x }", "print(\\A.x)", "g(x: 3)",
            "struct S { var x = 1; func f() -> Int { x } }", "func f(x: Int) -> Int { x }",
        ]
        for use in uses {
            let text = "print(0); \(use); let x = 2"
            #expect(rewritten(["let x = 1", text]) == text)
        }
    }

    @Test("a call that reads what its cell defines further down is an error, as is a use of what nobody defined")
    func mistakes() {
        let called = plan(["let x = 1", "func g() { h() }; func h() { print(x) }\nif true { g() }\nlet x = 2"])
        #expect(
            called.diagnostics.map(\.description) == [
                "post.md:21:11: error: 'g' reads 'x', which this cell defines anew further down\n  help: Use 'g' behind the line that defines 'x', or give one of the two another name"
            ])
        #expect(plan(["let x = 1", "struct S { var y = x }\nprint(S())\nlet x = 2"]).diagnostics.map(\.identifier) == ["use-before-value"])
        #expect(plan(["let x = 1", "func g() { print(x) }\nlet x = 2\ng()"]).diagnostics == [])
        #expect(plan(["func g() { print(x) }\nlet x = 2\ng()"]).diagnostics == [])
        #expect(plan(["print(x)\nlet x = 2"]).diagnostics.map(\.identifier) == ["use-before-value"])
        #expect(plan(["let max = max(1, 2)"]).diagnostics == [])
        #expect(plan(["let f = { print(x) }\nvar x = 2\nf()"]).diagnostics == [])
        #expect(plan(["let x = 1", "!echo \\(x)\nlet x = 2"]).diagnostics.map(\.identifier) == ["use-before-value"])
        #expect(plan(["let x = 1", "let x = 2\n!echo \\(x)"]).diagnostics == [])
        #expect(plan(["let x = 1", "for x in 0..<2 {\n  !echo \\(x)\n}\nlet x = 2"]).diagnostics == [])
    }

    @Test("a cell that may fail notes its values, and cells that may read them ask first")
    func missing() {
        #expect(
            rewritten(["let a = try f()\nvar b = 2"], mayFail: [1])
                == "let a = try f(); _galleySet(\"cell-1\", \"a\")\nvar b = 2; _galleySet(\"cell-1\", \"b\")")
        let conditional = "let a = b\n#if X\n.c\n#else\n.d\n#endif"
        #expect(rewritten([conditional], mayFail: [1]) == conditional + "\n_galleySet(\"cell-1\", \"a\")")
        #expect(rewritten([conditional + "\nprint(1)"], mayFail: [1]) == conditional + "\n_galleySet(\"cell-1\", \"a\"); print(1)")
        let first = "let a = try f()"
        let ask = "try _galleyNeed(\"cell-1\", \"a\", isDeclaredOnly: false); "
        #expect(rewritten([first, "print(1)\nprint(a)\na"], mayFail: [1]) == "print(1)\n\(ask)print(a)\n_galleyResult(a)")
        #expect(rewritten([first, "func g() { print(a) }", "g()"], mayFail: [1]) == "\(ask)_galleyResult(g())")
        #expect(rewritten([first, "extension Int { var k: Int { a } }", "3.k"], mayFail: [1]) == "\(ask)_galleyResult(3.k)")
        #expect(rewritten([first, "func g() { print(a) }"], mayFail: [1]) == "func g() { print(a) }")
        #expect(rewritten([first, "let a = 2", "print(a)"], mayFail: [1]) == "print(a)")
        #expect(rewritten([first, "!echo \\(a)"], mayFail: [1]) == ask + ##"try shell(#"echo \#(a)"#)"##)
        #expect(rewritten([first, "a = 3"], mayFail: [1]) == "a = 3; _galleySet(\"cell-1\", \"a\")")
        #expect(rewritten([first, "print(a)"]) == "print(a)")
    }

    @Test("a variable without a value knows whether it has one, unless its own cell uses it")
    func declared() {
        #expect(
            rewritten(["let limit: Int"])
                == "var _galley_limit: (Int)? = nil; var limit: Int { get { _galleyValue(_galley_limit, \"cell-1\", \"limit\") } set { _galleyOnce(_galley_limit == nil, \"cell-1\", \"limit\"); _galley_limit = newValue; _galleySet(\"cell-1\", \"limit\") } }"
        )
        #expect(
            rewritten(["var limit: Int"])
                == "var _galley_limit: (Int)? = nil; var limit: Int { get { _galleyValue(_galley_limit, \"cell-1\", \"limit\") } set { _galley_limit = newValue; _galleySet(\"cell-1\", \"limit\") } _modify { _galleyCheck(_galley_limit != nil, \"cell-1\", \"limit\"); yield &_galley_limit! } }"
        )
        #expect(rewritten(["var n: Int\nn = 2"]) == "var n: Int\nn = 2; _galleySet(\"cell-1\", \"n\")")
        #expect(rewritten(["var n: Int?"]) == "var n: Int?")
        #expect(rewritten(["var n: Int", "print(n)"]) == "try _galleyNeed(\"cell-1\", \"n\", isDeclaredOnly: true); print(n)")
    }

    @Test("a unit knows whether a class of its own has ancestors in several other modules")
    func ancestors() {
        func inherits(_ sources: [String], limit: Int = 1) -> [Bool] {
            plan(sources).units(for: Array(sources.indices), limit: limit).map(\.inheritsAcrossModules)
        }
        let first = ["class A {}", "class B<T>: A {}\ntypealias Other = B<Int>"]
        for crossing in [
            "final class C: B<Int>, P {}", "class C: Other {}", "class M: B<Int> {}; final class C: M {}", "enum E { class C: B<Int> {} }",
        ] {
            #expect(inherits(first + [crossing]) == [false, false, true])
            #expect(inherits(first + [crossing], limit: 3) == [false])
        }
        for sound in ["final class C: A {}", "final class C: P {}", "final class C {}", "final class C: D {}; class D: C {}", "struct S {}"] {
            #expect(inherits(first + [sound]) == [false, false, false])
        }
        #expect(inherits(first + ["class C: Other {}", "class D: C {}"]) == [false, false, true, true])
        #expect(rewritten(first + ["final class C: B<Int> {}"]) == "final class C: B<Int> {}")
    }

    @Test("of functions alike that several cells define the latest counts, also where a cell adds an overload")
    func overloads() {
        func shadows(_ sources: [String]) -> [String] {
            let plan = plan(sources)
            return plan.steps.last?.node.shadows.map { "\($0.kind.rawValue) \($0.name) \($0.definer)" } ?? []
        }
        let cells = ["func f(_ x: Int) {}; func f(_ x: String) {}", "func f(_ x: Int) {}"]
        #expect(shadows(cells + ["f(1)"]) == ["func f 1"])
        #expect(shadows(cells + ["func f(_ x: Bool) {}; f(1)"]) == ["func f 1"])
        #expect(shadows(cells + ["func f(_ x: Int) {}; f(1)"]) == [])
        #expect(shadows(cells + ["func f(_ x: String) {}", "f(1)"]) == ["func f 1", "func f 2"])
        #expect(shadows(["func f(_ x: Int) {}", "func f(_ x: String) {}", "f(1)"]) == [])
    }

    @Test("a type of an earlier cell stands before a library's of the same name")
    func libraries() {
        func shadows(_ sources: [String]) -> [String] {
            plan(sources).units(for: Array(sources.indices), limit: 1).last?.shadows.map { String($0.replacing(/Cell_\w+/, with: "Cell")) } ?? []
        }
        #expect(shadows(["struct Unit {}; class Host {}", "extension Unit {}; print(Host(), n)"]) == ["class Cell.`Host`", "struct Cell.`Unit`"])
        #expect(
            shadows(["protocol Formatter {}; typealias Port = Int", "struct F: Formatter { var p: Port }"]) == [
                "protocol Cell.`Formatter`", "typealias Cell.`Port`",
            ])
        #expect(shadows(["struct Unit {}", "struct Unit {}; print(Unit())"]) == [])
        #expect(shadows(["let y1 = 2; func gamma() {}", "print(y1); gamma()"]) == [])
    }

    @Test("what a guard binds is a variable of the cell")
    func guarded() {
        #expect(
            rewritten(["guard let a = f(), a > 1, case var (b, c) = (a, 2) else { fatalError() }"])
                == "guard let _galley_a = f(), _galley_a > 1, case var (_galley_b, _galley_c) = (_galley_a, 2) else { fatalError() }; let `a` = _galley_a; var `b` = _galley_b; var `c` = _galley_c"
        )
        #expect(
            rewritten(["let v = f()\nif let v { print(v) }\nguard let v = v, v > 1 else { print(v); exit(1) }\nprint(v)"])
                == "let _galley_v_before = f()\nif let v = _galley_v_before { print(v) }\nguard let _galley_v = _galley_v_before, _galley_v > 1 else { print(_galley_v_before); exit(1) }; let `v` = _galley_v\nprint(v)"
        )
        #expect(rewritten(["let v = f()\nguard let w = v else { exit(1) }"]).hasPrefix("let v = f()\nguard let _galley_w = v else"))
    }

    @Test("what names the main actor's code at the top level is written as a piece of it, and nothing else is")
    func mainActor() {
        let model = "@MainActor class M { var n = 0; func f() throws {} }"
        #expect(rewritten([model, "let m = M()"]) == "let m = _galleyMain({ M() })")
        let cells = [model, "let m = M()\nfunc g() -> Int { 1 }\nvar k: Int"]
        let uses = [
            ("m.n += 1", "_galleyMain({ m.n += 1 })"), ("try m.f()", "try _galleyMain({ _galleyResult(try m.f()) })"),
            ("print(m.n, g())", "_galleyMain({ print(m.n, g()) })"), ("k = m.n;", "k = _galleyMain({ m.n }); _galleySet(\"cell-2\", \"k\");"),
            ("if m.n > 1 { print(1) }", "if _galleyMain({ m.n > 1 }) { print(1) }"),
            ("for x in m.list { x.f(); g() }", "for x in _galleyMain({ m.list }) { _galleyMain({ x.f() }); g() }"),
            ("print(await m.n)", "awaitValue({ print(await m.n) })"),
            ("print(await g(), m.n)", "awaitValue({ @MainActor in print(await g(), m.n) })"), ("func h() { m.f() }", "func h() { m.f() }"),
            ("for x in await m.all() { x.f() }", "for x in awaitValue({ await m.all() }) { _galleyMain({ x.f() }) }"),
            ("print(g(), m2.n)", "print(g(), m2.n)"), ("let o = m.n\nprint(1)", "let o = _galleyMain({ m.n })\nprint(1)"),
        ]
        for (source, text) in uses { #expect(rewritten(cells + [source]) == text) }
        #expect(rewritten(cells + ["let m = 1", "print(m)"]) == "print(m)")
        #expect(rewritten(["let t = Task { await MainActor.run { 1 } }", "print(t)"]) == "print(t)")
    }
}
