internal import SwiftSyntax

/// Where `nonisolated` has to stand before constants of actors: the rest of a program reads them without waiting, and to the compiler
/// other cells are other programs.
final class ActorConstants: SyntaxVisitor {
    private(set) var edits: [SourceEdit] = []

    init(_ tree: SourceFileSyntax) {
        super.init(viewMode: .sourceAccurate)
        walk(tree)
    }

    override func visit(_ node: ActorDeclSyntax) -> SyntaxVisitorContinueKind {
        for member in node.memberBlock.members {
            guard let constant = member.decl.as(VariableDeclSyntax.self), constant.bindingSpecifier.text == "let", constant.attributes.isEmpty,
                !constant.modifiers.contains(where: { ["nonisolated", "static", "class"].contains($0.name.text) })
            else { continue }
            edits.append(SourceEdit(offset: constant.positionAfterSkippingLeadingTrivia.utf8Offset, inserted: "nonisolated "))
        }
        return .visitChildren
    }
}
