extension Rendering {
    // MARK: Blocks

    /// Renders a block: level 0 is the most derived definition, each `super()` goes one level up.
    func renderBlock(_ name: String, level: Int, isScoped: Bool = false, in owner: TemplateInstance? = nil) throws(TemplateError) {
        let instance = owner ?? self.instance
        guard let entries = instance.blocks[name], entries.indices.contains(level) else {
            throw located(TemplateError(.undefined, "there is no parent block called '\(name)'"))
        }
        let entry = entries[level]
        guard !entry.definition.isRequired || level > 0 else {
            throw located(TemplateError(.value, "the required block '\(name)' is not defined by any template that extends '\(entry.tree.name)'"))
        }
        let visible = isScoped ? visibleLocals : []
        try isolated(visible, instance: instance, tree: entry.tree) { () throws(TemplateError) in
            currentBlock = (name, level)
            _ = try execute(entry.definition.body)
        }
    }

    func superBlock(of block: (name: String, level: Int)) -> TemplateValue {
        guard instance.blocks[block.name]?.indices.contains(block.level + 1) == true else {
            return .undefined(.other("there is no parent block called '\(block.name)'"))
        }
        return .object(BlockReference(block.name, level: block.level + 1, instance: instance))
    }

    // MARK: Other templates

    func executeComposition(_ statement: Statement) throws(TemplateError) {
        switch statement {
        case .extends(let expression, let line):
            self.line = line
            let name = try evaluate(expression)
            guard instance.parent == nil else { throw located(TemplateError(.value, "a template extends one other only")) }
            instance.parent = try located { () throws(TemplateError) in try tree(name) }
            isDiscarding = true
        case .include(let expression, let ignoresMissing, let withContext, let line):
            self.line = line
            guard !isDiscarding else { return }
            try include(try evaluate(expression), ignoresMissing: ignoresMissing, withContext: withContext)
        case .importModule(let expression, let symbol, let withContext, let line):
            self.line = line
            assign(symbol, .object(try module(try evaluate(expression), withContext: withContext)))
        case .importNames(let expression, let names, let withContext, let line):
            self.line = line
            let module = try module(try evaluate(expression), withContext: withContext)
            for (name, alias) in names {
                assign(alias, module.attribute(name) ?? .undefined(.other("the template '\(module.name)' does not export '\(name)'")))
            }
        default: break
        }
    }

    private func tree(_ name: TemplateValue) throws(TemplateError) -> SyntaxTree {
        if case .undefined(let reason) = name { throw TemplateError(.undefined, reason.message) }
        guard let name = name.stringValue else { throw TemplateError(.value, "the name of a template must be a string, not \(name.typeName)") }
        return try environment.tree(named: name)
    }

    private func include(_ names: TemplateValue, ignoresMissing: Bool, withContext: Bool) throws(TemplateError) {
        var found: SyntaxTree?
        var failure = TemplateError(.missingTemplate, "none of no templates exists")
        for name in names.sequence ?? [names] {
            do throws(TemplateError) {
                found = try tree(name)
                break
            } catch {
                guard error.kind == .missingTemplate else { throw located(error) }
                failure = error
            }
        }
        guard let found else {
            if ignoresMissing { return }
            throw located(failure)
        }
        let instance = TemplateInstance(context: withContext ? contextHere() : Context())
        try isolated([], instance: instance, tree: found) { () throws(TemplateError) in
            currentBlock = nil
            try runNested(found)
        }
    }

    /// The variables in sight, for a template that is included or imported with context.
    private func contextHere() -> Context {
        Context(locals: instance.exported + visibleLocals, parent: instance.context)
    }

    private func runNested(_ tree: SyntaxTree) throws(TemplateError) {
        let saved = (autoescape, isDiscarding)
        autoescape = environment.autoescape
        defer { (autoescape, isDiscarding) = saved }
        try run(tree)
    }

    private func module(_ name: TemplateValue, withContext: Bool) throws(TemplateError) -> TemplateModule {
        let tree = try located { () throws(TemplateError) in try self.tree(name) }
        let instance = TemplateInstance(context: withContext ? contextHere() : Context())
        let text = try capture { () throws(TemplateError) in
            try isolated([], instance: instance, tree: tree) { () throws(TemplateError) in
                currentBlock = nil
                try runNested(tree)
            }
        }
        return TemplateModule(name: tree.name, text: text, instance: instance)
    }
}

/// A template that was imported: what it exports are its attributes.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class TemplateModule: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are; unchecked because the instance is changed while its template runs, which
    // is over once the module exists.
    let name: String
    let text: String
    private let instance: TemplateInstance

    init(name: String, text: String, instance: TemplateInstance) {
        self.name = name
        self.text = text
        self.instance = instance
    }

    let typeName = "TemplateModule"

    func attribute(_ name: String) -> TemplateValue? { name.hasPrefix("_") ? nil : instance.value(of: Symbol(name)) }
}

/// `super` and `self.name`: a block to be called.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class BlockReference: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are; unchecked because a rendering is not: it and all that it makes stay on
    // one thread.
    private let name: String
    private let level: Int
    private let instance: TemplateInstance

    init(_ name: String, level: Int, instance: TemplateInstance) {
        self.name = name
        self.level = level
        self.instance = instance
    }

    let typeName = "BlockReference"
    let isCallable = true

    /// `super.super()` skips a level.
    func attribute(_ attribute: String) -> TemplateValue? {
        guard attribute == "super", instance.blocks[name]?.indices.contains(level + 1) == true else { return nil }
        return .object(BlockReference(name, level: level + 1, instance: instance))
    }

    func call(_ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        _ = try arguments.bound(to: [], of: level == 0 ? name : "super")
        let text = try rendering.capture { () throws(TemplateError) in try rendering.renderBlock(name, level: level, in: instance) }
        return rendering.captured(text)
    }
}

/// `self`: the blocks of the template.
///
/// Belongs to the rendering that made it, which runs on one thread.
final class SelfReference: TemplateObject, @unchecked Sendable {
    // Sendable because templates' values are; unchecked for the same reason as BlockReference.
    private let instance: TemplateInstance

    init(instance: TemplateInstance) {
        self.instance = instance
    }

    let typeName = "TemplateReference"

    func attribute(_ name: String) -> TemplateValue? {
        instance.blocks[name] == nil ? nil : .object(BlockReference(name, level: 0, instance: instance))
    }
}
