import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("What cells print and why they fail", .serialized)
struct FailureTests {
    @Test("what a cell writes to its two streams keeps its order")
    func orderOfStreams() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                """
                import Foundation
                print("one")
                fputs("two\\n", stderr)
                print("three", terminator: "")
                fputs("four\\n", stderr)
                fputs("five\\n", stderr)
                print("six")
                """
            ]))
        #expect(outcome.diagnostics == [])
        #expect(
            outcome.record?.dump == [
                #"cell-1 out: "one\n""#, #"cell-1 err: "two\n""#, #"cell-1 out: "three""#, #"cell-1 err: "four\nfive\n""#, #"cell-1 out: "six\n""#,
            ])
    }

    @Test(
        "a trap that prints nothing says what trapped",
        arguments: [
            ("let big = Int.max\nprint(big + (big > 0 ? 1 : 0))", "arithmetic overflow", 11),
            ("let zero = [Int]().count\nprint(7 / zero)", "Division by zero", 11),
            ("let a = [1]\nlet i = a.count\nprint(a[i])", "Index out of range", 12),
            ("let n: Int? = Int(\"x\")\n\nprint(n!)", "Unexpectedly found nil while unwrapping an Optional value", 12),
            ("let x = 300\nprint(UInt8(x))", "Not enough bits to represent the passed value", 11),
            ("var big = Int.max\nbig += 1", "arithmetic overflow", 11),
            ("let ok = false\n\nprecondition(ok, \"not so\")", "Precondition failed: not so", 12),
            ("let ok = false\nassert(ok)", "Assertion failed", 11),
        ])
    func traps(source: String, reason: String, line: Int) async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make([source]))
        #expect(outcome.record?.dump == ["cell-1 error: trap Fatal error: \(reason) @\(line)"])
    }

    @Test(
        "what ends a program in other ways says what happened, in its line",
        arguments: [
            ("let a: Any = 1\nprint(a as! String)", "Abort: Could not cast value of type 'Swift.Int' to 'Swift.String'. @11"),
            ("import Glibc\nprint(1)\nabort()", "Abort: the program ended itself by abort() @12"),
            ("import Glibc\n\nexit(3)", "Exit: the cell called exit(3), which would end its process @12"),
            (
                "func f(_ n: Int) -> Int { n == -1 ? 0 : f(n + 1) + 1 }\nprint(f(0))",
                "Stack overflow: functions called each other until the stack of 256 MB was used up @10"
            ),
            ("let p = UnsafeMutablePointer<Int>(bitPattern: 8)!\np.pointee = 3", "Segmentation fault: memory was used that is not the program's @11"),
            (
                "class C {}\nvar c: C? = C()\nunowned let u = c!\nc = nil\n\nprint(u)",
                "Abort: Attempted to read an unowned reference but the object was already destroyed @15"
            ),
            (
                "import Dispatch\nlet q = DispatchQueue(label: \"q\")\nq.sync { q.sync { print(1) } }",
                "Fatal error: libdispatch.so trapped without a message; it does where a queue is to wait for itself, as for 'DispatchQueue.main.sync' in a cell @12"
            ),
            (
                "var x = 1\nfunc twice(_ a: inout Int, _ f: () -> Void) { a += 1; f() }\ntwice(&x) { x += 1 }",
                "Abort: Simultaneous accesses to one value, but modification requires exclusive access @12"
            ),
        ])
    func endings(source: String, ending: String) async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make([source]))
        let dump = outcome.record?.dump.last?.replacing(/0x[0-9a-f]+/, with: "0x…")
        #expect(dump == "cell-1 error: trap \(ending)")
    }

    @Test("exit in a cell with error: true leaves the cells after it their process")
    func exiting() async throws {
        let notebook = TinyNotebook.make(["import Glibc\nvar n = 4\nprint(\"before\", terminator: \"\")\nexit(0)", "n + 1"]) { $1.error = $0 == 1 }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(
            outcome.record?.dump == [
                #"cell-1 out: "before""#, "cell-1 error: trap Exit: the cell called exit(0), which would end its process @13", "cell-2 result: 5",
            ])
    }

    @Test("a memory limit that a cell runs into is named as such")
    func memoryLimit() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make(["print(1)\nlet big = [UInt8](repeating: 1, count: 6 << 30)\nprint(big.count)"])
        ) { $0.memoryLimit = 4 << 30 }
        #expect(
            outcome.record?.dump == [
                #"cell-1 out: "1\n""#,
                "cell-1 error: trap Memory limit: the cell needed more than the 4294967296 bytes that its host may take @11",
            ])
    }

    @Test("a cell that sleeps again and again ends at its time-out, and the state before it stays")
    func sleeping() async throws {
        let notebook = TinyNotebook.make(["import Foundation\nvar n = 0", "while true { usleep(1000); n += 1 }", "n > 0"]) { index, options in
            if index == 2 {
                options.timeout = 0.2
                options.error = true
            }
        }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(outcome.record?.dump == ["cell-2 error: timeout Timeout: the cell took longer than 0.2 s @-", "cell-3 result: true"])
    }

    @Test("an optimised cell shares state with others and names its lines")
    func optimised() async throws {
        let notebook = TinyNotebook.make([
            "var x = 1", "var sum = x\nfor i in 0..<1000 { sum &+= i }\nx = sum\nprint(sum)", "print(x)\nlet a = [1]\nprint(a[x])",
        ]) { index, options in options.optimize = index > 1 }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(outcome.diagnostics == [])
        #expect(
            outcome.record?.dump == [
                #"cell-2 out: "499501\n""#, #"cell-3 out: "499501\n""#, "cell-3 error: trap Fatal error: Index out of range @32",
            ])
        let plain = try TinyNotebook.executor.get().plan(TinyNotebook.make(["var x = 1", "print(x)"]), previous: nil)
        let optimised = try TinyNotebook.executor.get().plan(TinyNotebook.make(["var x = 1", "print(x)"]) { $1.optimize = true }, previous: nil)
        #expect(zip(plain.steps, optimised.steps).allSatisfy { $0.key != $1.key })
    }

    @Test(
        "a carriage return overwrites the line and keeps colours to their characters",
        arguments: [
            ("abc\rX\n", "Xbc\n"),
            ("\u{1B}[31mabc\u{1B}[0m\rX\n", "X\u{1B}[31mbc\u{1B}[0m\n"),
            ("50 %\r\u{1B}[32mdone\u{1B}[0m\n", "\u{1B}[32mdone\u{1B}[0m\n"),
            ("long line\r\u{1B}[Kend\n", "end\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("\u{1B}[1mplain\u{1B}[0m\n", "\u{1B}[1mplain\u{1B}[0m\n"),
        ])
    func carriageReturns(written: String, shown: String) {
        #expect(resolvingCarriageReturns(written) == shown)
    }
}
