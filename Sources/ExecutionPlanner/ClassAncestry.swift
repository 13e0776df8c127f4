internal import SwiftSyntax

/// What a cell says of its classes' superclasses.
///
/// A class whose ancestors stand in several modules is compiled in a way of its own (see `CellCompiler.wholeTables`).
struct ClassAncestry: Sendable, Hashable {
    /// The classes, at any depth.
    fileprivate(set) var classes: Set<String> = []
    /// Per class the first name that it inherits from, without what follows `<`.
    fileprivate(set) var superclasses: [String: String] = [:]
    /// What names of types at the top level stand for.
    fileprivate(set) var aliases: [String: String] = [:]

    init() {}

    init(_ tree: SourceFileSyntax) {
        let visitor = ClassVisitor(viewMode: .sourceAccurate)
        visitor.walk(tree)
        self = visitor.ancestry
    }
}

private final class ClassVisitor: SyntaxVisitor {
    var ancestry = ClassAncestry()

    override func visit(_ node: TypeAliasDeclSyntax) -> SyntaxVisitorContinueKind {
        ancestry.aliases[DefinitionCollector.unquoted(node.name.text)] = Self.name(node.initializer.value.trimmedDescription)
        return .skipChildren
    }

    override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.name.text)
        ancestry.classes.insert(name)
        if let first = node.inheritanceClause?.inheritedTypes.first { ancestry.superclasses[name] = Self.name(first.type.trimmedDescription) }
        return .visitChildren
    }

    /// `Inner` of `Outer<Int>.Inner`, `Box` of `Box<Int>`.
    private static func name(_ type: String) -> String {
        var depth = 0
        var name = ""
        for character in type {
            switch character {
            case "<": depth += 1
            case ">": depth -= 1
            case "." where depth == 0: name = ""
            case _ where depth == 0: name.append(character)
            default: break
            }
        }
        return DefinitionCollector.unquoted(name)
    }
}
