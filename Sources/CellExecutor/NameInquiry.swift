internal import CellWire
internal import ExecutionPlanner
internal import Groundwork
internal import JSON
internal import NotebookModel
internal import SourceText

/// Asks the compiler's service what the names in cells are, while they are compiled and run.
///
/// The service is a library that takes a process of its own: `cell-host --names`. It reads a unit while the compiler does,
/// as soon as the modules that the unit imports are there. What it said of a module is kept beside the module, whose name
/// stands for everything that the answers depend on.
final class NameInquiry: @unchecked Sendable {
    // Sendable because all that changes is used with the monitor's lock held.
    private let monitor = Monitor()
    private let plan: ExecutionPlan
    private let compiler: CellCompiler
    private let units: [CompilationUnit]
    /// The units that each imports.
    private let imports: [[Int]]
    /// Whether each unit that the compiler is done with can be used.
    private var isCompiled: [Int: Bool] = [:]
    private var isCompilingOver = false
    private var replies: [UInt8] = []
    private var hasReplied = false
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

    /// What is to be asked of a unit.
    private struct Request {
        var unit: Int
        var text: String
        var questions: [Question]
    }

    /// Starts asking; what becomes of the units is to be told to ``note(_:isCompiled:)``, and to ``endCompiling()``.
    ///
    /// - Parameter report: Called with all notes once they are there, unless nobody wants them any more.
    init(
        _ units: [CompilationUnit], plan: ExecutionPlan, compiler: CellCompiler, report: (@Sendable ([Cell.ID: [NameNote]]) -> Void)? = nil
    ) {
        self.plan = plan
        self.compiler = compiler
        self.units = units
        let places = Dictionary(units.enumerated().map { ($0.element.moduleName, $0.offset) }) { first, _ in first }
        imports = units.map { $0.imports.compactMap { places[$0] } }
        let hasThread = startBlockingThread { [self] in
            ask()
            let notes = monitor.locked {
                isDone = true
                return isCancelled ? [:] : found
            }
            monitor.signal()
            if !notes.isEmpty { report?(Dictionary(notes.map { (plan.steps[$0.key].cell.id, $0.value) }) { first, _ in first }) }
        }
        if !hasThread { monitor.locked { isDone = true } }
    }

    func note(_ unit: Int, isCompiled: Bool) {
        monitor.locked { self.isCompiled[unit] = isCompiled }
        monitor.signal()
    }

    func endCompiling() {
        monitor.locked { isCompilingOver = true }
        monitor.signal()
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
            child?.end()
        }
        monitor.signal()
    }

    // MARK: Asking

    private func ask() {
        let waiting = units.indices.compactMap(request)
        guard !waiting.isEmpty, let sourceKit = compiler.toolchain.sourceKit, let scratch = try? compiler.cache.makeScratchFolder() else { return }
        defer { compiler.cache.removeScratchFolder(scratch) }
        let command = ["/bin/sh", "-c", "exec \"$@\" 2>/dev/null", "sh"] + compiler.nameService(sourceKit)
        guard let child = try? ChildProcess(command, hasInput: true) else { return }
        ignoreBrokenPipes()
        monitor.locked {
            self.child = child
            if isCancelled { child.end() }
        }
        let hasReader = startBlockingThread { [self] in
            while let some = child.read(child.output) { monitor.locked { replies += some } }
            monitor.locked { hasReplied = true }
            monitor.signal()
        }
        if !hasReader { monitor.locked { hasReplied = true } }
        let asked = put(waiting, to: child, scratch: scratch)
        child.endInput()
        let bytes = monitor.waiting { hasReplied ? replies : nil }
        monitor.locked { self.child = nil }
        child.endOutput()
        _ = child.wait()
        guard monitor.waiting(for: { isCancelled ? false : isCompilingOver ? true : nil }) else { return }
        var answers = bytes.split(separator: 0, omittingEmptySubsequences: false)[...]
        for request in asked {
            // Half an answer is none: the next run asks again.
            guard answers.count > request.questions.count else { return }
            if monitor.locked({ isCompiled[request.unit] == true }) {
                take(zip(request.questions, answers.prefix(request.questions.count)).map { ($0, Array($1)) }, of: units[request.unit])
            }
            answers = answers.dropFirst(request.questions.count)
        }
    }

    /// What is to be asked of a unit; `nil` where that is known, or nothing is.
    private func request(_ number: Int) -> Request? {
        let unit = units[number]
        let wanted = unit.members.filter(isShown)
        if wanted.isEmpty || keeps(unit, wanted) { return nil }
        let (text, firstLines) = compiler.source(unit, in: plan)
        let questions = questions(unit, text: text, firstLines: firstLines, wanted: wanted)
        return questions.isEmpty ? nil : Request(unit: number, text: text, questions: questions)
    }

    /// Gives the service one file of requests after the other, each when its unit can be read.
    ///
    /// - Returns: The requests in the order of the answers to come.
    private func put(_ requests: [Request], to child: ChildProcess, scratch: String) -> [Request] {
        var waiting = requests
        var asked: [Request] = []
        while let place = monitor.waiting(for: { next(waiting) }) {
            let request = waiting.remove(at: place)
            let module = units[request.unit].moduleName
            let file = "\(scratch)/\(module).swift"
            let requests = "\(scratch)/\(module).requests"
            try? writeFileAtomically(file, Array(request.text.utf8))
            try? writeFileAtomically(requests, request.questions.flatMap { self.request(file, module, offset: $0.offset) + [0] })
            guard writeAll(child.input, Array(requests.utf8) + [0]) else { break }
            asked.append(request)
        }
        return asked
    }

    /// The place of the next that can be asked; `.some(nil)` when none is left, `nil` to wait.
    private func next(_ waiting: [Request]) -> Int?? {
        if isCancelled { return .some(nil) }
        let place = waiting.firstIndex { imports[$0.unit].allSatisfy { isCompiled[$0] == true } }
        return place.map { .some($0) } ?? (isCompilingOver || waiting.isEmpty ? .some(nil) : nil)
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

    // MARK: Places

    private func questions(_ unit: CompilationUnit, text: String, firstLines: [Int], wanted: [Int]) -> [Question] {
        var starts = [0]
        for (offset, byte) in text.utf8.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        var questions: [Question] = []
        for (firstLine, place) in zip(firstLines, unit.members) {
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
