/// The names a template exports and the blocks that override each other: one for a template and those it extends, one
/// for each that is included or imported.
///
/// Used by the one rendering that made it.
final class TemplateInstance {
    struct BlockEntry {
        let definition: BlockDefinition
        let tree: SyntaxTree
    }

    /// Variables set at the top level.
    var exported: [(symbol: Symbol, value: TemplateValue)] = []
    /// Definitions of each block, the most derived first.
    var blocks: [String: [BlockEntry]] = [:]
    /// The template to go on with, once `extends` was reached.
    var parent: SyntaxTree?
    let context: Context

    init(context: Context) { self.context = context }

    func register(_ tree: SyntaxTree) {
        for (name, definition) in tree.blocks { blocks[name, default: []].append(BlockEntry(definition: definition, tree: tree)) }
    }

    func set(_ symbol: Symbol, _ value: TemplateValue) {
        if let index = exported.firstIndex(where: { $0.symbol == symbol }) {
            exported[index].value = value
        } else {
            exported.append((symbol, value))
        }
    }

    func value(of symbol: Symbol) -> TemplateValue? {
        for entry in exported where entry.symbol == symbol { return entry.value }
        return nil
    }
}

/// Variables that a template was given: the caller's, and for an included template the includer's own on top.
final class Context {
    let variables: TemplateMap
    let locals: [(symbol: Symbol, value: TemplateValue)]
    let parent: Context?

    init(variables: TemplateMap = [:], locals: [(symbol: Symbol, value: TemplateValue)] = [], parent: Context? = nil) {
        self.variables = variables
        self.locals = locals
        self.parent = parent
    }

    func value(of symbol: Symbol, _ name: String) -> TemplateValue? {
        var context = Optional(self)
        while let current = context {
            for entry in current.locals.reversed() where entry.symbol == symbol { return entry.value }
            if let value = current.variables[name] { return value }
            context = current.parent
        }
        return nil
    }
}
