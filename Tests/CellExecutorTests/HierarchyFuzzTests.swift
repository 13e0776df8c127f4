import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import Testing

/// Random class hierarchies, a class or two a cell, and cells that may end early: what they print is known without running them.
///
/// `GALLEY_FUZZ_HIERARCHIES` is how many there are, 2 unless told; `GALLEY_FUZZ_SEED` which.
@Suite("Random hierarchies over cells", .serialized)
struct HierarchyFuzzTests {
    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    @Test("Merged, one module a cell and live, the overrides run, and no value is read that was not set")
    func hierarchies() async throws {
        var generator = SeededGenerator(seed: UInt64(Self.number("GALLEY_FUZZ_SEED", 42)))
        for _ in 0..<Self.number("GALLEY_FUZZ_HIERARCHIES", 2) {
            let random = RandomHierarchy(&generator)
            let notebook = TinyNotebook.make(random.cells.map(\.source)) { place, options in options.error = random.cells[place - 1].mayFail }
            let merged = try await TinyNotebook.run(notebook)
            expect(merged, random, "merged")
            expect(try await TinyNotebook.run(notebook) { $0.cellsPerModule = 1 }, random, "apart")
            var options = RunOptions()
            options.workingFolder = "/tmp"
            let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
            expect(try await session.apply(notebook), random, "live")
            await session.close()
        }
    }

    private func expect(_ outcome: RunOutcome, _ random: RandomHierarchy, _ way: String) {
        let shown = outcome.record?.cells.flatMap { cell in
            cell.outputs.compactMap { output -> String? in
                switch output {
                case .stream(.standardOutput, let text): text
                case .error(let error): error.name
                default: nil
                }
            }
        }
        #expect(shown == random.expected, "\(way) \(outcome.diagnostics)\n\(random.cells.map(\.source).joined(separator: "\n---\n"))")
    }
}

/// A notebook of classes and its outputs.
private struct RandomHierarchy {
    var cells: [(source: String, mayFail: Bool)] = []
    var expected: [String] = []
    private var classes: [Class] = []

    private struct Class {
        var parent: Int?
        var isFinal = false
        /// Members that it overrides, with whether they add to what they override.
        var overrides: [Int: Bool] = [:]
    }

    private static let kinds = [
        "func a() -> String", "var b: String", "class func c() -> String", "subscript(_ n: Int) -> String", "class var e: String",
    ]
    private static let supers = ["super.a()", "super.b", "super.c()", "super[n]", "super.e"]

    init(_ generator: inout some RandomNumberGenerator) {
        let generic = Bool.random(using: &generator)
        let count = Int.random(in: 3...7, using: &generator)
        var pending: [String] = []
        for index in 0..<count {
            let open = classes.indices.suffix(2).filter { !classes[$0].isFinal }
            var one = Class(parent: index == 0 ? nil : open.randomElement(using: &generator) ?? 0)
            one.isFinal = index > 0 && Int.random(in: 0..<4, using: &generator) == 0
            for member in Self.kinds.indices where index > 0 && Int.random(in: 0..<3, using: &generator) == 0 {
                one.overrides[member] = Bool.random(using: &generator)
            }
            classes.append(one)
            pending.append(source(index, isGeneric: generic))
            // A class or two a cell.
            if Bool.random(using: &generator) || index + 1 == count {
                cells.append((pending.joined(separator: "\n"), Int.random(in: 0..<3, using: &generator) == 0))
                pending = []
            }
            if Int.random(in: 0..<4, using: &generator) == 0 { addValue(index, fails: Bool.random(using: &generator)) }
        }
        for index in classes.indices {
            // By the object, and by the name of the class, which tells the compiler what it is.
            let name = "C\(index)\(index == 0 && generic ? "<Int>" : "")"
            cells.append(("print(\(name)().all(), \(name).c(), \(name).e, \(name)().a(), \(name)()[2])", Bool.random(using: &generator)))
            let members = Self.kinds.indices.map { value(of: $0, in: index) } + ["\(index)"] + [2, 4, 0, 3].map { value(of: $0, in: index) }
            expected.append(members.joined(separator: " ") + "\n")
        }
    }

    /// A cell that may end before its variable has a value, and one that reads it through a function.
    private mutating func addValue(_ index: Int, fails: Bool) {
        let error = "struct E\(index): Error {}\nfunc f\(index)(_ fails: Bool) throws -> Int { if fails { throw E\(index)() }; return \(index) }"
        cells.append(("\(error)\nlet early\(index) = 1\nlet v\(index) = try f\(index)(\(fails))", true))
        cells.append(("func read\(index)() -> Int { v\(index) }", false))
        cells.append(("print(early\(index))\nprint(read\(index)())", true))
        if fails { expected.append("E\(index)") }
        expected += fails ? ["1\n", "MissingValue"] : ["1\n\(index)\n"]
    }

    private func source(_ index: Int, isGeneric: Bool) -> String {
        let one = classes[index]
        guard let parent = one.parent else {
            let members = Self.kinds.map { "\($0) { \"\(index)\" }" }.joined(separator: "; ")
            let all = "func all() -> String { [a(), b, Self.c(), self[1], Self.e].joined(separator: \" \") + \" \\(number)\" }"
            return
                "class C0\(isGeneric ? "<T>" : "") { var number: Int; init(_ n: Int) { number = n }; convenience init() { self.init(0) }; \(members); \(all) }"
        }
        let members = one.overrides.sorted { $0.key < $1.key }.map { member, adds in
            "override \(Self.kinds[member]) { \(adds ? "\(Self.supers[member]) + " : "")\"\(index)\" }"
        }
        let name = parent == 0 && isGeneric ? "C0<Int>" : "C\(parent)"
        return
            "\(one.isFinal ? "final " : "")class C\(index): \(name) { override init(_ n: Int) { super.init(n); number = \(index) }; \(members.joined(separator: "; ")) }"
    }

    private func value(of member: Int, in index: Int) -> String {
        guard let parent = classes[index].parent else { return "\(index)" }
        switch classes[index].overrides[member] {
        case true?: return value(of: member, in: parent) + "\(index)"
        case false?: return "\(index)"
        case nil: return value(of: member, in: parent)
        }
    }
}
