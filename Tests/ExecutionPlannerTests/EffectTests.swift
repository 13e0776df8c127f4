import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

/// The cells (from 1) that each cell rests on.
private func dependencies(_ sources: [String]) -> [[Int]] {
    CellGraph(sources.map(names)).nodes.map { $0.stateDependencies.map { $0 + 1 } }
}

/// Whether the last cell rests on the cell at `place` (from 1).
private func lastRests(on place: Int, _ sources: [String]) -> Bool { dependencies(sources).last?.contains(place) ?? false }

private func names(_ source: String) -> CellNames {
    CellAnalysis(
        Cell(
            id: "c", kind: .code, source: source, firstLine: 1, indentation: 0, range: SourceRange(lines: 1...1), options: CellOptions(),
            writtenSource: source, infoString: "swift"), path: "post.md"
    ).names
}

@Suite("What cells do to each other by calls")
struct CallEffectTests {
    private let model = "final class Model { var log: [String] = []; func add(_ s: String) { log.append(s) } }\nlet model = Model()"

    @Test(
        "a closure that was stored changes what it holds, by whatever way it is called",
        arguments: [
            ("var hooks: [() -> Void] = []", "hooks.append { model.add(\"called\") }", "for h in hooks { h() }"),
            ("var hooks: [() -> Void] = []", "hooks.append { model.add(\"called\") }", "hooks.forEach { $0() }"),
            ("var hooks: [() -> Void] = []", "hooks.append { model.add(\"called\") }", "hooks[0]()"),
            ("var hooks: [() -> Void] = []", "hooks += [{ model.add(\"called\") }]", "if let h = hooks.first { h() }"),
            ("var hook: (() -> Void)?", "hook = { model.add(\"called\") }", "hook?()"),
            ("var hook: (() -> Void)?", "hook = { [model] in model.add(\"called\") }", "if let hook { hook() }"),
            ("var hooks: [String: () -> Void] = [:]", "hooks[\"a\"] = { model.add(\"called\") }", "_ = hooks.values.map { $0() }"),
            ("struct Button { var tapped: () -> Void = {} }\nvar button = Button()", "button.tapped = { model.add(\"called\") }", "button.tapped()"),
            (
                "func fire(_ all: [() -> Void]) { for h in all { h() } }\nvar hooks: [() -> Void] = []", "hooks.append { model.add(\"called\") }",
                "fire(hooks)"
            ),
            ("func run(_ body: () -> Void) { body() }", "let add = { model.add(\"called\") }", "run(add)"),
            ("func run(_ body: () -> Void) { body() }", "func add() { model.add(\"called\") }", "run(add)"),
            ("func make(_ m: Model) -> () -> Void { return { m.add(\"called\") } }", "let add = make(model)", "add()"),
            ("var hooks: [() -> Void] = []", "hooks.append(model.reset)", "switch hooks.count { case 1: let h = hooks[0]; h()\ndefault: break }"),
            ("let none = 0", "let (add, other) = ({ model.add(\"called\") }, 1)", "add()"),
        ])
    func storedClosures(_ cells: (String, String, String)) {
        #expect(lastRests(on: 4, [model, cells.0, cells.1, cells.2, "print(model.log)"]))
    }

    @Test("what a stored closure reads counts for those that call it")
    func readByClosures() {
        let sources = ["var rate = 1", "var hooks: [() -> Int] = []", "hooks.append { rate * 2 }", "rate = 5", "print(hooks.map { $0() })"]
        #expect(lastRests(on: 4, sources))
        #expect(lastRests(on: 3, ["var rate = 1", "func twice() -> Int { rate * 2 }", "rate = 5", "print([1].map { _ in twice() })"]))
    }

    @Test(
        "delegates, observers, properties with bodies, subclasses and static storage are followed",
        arguments: [
            // A delegate.
            [
                "protocol Delegate: AnyObject { func done() }\nfinal class View { weak var delegate: Delegate?; func tap() { delegate?.done() } }",
                "var count = 0\nfinal class Counter: Delegate { func done() { count += 1 } }\nlet counter = Counter()\nlet view = View()",
                "view.delegate = counter", "view.tap()", "print(count)",
            ],
            // A list of objects of a protocol.
            [
                "protocol P { func go() }\nvar all: [P] = []", "var n = 0\nstruct A: P { func go() { n += 1 } }", "all.append(A())",
                "for one in all { one.go() }", "print(n)",
            ],
            // Observers of properties.
            [
                "var seen = [Int]()", "var x = 1 { didSet { seen.append(x) } }", "print(1)", "x = 2", "print(seen)",
            ],
            [
                "var seen = 0", "final class M { var v = 0 { willSet { seen += newValue } } }", "let m = M()", "m.v = 2", "print(seen)",
            ],
            // Properties that are computed, or made when they are first asked for.
            [
                "final class M { var n = 0; var next: Int { n += 1; return n } }", "let m = M()", "print(1)", "print(m.next)", "print(m.n)",
            ],
            [
                "var n = 0", "var next: Int { n += 1; return n }", "print(1)", "print(next)", "print(n)",
            ],
            [
                "var made = [String]()\nfunc make() -> Int { made.append(\"made\"); return 1 }", "final class M { lazy var v = make() }",
                "let m = M()",
                "print(m.v)", "print(made)",
            ],
            // Static storage, by an initialiser, a method and a property of one object.
            [
                "final class Item { static var count = 0; init() { Self.count += 1 } }", "print(1)", "print(2)", "let item = Item()",
                "print(Item.count)",
            ],
            [
                "final class Store { static let shared = Store(); var v = 0; func set(_ n: Int) { v = n } }",
                "func put(_ n: Int) { Store.shared.set(n) }",
                "print(1)", "put(3)", "print(Store.shared.v)",
            ],
            // A subclass in another cell.
            [
                "class Animal { func speak() {} }", "var heard = [String]()",
                "class Dog: Animal { override func speak() { heard.append(\"woof\") } }\nlet pets: [Animal] = [Dog()]",
                "for pet in pets { pet.speak() }", "print(heard)",
            ],
            // An object that a function gives.
            [
                "final class M { var v = 0; func add() { v += 1 } }", "let m = M()", "func current() -> M { m }", "current().add()", "print(m.v)",
            ],
            [
                "final class M { var v = 0 }", "let m = M()", "func current() -> M { m }\nlet same = current()", "same.v = 2", "print(m.v)",
            ],
            // Hidden in a closure.
            [
                "func makeCounter() -> () -> Int { var n = 0; return { n += 1; return n } }", "let c = makeCounter()", "print(1)", "_ = c()",
                "print(c())",
            ],
            [
                "func pair() -> (() -> Void, () -> Int) { var n = 0; return ({ n += 1 }, { n }) }", "let (bump, value) = pair()", "print(1)",
                "bump()",
                "print(value())",
            ],
            // Local names.
            [
                "final class M { var v = 0 }", "let m = M()", "print(1)", "do { let same = m; same.v = 4 }", "print(m.v)",
            ],
            [
                "final class M { var v = 0 }", "let m = M()", "func bump() { let same = m; same.v += 1 }", "bump()", "print(m.v)",
            ],
            // Choices, casts and lists.
            [
                "final class M { var v = 0 }", "let m = M()\nlet k = M()", "let one = Bool.random() ? m : k", "one.v = 4", "print(m.v)",
            ],
            [
                "final class M { var v = 0 }", "let m = M()\nlet all = [m]", "let more = all + [M()]", "more[0].v = 4", "print(m.v)",
            ],
            [
                "final class M { var v = 0 }", "let m = M()\nlet any: Any = m", "print(1)", "(any as! M).v = 4", "print(m.v)",
            ],
            [
                "final class M { var v = 0 }", "let m = M()", "struct Holder { let m: M }\nlet h = Holder(m: m)", "[h].forEach { $0.m.v = 4 }",
                "print(m.v)",
            ],
            // Operators and subscripts.
            [
                "final class M { var v = 0 }\nfunc += (l: M, r: Int) { l.v += r }", "let m = M()\nlet k = m", "print(1)", "do { var x = k; x += 4 }",
                "print(m.v)",
            ],
            [
                "final class M { var n = 0; subscript(i: Int) -> Int { n += 1; return n } }", "let m = M()", "print(1)", "print(m[0])", "print(m.n)",
            ],
            // Shown by a description, iterated over, taken away.
            [
                "final class M: CustomStringConvertible { var n = 0; var description: String { n += 1; return \"\\(n)\" } }", "let m = M()",
                "print(1)",
                "print(m)", "print(m.n)",
            ],
            [
                "final class G: IteratorProtocol, Sequence { var n = 0; func next() -> Int? { n += 1; return n < 3 ? n : nil } }", "let g = G()",
                "print(1)",
                "for x in g { print(x) }", "print(g.n)",
            ],
            [
                "var gone = 0\nfinal class M { deinit { gone += 1 } }", "var m: M? = M()", "print(1)", "m = nil", "print(gone)",
            ],
            // Called by an event.
            [
                "import Foundation\nvar heard = 0", "let n = Notification.Name(\"n\")",
                "NotificationCenter.default.addObserver(forName: n, object: nil, queue: nil) { _ in heard += 1 }",
                "NotificationCenter.default.post(name: n, object: nil)", "print(heard)",
            ],
        ])
    func indirectChanges(_ sources: [String]) { #expect(lastRests(on: 4, sources), "\(dependencies(sources))") }

    @Test("what is handed numbers and texts, or changes its own alone, changes nothing else")
    func precision() {
        #expect(dependencies(["var x = 1", "func f(_ n: Int) -> Int { n + 1 }", "print(f(x))", "print(x)"])[3] == [1])
        #expect(
            dependencies(["let xs = [1.0, 2]", "func mean(_ v: [Double]) -> Double { v.reduce(0, +) / 2 }", "print(mean(xs))", "print(xs)"])[3] == [1]
        )
        #expect(
            dependencies([
                "var points = [(1, 2)]", "for p in points { var sum = 0; sum += p.0; print(sum) }", "print(points)",
            ])[2] == [1])
        #expect(dependencies(["final class Box { var v = 0 }", "let a = Box()", "let b = Box()", "b.v = 1", "print(a.v)"])[4] == [1, 2])
        #expect(dependencies(["let t = Int.random(in: 0..<9)", "let u = Int.random(in: 0..<9)", "print(Date())", "print(Date())"])[3] == [])
    }
}

@Suite("What cells do to each other by way of the process")
struct ProcessEffectTests {
    @Test(
        "what writes counts for what reads",
        arguments: [
            // Files.
            (
                "try Data(\"v1\".utf8).write(to: URL(fileURLWithPath: \"a.bin\"))",
                "print(try Data(contentsOf: URL(fileURLWithPath: \"a.bin\")).count)"
            ),
            ("try \"v1\".write(toFile: \"a.txt\", atomically: true, encoding: .utf8)", "!cat a.txt"),
            ("let p = Process(); try p.run(); p.waitUntilExit()", "!cat a.txt"),
            ("!echo one > a.txt", "print(try String(contentsOfFile: \"a.txt\", encoding: .utf8))"),
            ("FileManager.default.createFile(atPath: \"a\", contents: nil)", "print(FileManager.default.fileExists(atPath: \"a\"))"),
            ("try FileManager.default.removeItem(atPath: \"a\")", "print(access(\"a\", F_OK))"),
            ("let h = FileHandle(forWritingAtPath: \"a\"); h?.write(Data())", "print(FileHandle(forReadingAtPath: \"a\")!.availableData)"),
            ("let f = fopen(\"a\", \"w\"); fputs(\"x\", f); fclose(f)", "print(try String(contentsOfFile: \"a\", encoding: .utf8))"),
            ("unlink(\"a\")", "!ls"),
            ("mkdir(\"d\", 0o755)", "let d = opendir(\"d\")"),
            ("rename(\"a\", \"b\")", "print(try Data(contentsOf: URL(fileURLWithPath: \"b\")))"),
            ("func save() { try? \"x\".write(toFile: \"a\", atomically: true, encoding: .utf8) }\nsave()", "!cat a"),
            // The folder that paths start from.
            ("chdir(\"d\")", "print(try String(contentsOfFile: \"a\", encoding: .utf8))"),
            ("FileManager.default.changeCurrentDirectoryPath(\"d\")", "!pwd"),
            // The environment.
            ("setenv(\"A\", \"1\", 1)", "!echo $A"),
            ("unsetenv(\"A\")", "print(ProcessInfo.processInfo.environment[\"A\"] ?? \"-\")"),
            ("putenv(strdup(\"A=1\"))", "print(getenv(\"A\") as Any)"),
            // Seeds.
            ("srand48(1)", "print(drand48())"),
            ("srandom(1)", "print(random())"),
            ("drand48()", "print(lrand48())"),
            // Settings, events, everything.
            ("UserDefaults.standard.set(1, forKey: \"k\")", "print(UserDefaults.standard.integer(forKey: \"k\"))"),
            ("setlocale(LC_ALL, \"C\")", "print(1)"),
            ("fesetround(FE_UPWARD)", "print(1.0 / 3)"),
            ("NSTimeZone.default = TimeZone(secondsFromGMT: 0)!", "print(1)"),
            ("URLCache.shared.removeAllCachedResponses()", "print(URLCache.shared.currentMemoryUsage)"),
            ("strtok(strdup(\"a b\"), \" \")", "print(strtok(nil, \" \") as Any)"),
        ])
    func writersAndReaders(_ cells: (String, String)) { #expect(lastRests(on: 2, ["let alone = 1", cells.0, cells.1])) }

    @Test("what packages keep for themselves is not known; a type of the notebook's is")
    func packages() {
        #expect(lastRests(on: 2, ["import Tally", "Tally.bump()", "print(Tally.count)"]))
        #expect(lastRests(on: 2, ["import Tally", "bump()", "print(current())"]))
        #expect(!lastRests(on: 2, ["import Foundation", "Tally.bump()", "print(Double.pi)"]))
        #expect(!lastRests(on: 2, ["final class Store { static let shared = Store() }", "print(1)", "print(Store.shared)"]))
    }

    @Test("a pointer to a number changes the number")
    func pointers() {
        #expect(lastRests(on: 3, ["var x = 1", "let p = UnsafeMutablePointer<Int>(&x)", "p.pointee = 2", "print(x)"]))
        #expect(
            lastRests(
                on: 3, ["var x = 1\nvar p: UnsafeMutablePointer<Int>?", "withUnsafeMutablePointer(to: &x) { p = $0 }", "p!.pointee = 2", "print(x)"]))
        #expect(lastRests(on: 3, ["#if os(Linux)\nfinal class M { var v = 0 }\nlet m = M()\n#endif", "let k = m", "k.v = 2", "print(m.v)"]))
    }

    @Test("a closure that was stored writes when it is called")
    func storedWriters() {
        let sources = ["import Foundation\nvar hooks: [() -> Void] = []", "hooks.append { setenv(\"A\", \"1\", 1) }", "for h in hooks { h() }"]
        #expect(lastRests(on: 3, sources + ["print(getenv(\"A\") as Any)"]))
        let writers = ["var hooks: [() -> Void] = []", "hooks.append { try? \"1\".write(toFile: \"a\", atomically: true, encoding: .utf8) }"]
        #expect(lastRests(on: 3, writers + ["hooks[0]()", "!cat a"]))
    }

    @Test("a function's cell does nothing itself; a cell that calls it does")
    func functions() {
        let save = "func save(_ t: String) { try? t.write(toFile: \"a\", atomically: true, encoding: .utf8) }"
        #expect(dependencies([save, "print(access(\"b\", F_OK))", "save(\"x\")", "!cat a"]) == [[], [], [1], [1, 3]])
        #expect(dependencies(["func load() -> Double { drand48() }", "srand48(1)", "print(load())"])[2] == [1, 2])
    }

    @Test("readers do not count for readers, and outputs are no files")
    func readers() {
        #expect(dependencies(["print(getenv(\"A\") as Any)", "print(getenv(\"B\") as Any)"])[1] == [])
        #expect(dependencies(["import Foundation\nfputs(\"x\", stderr)", "print(FileManager.default.fileExists(atPath: \"a\"))"])[1] == [])
        #expect(dependencies(["FileHandle.standardError.write(Data())", "print(FileManager.default.fileExists(atPath: \"a\"))"])[1] == [])
        #expect(dependencies(["var xs = [1]; xs.append(contentsOf: [2])", "!echo"])[1] == [])
        // A name of the notebook's own.
        #expect(dependencies(["func remove(_ n: Int) -> Int { n - 1 }", "print(remove(2))", "!ls"])[2] == [])
        #expect(dependencies(["func f() { let time = 3; print(time) }\nf()", "print(Date())"])[1] == [])
    }

    @Test("the environment's variables that libraries look up are seen by every cell; others by those that read the environment")
    func variables() {
        for writer in [
            "setenv(\"TZ\", \"UTC\", 1)", "setenv(\"HOME\", \"/\", 1)", "putenv(strdup(\"LC_ALL=C\"))", "[\"A\"].forEach { unsetenv($0) }",
            "clearenv()",
        ] {
            #expect(dependencies([writer, "print(TimeZone.current, NSHomeDirectory())"])[1] == [1], "\(writer)")
        }
        #expect(dependencies(["setenv(\"STAGE\", \"1\", 1)", "print(1)", "print(getenv(\"STAGE\") as Any)"]) == [[], [], [1]])
        #expect(lastRests(on: 2, ["func zone(_ z: String) { setenv(\"TZ\", z, 1) }", "zone(\"UTC\")", "print(Date())"]))
    }

    @Test("paths that do not begin with a slash start from the process's folder")
    func paths() {
        for reader in ["URL(fileURLWithPath: \"a\").path", "URL(filePath: \"a\")", "URL.currentDirectory()"] {
            #expect(dependencies(["chdir(\"b\");", "print(\(reader))"])[1] == [1], "\(reader)")
        }
    }

    @Test("standard input is one for all, and what a stream of the notebook's does is done by printing to it")
    func streams() {
        #expect(dependencies(["freopen(\"a\", \"r\", stdin);", "print(readLine() as Any)"])[1] == [1])
        #expect(dependencies(["!echo 1 > a", "freopen(\"a\", \"r\", stdin);", "print(readLine() as Any)"])[2] == [1, 2])
        let stream = "struct Out: TextOutputStream { let h: FileHandle; mutating func write(_ s: String) { h.write(Data(s.utf8)) } }"
        for writer in ["print(1, to: &out)", "dump(1, to: &out)", "debugPrint(1, to: &out)"] {
            let sources = [stream, "var out = Out(h: FileHandle(forWritingAtPath: \"a\")!)", writer, "!cat a"]
            #expect(lastRests(on: 3, sources), "\(writer)")
        }
    }

    @Test("to change what a file is mapped to is to write the file")
    func mapped() {
        let map = "let fd = open(\"a\", O_RDWR)\nlet p = mmap(nil, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)!"
        for writer in ["p.storeBytes(of: 1, as: UInt8.self)", "memset(p, 0, 4);"] {
            #expect(lastRests(on: 2, [map, writer, "!cat a"]), "\(writer)")
        }
        #expect(lastRests(on: 3, [map, "let q = p.assumingMemoryBound(to: UInt8.self)", "q[1] = 3", "!cat a"]))
    }

    @Test("what the system tells of the process is told of its memory")
    func ownProcess() {
        #expect(dependencies(["let a = [1]", "print(try String(contentsOfFile: \"/proc/self/status\", encoding: .utf8))"])[1] == [1])
        #expect(dependencies(["let a = [1]", "print(try String(contentsOfFile: \"/proc/cpuinfo\", encoding: .utf8))"])[1] == [])
    }

    @Test("memory holds what every cell before made")
    func memory() {
        #expect(dependencies(["let a = 1", "print(2)", "print(Memory.statistics(of: .cpu).allocated)"])[2] == [1, 2])
    }
}

@Suite("Operators, literals and patterns that do something")
struct OperatorEffectTests {
    @Test(
        "an operator that takes something inout changes it",
        arguments: [
            ("prefix operator +++\nprefix func +++ (x: inout Int) { x += 1 }", "+++k"),
            ("postfix operator +++\npostfix func +++ (x: inout Int) { x += 1 }", "k+++"),
            ("infix operator <~\nfunc <~ (a: inout Int, b: Int) { a = b }", "k <~ 3"),
            ("infix operator ~>\nextension Int { static func ~> (a: Int, b: inout Int) { b = a } }", "3 ~> k"),
        ])
    func operators(_ sources: (String, String)) {
        #expect(lastRests(on: 3, [sources.0, "var k = 0", sources.1, "print(k)"]))
    }

    @Test("one that takes nothing inout changes nothing")
    func pureOperators() {
        let square = "infix operator **\nfunc ** (a: Int, b: Int) -> Int { b == 0 ? 1 : a * (a ** (b - 1)) }"
        #expect(!lastRests(on: 3, [square, "var k = 2", "let cube = k ** 3", "print(k)"]))
        #expect(!lastRests(on: 2, ["var k = 2", "print(-k, !true)", "print(k)"]))
    }

    @Test(
        "a literal, an interpolation and a pattern call what the notebook gives them",
        arguments: [
            ("struct L: ExpressibleByIntegerLiteral { init(integerLiteral v: Int) { log.append(v) } }", "let l: L = 1"),
            ("struct L: ExpressibleByStringLiteral { init(stringLiteral v: String) { log.append(1) } }\nfunc take(_ l: L) {}", "take(\"a\")"),
            ("struct L: ExpressibleByArrayLiteral { init(arrayLiteral v: Int...) { log.append(1) } }", "_ = [1] as L"),
            ("extension DefaultStringInterpolation { mutating func appendInterpolation(n: Int) { log.append(n) } }", "_ = \"\\(n: 1)\""),
            (
                "struct P { static func ~= (p: P, v: Int) -> Bool { log.append(v); return true } }\nlet p = P()",
                "switch 1 { case p: break; default: break }"
            ),
            ("struct P { static func ~= (p: P, v: Int) -> Bool { log.append(v); return true } }\nlet p = P()", "if case p = 3 {}"),
        ])
    func literals(_ sources: (String, String)) {
        #expect(lastRests(on: 3, ["var log: [Int] = []", sources.0, sources.1, "print(log)"]))
    }

    @Test("what says which type literals have reaches the cells with literals")
    func literalTypes() {
        #expect(dependencies(["typealias IntegerLiteralType = Double", "let q = 2\nprint(q)"])[1] == [1])
    }
}
