internal import SwiftSyntax

/// What a cell says of its classes' superclasses.
///
/// The table of a class that is `final` is made by the compiler alone, which has a superclass in a third module mistaken for its base class
/// (see `CellCompiler.programArguments`). Where ancestors stand in several cells the mark is taken away, since a class that may have heirs
/// is completed when it is loaded.
struct ClassAncestry: Sendable, Hashable {
    /// A class marked `final` that inherits.
    struct FinalClass: Sendable, Hashable {
        var name: String
        /// Where the mark stands.
        var mark: Int
        /// Where initialisers begin that need `required` once the mark is gone.
        var initializers: [Int]
    }

    /// The classes, at any depth.
    fileprivate(set) var classes: Set<String> = []
    /// Per class the first name that it inherits from, without what follows `<`.
    fileprivate(set) var superclasses: [String: String] = [:]
    /// What names of types at the top level stand for.
    fileprivate(set) var aliases: [String: String] = [:]
    fileprivate(set) var finalClasses: [FinalClass] = []

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
        guard let first = node.inheritanceClause?.inheritedTypes.first else { return .visitChildren }
        ancestry.superclasses[name] = Self.name(first.type.trimmedDescription)
        if let mark = node.modifiers.first(where: { $0.name.text == "final" }) {
            let initializers = node.memberBlock.members.compactMap { $0.decl.as(InitializerDeclSyntax.self) }
            ancestry.finalClasses.append(
                ClassAncestry.FinalClass(
                    name: name, mark: mark.positionAfterSkippingLeadingTrivia.utf8Offset,
                    initializers: initializers.filter(Self.mayBeRequired).map { $0.positionAfterSkippingLeadingTrivia.utf8Offset }))
        }
        return .visitChildren
    }

    private static func mayBeRequired(_ node: InitializerDeclSyntax) -> Bool {
        !node.modifiers.contains { ["required", "private", "fileprivate"].contains($0.name.text) }
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

extension ClassAncestry.FinalClass {
    var edits: [SourceEdit] {
        [SourceEdit(offset: mark, removed: "final".utf8.count, inserted: "")]
            + initializers.map { SourceEdit(offset: $0, inserted: "required ") }
    }
}
