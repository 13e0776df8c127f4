internal import CellWire
internal import ExecutionPlanner
internal import JSON
internal import NotebookModel
internal import SourceText

/// Asks the compiler's service what the names in compiled cells are, while the cells run.
///
/// The service is a library that takes a process of its own: `cell-host --names`. What it said of a module is kept beside
/// the module, whose name stands for everything that the answers depend on.
final class NameInquiry: @unchecked Sendable {
    // Sendable because all that changes is used with the monitor's lock held.
    private let monitor = Monitor()
    private let plan: ExecutionPlan
    private let compiler: CellCompiler
    private var found: [Int: [NameNote]] = [:]
    private var isDone = false
    private var child: ChildProcess?
    private var isCancelled = false

    /// More names than these are left without a note.
    private static let nameLimit = 500

    /// A name to ask for.
    private struct Question {
        var place: Int
        var span: SyntaxSpan
        /// UTF-8 offset in the module's source.
        var offset: Int
    }

    /// - Parameter report: Called with all notes once they are there, unless nobody wants them any more.
    init(
        _ units: [CompilationUnit], plan: ExecutionPlan, compiler: CellCompiler, report: (@Sendable ([Cell.ID: [NameNote]]) -> Void)? = nil
    ) {
        self.plan = plan
        self.compiler = compiler
        startBlockingThread { [self] in
            ask(units)
            let notes = monitor.locked {
                isDone = true
                return isCancelled ? [:] : found
            }
            monitor.signal()
            if !notes.isEmpty { report?(Dictionary(notes.map { (plan.steps[$0.key].cell.id, $0.value) }) { first, _ in first }) }
        }
    }

    /// The notes by the cells' places in the plan; what is not answered in time is left out.
    func answers(within seconds: Double) -> [Int: [NameNote]] {
        let isAnswered: Void? = monitor.waiting(until: secondsNow() + seconds) { isDone ? () : nil }
        if isAnswered == nil { cancel() }
        return monitor.locked { found }
    }

    func cancel() {
        monitor.locked {
            isCancelled = true
            child?.kill()
        }
    }

    // MARK: Asking

    private func ask(_ units: [CompilationUnit]) {
        var pending: [(unit: CompilationUnit, text: String, questions: [Question])] = []
        for unit in units {
            let (text, prefixLines) = compiler.source(unit, in: plan)
            let wanted = unit.members.filter(isShown)
            if wanted.isEmpty || keeps(unit, wanted) { continue }
            let questions = questions(unit, text: text, prefixLines: prefixLines, wanted: wanted)
            if !questions.isEmpty { pending.append((unit, text, questions)) }
        }
        guard !pending.isEmpty, let sourceKit = compiler.toolchain.sourceKit, let scratch = try? compiler.cache.makeScratchFolder() else { return }
        defer { compiler.cache.removeScratchFolder(scratch) }
        var requests: [UInt8] = []
        for (unit, text, questions) in pending {
            let file = "\(scratch)/\(unit.moduleName).swift"
            try? writeFileAtomically(file, Array(text.utf8))
            for question in questions { requests += request(file, unit.moduleName, offset: question.offset) + [0] }
        }
        try? writeFileAtomically("\(scratch)/requests", requests)
        let command = ["/bin/sh", "-c", "exec \"$@\" 2>/dev/null", "sh", compiler.toolchain.host, "--names", sourceKit, "\(scratch)/requests"]
        var replies = read(command).split(separator: 0, omittingEmptySubsequences: false)[...]
        for (unit, _, questions) in pending {
            // Half an answer is none: the next run asks again.
            guard replies.count > questions.count else { return }
            take(zip(questions, replies.prefix(questions.count)).map { ($0, Array($1)) }, of: unit)
            replies = replies.dropFirst(questions.count)
        }
    }

    private func isShown(_ place: Int) -> Bool {
        let step = plan.steps[place]
        return !step.isParameters && step.cell.kind == .code && step.cell.options.echo == .shown && step.cell.options.include
    }

    private func request(_ file: String, _ module: String, offset: Int) -> [UInt8] {
        let arguments =
            ["-module-name", module, "-enable-testing", "-module-cache-path", compiler.cache.modules] + CellCompiler.languageArguments
            + compiler.searchArguments.filter { $0 != "-in-process-plugin-server-path" && $0 != compiler.toolchain.macroServer } + [file]
        let lines = [
            "key.request: source.request.cursorinfo", "key.sourcefile: \(JSONValue.string(file).text())",
            "key.primary_file: \(JSONValue.string(file).text())", "key.offset: \(offset)",
            "key.compilerargs: \(JSONValue.array(arguments.map(JSONValue.string)).text())",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    private func read(_ command: [String]) -> [UInt8] {
        guard let child = try? ChildProcess(command) else { return [] }
        monitor.locked {
            self.child = child
            if isCancelled { child.kill() }
        }
        var bytes: [UInt8] = []
        while let some = readSome(child.output) { bytes += some }
        monitor.locked { self.child = nil }
        child.closePipes()
        _ = child.wait()
        return bytes
    }

    // MARK: Places

    private func questions(_ unit: CompilationUnit, text: String, prefixLines: Int, wanted: [Int]) -> [Question] {
        var starts = [0]
        for (offset, byte) in text.utf8.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        var questions: [Question] = []
        // The first member stands after the prefix; each further one after a boundary and a line that names its file.
        var firstLine = prefixLines
        for (number, place) in unit.members.enumerated() {
            if number > 0 { firstLine += 2 }
            let step = plan.steps[place]
            if wanted.contains(place) {
                let lines = SourceFile(path: "", text: step.cell.source)
                for span in classifySwift(step.cell.source) where span.kind == .identifier || span.kind == .type {
                    let location = lines.location(atOffset: span.offset)
                    let line = firstLine + location.line - 1
                    guard questions.count < Self.nameLimit, starts.indices.contains(line),
                        let column = step.analysis.rewritten.rewrittenColumn(line: location.line, column: location.column)
                    else { continue }
                    questions.append(Question(place: place, span: span, offset: starts[line] + column - 1))
                }
            }
            firstLine += step.analysis.rewritten.text.utf8.count { $0 == 0x0A } + 1
        }
        return questions
    }

    // MARK: Answers

    private func take(_ replies: [(question: Question, reply: [UInt8])], of unit: CompilationUnit) {
        var names: [Int: [NameNote]] = [:]
        for place in unit.members where isShown(place) { names[place] = [] }
        for (question, reply) in replies {
            let source = Array(plan.steps[question.place].cell.source.utf8)
            let end = min(question.span.offset + question.span.length, source.count)
            let name = String(decoding: source[min(question.span.offset, end)..<end], as: UTF8.self)
            guard let answer = NameAnswer(reply, to: name) else { continue }
            names[question.place]?.append(
                NameNote(
                    offset: question.span.offset, length: question.span.length, declaration: answer.declaration, summary: answer.summary,
                    isDeclaration: answer.isDeclaration))
        }
        monitor.locked { found.merge(names) { $1 } }
        let members = unit.members.enumerated().compactMap { number, place in names[place].map { ("\(number)", NameNote.json($0)) } }
        let kept = JSONValue.object(members.reduce(into: JSONObject()) { $0[$1.0] = $1.1 })
        try? writeFileAtomically(compiler.cache.names(unit.moduleName), kept.text().utf8)
    }

    /// Takes what was said of the unit before, if it was asked for all that is wanted now.
    private func keeps(_ unit: CompilationUnit, _ wanted: [Int]) -> Bool {
        guard let bytes = try? readFile(compiler.cache.names(unit.moduleName)), let kept = try? JSONValue(parsing: bytes) else { return false }
        var names: [Int: [NameNote]] = [:]
        for (number, place) in unit.members.enumerated() where wanted.contains(place) {
            guard let value = kept["\(number)"] else { return false }
            names[place] = NameNote.read(value)
        }
        touchFile(compiler.cache.names(unit.moduleName))
        monitor.locked { found.merge(names) { $1 } }
        return true
    }
}
