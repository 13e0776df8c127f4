public import Groundwork
public import NotebookModel
internal import SourceText

/// What a plan is made from beside the notebook.
public struct PlanContext: Sendable {
    /// Names the compiler, its flags and the library that cells link against.
    public var tools: ContentKey
    public var mode: ExecutionPlan.Mode
    /// Values from the command line, in the place of the front matter's.
    public var parameters: [Parameter]
    /// What a path that a cell declares to read stands for: the key of the files there, or why there are none.
    public var declared: @Sendable (String) -> Result<ContentKey, DeclaredPathProblem>
    /// The key of the files that travel with the notebook; any cell may read them.
    public var resources: ContentKey?
    /// Run all, whatever the record says.
    public var ignoresRecord: Bool
    /// The limits that show in outputs.
    public var limits: Limits

    /// Limits of a run that its outputs may tell.
    public struct Limits: Sendable, Hashable {
        /// Bytes kept of each stream; `nil` for what is usual.
        public var output: Int?
        /// Seconds for a cell whose options give none.
        public var cellTimeout: Double?
        /// Bytes of memory for the host; 0 for no limit.
        public var memory: Int

        public init(output: Int? = nil, cellTimeout: Double? = nil, memory: Int = 0) {
            self.output = output
            self.cellTimeout = cellTimeout
            self.memory = memory
        }

        /// What they add to a cell's key: nothing where they are the usual ones, so that records outlive the option.
        func fields(for options: CellOptions) -> [String] {
            var fields = output.map { ["output limit", "\($0)"] } ?? []
            // A cell that may fail may fail by them, and show it.
            guard options.error else { return fields }
            if let seconds = options.timeout ?? cellTimeout { fields += ["timeout", "\(seconds)"] }
            if memory > 0 { fields += ["memory limit", "\(memory)"] }
            return fields
        }
    }

    public init(
        tools: ContentKey, mode: ExecutionPlan.Mode = .fresh, parameters: [Parameter] = [], ignoresRecord: Bool = false,
        resources: ContentKey? = nil, limits: Limits = Limits(),
        declared: @escaping @Sendable (String) -> Result<ContentKey, DeclaredPathProblem> = { _ in .failure(DeclaredPathProblem("is not there")) }
    ) {
        self.tools = tools
        self.mode = mode
        self.parameters = parameters
        self.ignoresRecord = ignoresRecord
        self.resources = resources
        self.limits = limits
        self.declared = declared
    }
}

/// Why a path that a cell declares to read stands for nothing.
public struct DeclaredPathProblem: Error, Sendable, Hashable {
    /// In words that follow the path.
    public var words: String

    public init(_ words: String) {
        self.words = words
    }
}

extension ExecutionPlan {
    /// Plans a run.
    ///
    /// - Parameter previous: The record of an earlier run, if there is one.
    public init(_ notebook: Notebook, previous: RunRecord?, context: PlanContext) {
        let path = notebook.file.path
        let parameters = ParameterCell(notebook.frontMatter.parameters, replacements: context.parameters, path: path)
        var cells = notebook.cells
        if let cell = parameters.cell { cells.insert(cell, at: 0) }
        var analyses = cells.map { CellAnalysis($0, path: path) }
        let names = zip(cells, analyses).map { cell, analysis in
            var names = Self.isRun(cell, analysis) || cell.options.compileFail ? analysis.names : CellNames()
            if cell.options.compileFail {
                // It leaves nothing behind.
                names.definitions = []
                names.extendedTypes = []
                names.extensionMembers = []
                names.reachesEverything = false
                names.effects = CellEffects()
            }
            if cell.options.touchesProcess {
                names.effects.process.formUnion(ProcessEffects(reads: Set(ProcessState.listed), writes: Set(ProcessState.listed)))
            }
            return names
        }
        let graph = CellGraph(names)
        var steps: [Step] = []
        var moduleCounts: [String: Int] = [:]
        var importDeclarations: [String] = []
        var values = ValueEdits(cells, analyses, names: names, path: path)
        var problems: [Diagnostic] = []
        for (index, cell) in cells.enumerated() {
            let node = graph.nodes[index]
            let edits = Self.isRun(cell, analyses[index]) ? values.edits(index, moduleNames: steps.map(\.moduleName)) : ValueEdits.Edits()
            analyses[index].add(edits)
            let imports = node.nearestImports.map { steps[$0].moduleName }
            let shadows = node.shadows.map { "\($0.kind.rawValue) \(steps[$0.definer].moduleName).\(CellNames.quoted($0.name))" }
            let compileKey = ContentKey(
                ["cell", analyses[index].rewritten.text, context.tools.hexadecimal] + (cell.options.optimize ? ["-O"] : []) + importDeclarations
                    + imports + shadows)
            // The same source twice is two cells with variables of their own.
            let count = moduleCounts[compileKey.short, default: 0] + 1
            moduleCounts[compileKey.short] = count
            // Names of modules have one length, so that one may stand for another in a source whose columns count.
            let moduleName = "Cell_" + (count > 1 ? ContentKey([compileKey.hexadecimal, "\(count)"]) : compileKey).short
            var fields = ["output", moduleName, cell.options.output.rawValue, "\(cell.options.warning)", "\(cell.options.compileFail)"]
            fields += node.nearestDependencies.map { steps[$0].key.hexadecimal }
            fields += context.limits.fields(for: cell.options)
            var files: [String: ContentKey] = [:]
            if let resources = context.resources { fields += ["resources", resources.hexadecimal] }
            for path in cell.options.dependencies {
                switch context.declared(path) {
                case .success(let key):
                    fields.append(key.hexadecimal)
                    files[path] = key
                case .failure(let problem):
                    fields.append("missing \(path)")
                    if cell.options.eval, !DeclaredPath(path).isMade(by: steps) {
                        problems.append(DeclaredPath(path).diagnostic(problem, in: cell, path: notebook.file.path))
                    }
                }
            }
            steps.append(
                Step(
                    cell: cell, analysis: analyses[index], node: node, inheritedImports: importDeclarations, moduleName: moduleName,
                    key: ContentKey(fields),
                    inputs: Self.inputs(of: cell, node, imports: importDeclarations, after: steps), files: files,
                    action: .skip, isParameters: parameters.cell != nil && index == 0, namedCells: edits.named.sorted(),
                    notesValues: edits.notesValues, ancestorCells: edits.ancestorCells))
            for declaration in names[index].imports where !cell.options.compileFail && !importDeclarations.contains(declaration) {
                importDeclarations.append(declaration)
            }
        }
        self.init(
            steps: steps, mode: context.mode, resources: context.resources,
            diagnostics: parameters.diagnostics + analyses.flatMap(\.diagnostics) + values.diagnostics + problems)
        let given = Dictionary(context.parameters.map { ($0.name, $0.value) }) { $1 }
        let now = notebook.frontMatter.parameters.map { given[$0.name] ?? $0.value }
        decide(previous: context.ignoresRecord ? nil : previous, parametersChanged: previous.map { $0.parameters.map(\.value) != now } ?? false)
    }

    /// What a cell's outputs depend on, as far as it is written in the notebook.
    private static func inputs(of cell: Cell, _ node: CellGraph.Node, imports: [String], after steps: [Step]) -> ContentKey {
        let options = cell.options
        var fields = ["inputs", cell.sourceWithoutEmptyEnds, options.output.rawValue]
        fields += [options.eval, options.warning, options.error, options.compileFail, options.optimize, options.touchesProcess].map { "\($0)" }
        fields += imports + ["|"] + node.nearestImports.map { steps[$0].inputs.hexadecimal }
        fields += node.shadows.map { "\($0.kind.rawValue) \(steps[$0.definer].inputs.hexadecimal).\($0.name)" }
        return ContentKey(fields + ["|"] + node.nearestDependencies.map { steps[$0].inputs.hexadecimal })
    }

    private static func isRun(_ cell: Cell, _ analysis: CellAnalysis) -> Bool {
        cell.options.eval && !cell.options.compileFail && !analysis.isEmpty
    }

    /// Whether nothing would run after a run that left `record`, as long as no file changes.
    public func isSettled(by record: RunRecord) -> Bool {
        var later = self
        later.decide(previous: record, parametersChanged: false)
        return later.isUnchanged
    }

    mutating func decide(previous: RunRecord?, parametersChanged: Bool) {
        let records = Dictionary((previous?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
        // Where the record as a whole does not hold, nothing of it does: cells may be missing, or be those of another run.
        let trustsRecord = previous.map { $0.integrity == .intact } ?? true
        var needed: [Int: Cell.ID] = [:]
        for index in steps.indices {
            let step = steps[index]
            if !step.cell.options.eval || step.analysis.isEmpty {
                steps[index].action = .skip
                continue
            }
            let record = records[step.cell.id]
            let isTrusted = record?.isAltered == false && trustsRecord
            if step.isParameters || (isTrusted && record?.key == step.key && record.map { stands($0, for: step) } ?? false) {
                steps[index].action = .reuse
                continue
            }
            let reason = reason(index, record: record, parametersChanged: parametersChanged)
            steps[index].action = step.cell.options.compileFail ? .compileOnly(reason) : .run(reason)
        }
        if isUnchanged { return }
        for index in steps.indices.reversed() {
            guard case .run = steps[index].action else { continue }
            for dependency in steps[index].node.stateDependencies where needed[dependency] == nil {
                needed[dependency] = steps[index].cell.id
            }
        }
        for index in steps.indices where steps[index].action == .reuse {
            if mode == .fresh {
                steps[index].action = steps[index].cell.options.compileFail ? .compileOnly(.fresh) : .run(.fresh)
            } else if let id = needed[index] {
                steps[index].action = .run(.stateNeeded(by: id))
            }
        }
    }

    /// Whether what a record says of a cell is still an end that it may come to: one that failed need not be allowed to any more.
    private func stands(_ record: CellRecord, for step: Step) -> Bool {
        switch record.status {
        case .succeeded: true
        case .failedAsAllowed: step.cell.options.error || step.cell.options.compileFail
        case .failed, .notEvaluated: false
        }
    }

    private func reason(_ index: Int, record: CellRecord?, parametersChanged: Bool) -> Reason {
        let step = steps[index]
        guard let record else { return .never }
        if record.source != step.cell.source { return .sourceChanged }
        if record.key == step.key, record.status == .failedAsAllowed, !stands(record, for: step) { return .optionsOrToolsChanged }
        if record.key == step.key, record.status != .failed { return .recordAltered }
        for dependency in step.node.stateDependencies {
            if case .run = steps[dependency].action { return .dependencyChanged(steps[dependency].cell.id) }
        }
        if parametersChanged, steps.first?.isParameters == true, step.node.stateDependencies.contains(0) { return .parameterChanged }
        return record.status == .failed ? .failedBefore : .optionsOrToolsChanged
    }
}
