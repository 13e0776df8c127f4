import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

/// `GALLEY_FUZZ_EDITS` is how many edits there are, 40 unless told; `GALLEY_FUZZ_SEED` which.
@Suite("Random edits", .serialized)
struct EditFuzzTests {
    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    private func notebook(_ cells: [TinyLanguage.Statement]) -> Notebook { TinyLanguage.notebook(cells) }

    /// Outputs without the cells' names, and errors without their lines.
    private func shown(_ record: RunRecord?) -> [String]? {
        record?.cells.flatMap { cell in
            cell.outputs.filter { !$0.isDiagnostics }.map { output in
                let text = output.dump
                return text.hasPrefix("error: ") ? String(text[..<(text.lastIndex(of: "@") ?? text.endIndex)].dropLast()) : text
            }
        }
    }

    /// A folder of its own for each kind of run: cells write files there.
    private func folder(_ name: String) throws -> String {
        let path = NSTemporaryDirectory() + "galley-edits-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("A fresh run gives what the interpreter says")
    func oracle() async throws {
        var generator = SeededGenerator(seed: 1)
        var cells = TinyLanguage.start
        var compared = 0
        for _ in 0..<Self.number("GALLEY_FUZZ_EDITS", 40) / 8 {
            let sound = cells
            repeat {
                cells = sound
                for _ in 0..<3 { TinyLanguage.edit(&cells, &generator) }
            } while TinyLanguage.outputs(of: cells) == nil
            let folder = try folder("fresh")
            let outcome = try await TinyNotebook.run(notebook(cells)) { $0.workingFolder = folder }
            #expect(shown(outcome.record) == TinyLanguage.outputs(of: cells), "\(cells.map(\.swift)) \(outcome.diagnostics)")
            if outcome.record != nil { compared += 1 }
        }
        #expect(compared > 0)
    }

    @Test("After every edit a live host, and a run of what changed, give what a fresh run gives")
    func edits() async throws {
        let count = Self.number("GALLEY_FUZZ_EDITS", 40)
        let seed = Self.number("GALLEY_FUZZ_SEED", 42)
        var generator = SeededGenerator(seed: UInt64(seed))
        // Apart from the edits', which stay what they are for a seed.
        var parts = SeededGenerator(seed: UInt64(seed) ^ 0x5EED)
        var options = RunOptions()
        options.workingFolder = try folder("live")
        let other = try folder("incremental")
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        var cells = TinyLanguage.start
        var sound = cells
        var record: RunRecord?
        var failures = 0
        var statistics = (compiling: 0, ran: 0, resident: 0)
        for edit in 1...count {
            let before = cells
            repeat {
                cells = before
                TinyLanguage.edit(&cells, &generator)
            } while !TinyProgram.tells(cells)
            if edit.isMultiple(of: 17) {
                // A part first: what is behind is made up for.
                _ = try await session.apply(notebook(cells), scope: .upTo("cell-\(Int.random(in: 1...cells.count, using: &generator))"))
            }
            if edit.isMultiple(of: 7) {
                // One cell, or a restart now and then.
                if edit.isMultiple(of: 77) { await session.restart() }
                _ = try await session.apply(notebook(cells), scope: .only("cell-\(Int.random(in: 1...cells.count + 1, using: &parts))"))
            }
            let outcome = try await session.apply(notebook(cells))
            let expected = TinyLanguage.outputs(of: cells)
            if shown(outcome.record) != expected {
                failures += 1
                Issue.record(
                    "edit \(edit) of seed \(seed): live \(shown(outcome.record) ?? ["-"]), fresh \(expected ?? ["-"])\n\(outcome.plan)\n\(cells.map(\.swift).joined(separator: "\n"))\n\(outcome.diagnostics)"
                )
                if failures > 3 { break }
            }
            if expected != nil {
                statistics.compiling += 1
                statistics.ran += outcome.ranCount
                statistics.resident = max(statistics.resident, outcome.record?.cells.compactMap(\.residentBytes).max() ?? 0)
                sound = cells
            } else if Bool.random(using: &generator) {
                // Authors take mistakes back.
                cells = sound
            }
            if expected != nil, edit.isMultiple(of: 10) {
                let part = try await TinyNotebook.run(notebook(cells), previous: record) {
                    $0.mode = .incremental
                    $0.workingFolder = other
                }
                if shown(part.record) != expected {
                    failures += 1
                    Issue.record(
                        "edit \(edit) of seed \(seed): incremental \(shown(part.record) ?? ["-"]), fresh \(expected ?? [])\n\(part.plan)\n\(part.diagnostics)"
                    )
                }
                record = part.record
            }
        }
        await session.close()
        #expect(statistics.compiling > count / 4)
        if count > 1000 {
            print("\(count) edits, \(statistics.compiling) that compile, \(statistics.ran) cells run, \(statistics.resident) bytes at most")
        }
    }
}

extension CellOutput {
    fileprivate var isDiagnostics: Bool {
        if case .diagnostics = self { true } else { false }
    }
}
