internal import SwiftSyntax

/// Collects ``CellEffects`` from a parsed cell.
///
/// Whatever is not known to change nothing may change what it is called on and what it is handed. Where that is a local name, it may be
/// anything that the statement, or the function around it, names.
final class EffectCollector: SyntaxVisitor {
    var effects = CellEffects()
    /// What surrounds the node, innermost last: the statement at the top level, then functions in it.
    var scopes: [Scope] = []
    /// How many bodies of functions and types surround the node: they run when they are called.
    var bodies = 0
    /// How many closures do: they run now, or later, or both.
    var closures = 0
    /// The definition at the top level that the node belongs to.
    private var owner: String?
    /// The types around the node, with their static members; extensions may add to any.
    private var types: [(name: String, statics: Set<String>)] = []
    let definitions: [String: CellNames.Definition]

    struct Scope {
        var locals: Set<String>
        /// Of these, the ones that are numbers or texts.
        var plain: Set<String>
        var uses: Set<String> = []
        var flows = false
        var flowsLater = false
    }

    init(_ tree: SourceFileSyntax, definitions: [CellNames.Definition]) {
        self.definitions = Dictionary(definitions.map { ($0.name, $0) }) { $1 }
        super.init(viewMode: .sourceAccurate)
        collect(tree.statements)
        if !oneShots.isDisjoint(with: mentioned) { effects.declared.formUnion(["next", "description"]) }
    }

    private var mentioned: Set<String> = []
    private var givingObjects: Set<String> = []
    private let oneShots: Set<String> = [
        "AnyIterator", "AnySequence", "IteratorProtocol", "AsyncIteratorProtocol", "AsyncStream", "AsyncThrowingStream", "UnfoldSequence", "sequence",
        "makeIterator", "makeAsyncIterator", "lazy",
    ]

    private func collect(_ items: CodeBlockItemListSyntax) {
        for item in items {
            // What stands under a condition of the compiler stands at the top level all the same.
            if let conditional = item.item.as(IfConfigDeclSyntax.self) {
                for clause in conditional.clauses { if let inner = clause.elements?.as(CodeBlockItemListSyntax.self) { collect(inner) } }
                continue
            }
            owner = Self.owner(of: item)
            enter(BoundNames(item.item)) {
                walk(item)
                // What stands by itself is shown.
                if case .expr(let expression) = item.item { reads("description", SharedNames(expression).names) }
            }
        }
    }

    // MARK: Scopes

    private func enter(_ names: BoundNames, _ body: () -> Void) {
        scopes.append(Scope(locals: names.names, plain: names.plain))
        body()
        leave()
    }

    private func leave() {
        guard let scope = scopes.popLast() else { return }
        if scope.flows { effects.changes.values.formUnion(scope.uses) }
        if scope.flowsLater { effects.deferred.values.formUnion(scope.uses) }
        if !scopes.isEmpty { scopes[scopes.count - 1].uses.formUnion(scope.uses) }
    }

    func isLocal(_ name: String) -> Bool { name.hasPrefix("$") || scopes.contains { $0.locals.contains(Self.uncalled(name)) } }

    private func use(_ name: String) {
        mentioned.insert(name)
        if !scopes.isEmpty { scopes[scopes.count - 1].uses.insert(name) }
        if let owner { effects.bodyUses[owner, default: []].insert(name) }
    }

    // MARK: Noting

    func note(_ change: (inout CellEffects.Changes) -> Void) {
        if bodies == 0 { change(&effects.changes) }
        if bodies + closures > 0 { change(&effects.deferred) }
    }

    /// - Parameter isInPlace: Whether the variable itself is changed: assigned, passed inout, called upon. Else it was handed to a call,
    ///   which changes it only where it is an object.
    func change(_ names: Set<String>, isHanded: Bool = false, isInPlace: Bool = true) {
        for name in names {
            if isLocal(name) { flow(name) }
            note {
                $0.names.insert(name)
                if isHanded { $0.handed.insert(name) }
                if isInPlace { $0.inPlace.insert(name) }
            }
            for type in types where name == "Self" || type.statics.contains(name) {
                note { $0.names.insert(type.name) }
            }
        }
    }

    /// Something is done to what a local name stands for.
    func flow(_ name: String) {
        let place = scopes.lastIndex { $0.locals.contains(Self.uncalled(name)) } ?? scopes.count - 1
        guard scopes.indices.contains(place), !scopes[place].plain.contains(name) else { return }
        if bodies == 0 { scopes[place].flows = true }
        if bodies + closures > 0 { scopes[place].flowsLater = true }
    }

    func reads(_ key: String, _ names: Set<String>) {
        trigger(key)
        guard !names.isEmpty else { return }
        // A local name may stand for anything that was named before.
        let isOpen = names.contains { name in isLocal(name) && !scopes.contains { $0.plain.contains(name) } }
        let names = isOpen ? scopes.reduce(into: names) { $0.formUnion($1.uses) } : names
        note { $0.conditional[key, default: []].formUnion(names) }
    }

    func trigger(_ key: String) { if bodies == 0 { effects.triggers.insert(key) } }

    func capture(_ names: Set<String>) { if !names.isEmpty { note { $0.captured.formUnion(names) } } }

    func process(_ found: ProcessEffects) {
        if bodies == 0 { effects.process.formUnion(found) }
        // A closure may run now and be kept for later.
        if bodies + closures > 0 { effects.deferredProcess.formUnion(found) }
    }

    // MARK: Names

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.baseName.text)
        if let member = node.parent?.as(MemberAccessExprSyntax.self), member.declName.id == node.id {
            mentioned.insert(name)
            note(member: name, of: member)
            return .visitChildren
        }
        use(name)
        trigger(name)
        guard KnownEffects.plain[name] != nil, !isLocal(name), definitions[name] == nil else { return .visitChildren }
        let base = node.parent?.as(MemberAccessExprSyntax.self)
        if name == "Task", let base, base.declName.baseName.text != "detached" { return .visitChildren }
        if name == "FileHandle", let base, base.declName.baseName.text.hasPrefix("standard") { return .visitChildren }
        if KnownEffects.environmentWriters.contains(name), !Self.namesOrdinaryVariable(node) { process(ProcessEffects(writes: [.process])) }
        if bodies == 0 { effects.processNames.insert(name) }
        if bodies + closures > 0 { effects.deferredProcessNames.insert(name) }
        return .visitChildren
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.name.text)
        use(name)
        return .visitChildren
    }

    // MARK: Changes

    override func visit(_ node: InOutExprSyntax) -> SyntaxVisitorContinueKind {
        change(Self.roots(node.expression), isHanded: true)
        return .visitChildren
    }

    override func visit(_ node: SequenceExprSyntax) -> SyntaxVisitorContinueKind {
        let elements = Array(node.elements)
        for (index, element) in elements.enumerated() where index > 0 {
            let name = element.as(BinaryOperatorExprSyntax.self)?.operator.text
            if let name {
                let names = SharedNames(node).names.union(elements.flatMap(Self.roots))
                reads(name, names)
                operate(name, names)
            }
            guard element.is(AssignmentExprSyntax.self) || name.map(Self.assigns) ?? false else { continue }
            assign(to: elements[index - 1], elements[(index + 1)...])
        }
        return .visitChildren
    }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        let hasClosures =
            node.trailingClosure != nil || !node.additionalTrailingClosures.isEmpty
            || node.arguments.contains { $0.expression.is(ClosureExprSyntax.self) }
        var handed: Set<String> = []
        var captured: Set<String> = []
        for argument in node.arguments {
            let shared = SharedNames(argument.expression)
            handed.formUnion(shared.names)
            captured.formUnion(shared.captured)
        }
        for closure in [node.trailingClosure].compactMap({ $0 }) + node.additionalTrailingClosures.map(\.closure) {
            let shared = SharedNames(closure)
            handed.formUnion(shared.names)
            captured.formUnion(shared.captured)
        }
        if let called = node.calledExpression.as(DeclReferenceExprSyntax.self) {
            call(DefinitionCollector.unquoted(called.baseName.text), handed, captured, node)
        } else {
            call(on: node, handed, captured, hasClosures: hasClosures)
        }
        if !isWritingToOutput(node) { for argument in node.arguments { if let label = argument.label?.text { note(label: label, node) } } }
        return .visitChildren
    }

    override func visit(_ node: SubscriptCallExprSyntax) -> SyntaxVisitorContinueKind {
        reads("subscript", Self.roots(node.calledExpression))
        return .visitChildren
    }

    override func visit(_ node: OptionalBindingConditionSyntax) -> SyntaxVisitorContinueKind {
        if let value = node.initializer?.value { for name in DefinitionCollector.identifiers(Syntax(node.pattern)) { share(name, value) } }
        return .visitChildren
    }

    override func visit(_ node: PrefixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
        reads(node.operator.text, Self.roots(node.expression))
        operate(node.operator.text, Self.roots(node.expression))
        return .visitChildren
    }

    override func visit(_ node: PostfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
        reads(node.operator.text, Self.roots(node.expression))
        operate(node.operator.text, Self.roots(node.expression))
        return .visitChildren
    }

    /// A pattern that is an expression is compared by `~=`.
    override func visit(_ node: ExpressionPatternSyntax) -> SyntaxVisitorContinueKind {
        reads("~=", SharedNames(node.expression).names)
        return .visitChildren
    }

    // A literal may be of a type of the notebook's, which makes something of it.
    override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: FloatLiteralExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: BooleanLiteralExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: NilLiteralExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: ArrayExprSyntax) -> SyntaxVisitorContinueKind { literal() }
    override func visit(_ node: DictionaryExprSyntax) -> SyntaxVisitorContinueKind { literal() }

    override func visit(_ node: StringSegmentSyntax) -> SyntaxVisitorContinueKind {
        // What the system tells of the process, under a file's name.
        if node.content.text.contains("/proc/self") || node.content.text.contains("/proc/thread-self") { process(ProcessEffects(reads: [.memory])) }
        return .visitChildren
    }

    private func literal() -> SyntaxVisitorContinueKind {
        trigger("literal")
        return .visitChildren
    }

    override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
        reads("next", Self.roots(node.sequence))
        return .visitChildren
    }

    override func visit(_ node: ExpressionSegmentSyntax) -> SyntaxVisitorContinueKind {
        for part in node.expressions { reads("description", SharedNames(part.expression).names) }
        return .visitChildren
    }

    // MARK: Declarations

    override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
        let isMember = node.parent?.is(MemberBlockItemSyntax.self) == true
        for binding in node.bindings {
            let names = DefinitionCollector.identifiers(Syntax(binding.pattern))
            if let value = binding.initializer?.value, !isMember {
                for name in names { share(name, value) }
                if bodies + closures == 0, value.tokens(viewMode: .sourceAccurate).contains(where: { ["mmap", "shmat"].contains($0.text) }) {
                    effects.mappedVariables.formUnion(names)
                }
                // Two names of one call's results may share what it made.
                if names.count > 1 {
                    for name in names { effects.aliases[name, default: []].formUnion(names.filter { $0 != name && !isLocal(name) }) }
                }
            }
            if bodies + closures == 0, binding.accessorBlock == nil, PlainValue.isPlain(binding) { effects.plainVariables.formUnion(names) }
            let isLazy = node.modifiers.contains { $0.name.text == "lazy" }
            let isWrapped = node.attributes.contains { $0.as(AttributeSyntax.self)?.attributeName.trimmedDescription.first?.isUppercase == true }
            let hasEffects = binding.accessorBlock.map { QuietCall.mayChange(Syntax($0)) } ?? false
            if isLazy || isWrapped || hasEffects { effects.declared.formUnion(names + ["didSet", "description"]) }
            // A variable with a body is called by its name.
            if bodies == 0, binding.accessorBlock != nil { effects.declared.formUnion(names) }
        }
        return .visitChildren
    }

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.name.text)
        let isOperator = DefinitionCollector.isOperator(node.name)
        if !isOperator || node.body.map({ QuietCall.mayChange(Syntax($0)) }) ?? false { effects.declared.insert(name) }
        if isOperator, Self.takesInOut(node) { effects.changingOperators.insert(name) }
        if name == "appendInterpolation", node.body.map({ QuietCall.mayChange(Syntax($0)) }) ?? false { effects.declared.insert("description") }
        if ["next", "makeIterator", "makeAsyncIterator"].contains(name) { effects.declared.formUnion(["next", "description"]) }
        if name == "callAsFunction" || name == "hash" { effects.declared.insert("description") }
        if node.signature.returnClause.map({ PlainValue.isPlain($0.type) }) ?? true {
            if !givingObjects.contains(name) { effects.plainFunctions.insert(name) }
        } else {
            // Overloads and methods go by one name.
            givingObjects.insert(name)
            effects.plainFunctions.remove(name)
        }
        return enterBody(node.body)
    }

    override func visitPost(_ node: FunctionDeclSyntax) { leaveBody() }

    override func visit(_ node: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
        if let type = types.last?.name { effects.declared.insert(type) }
        let label = node.signature.parameterClause.parameters.first?.firstName.text
        if label.map({ $0.hasSuffix("Literal") || $0 == "stringInterpolation" }) ?? false, node.body.map({ QuietCall.mayChange(Syntax($0)) }) ?? false
        {
            effects.declared.insert("literal")
        }
        return enterBody(node.body)
    }

    override func visitPost(_ node: InitializerDeclSyntax) { leaveBody() }

    override func visit(_ node: DeinitializerDeclSyntax) -> SyntaxVisitorContinueKind {
        effects.declared.insert("didSet")
        return enterBody(node.body)
    }

    override func visitPost(_ node: DeinitializerDeclSyntax) { leaveBody() }

    override func visit(_ node: SubscriptDeclSyntax) -> SyntaxVisitorContinueKind {
        if QuietCall.mayChange(Syntax(node)) { effects.declared.formUnion(["subscript", "didSet"]) }
        return enterBody(node.accessorBlock)
    }

    override func visitPost(_ node: SubscriptDeclSyntax) { leaveBody() }

    override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind {
        // A subscript's is entered with its parameters.
        node.parent?.is(SubscriptDeclSyntax.self) == true ? .visitChildren : enterBody(node)
    }

    override func visitPost(_ node: AccessorBlockSyntax) { if node.parent?.is(SubscriptDeclSyntax.self) != true { leaveBody() } }

    private func enterBody(_ body: (some SyntaxProtocol)?) -> SyntaxVisitorContinueKind {
        bodies += 1
        let names = body.map { BoundNames($0) }
        scopes.append(Scope(locals: names?.names ?? [], plain: names?.plain ?? []))
        return .visitChildren
    }

    private func leaveBody() {
        leave()
        bodies -= 1
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
        closures += 1
        return .visitChildren
    }

    override func visitPost(_ node: ClosureExprSyntax) { closures -= 1 }

    override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.name.text, node.memberBlock, node.inheritanceClause) }
    override func visitPost(_ node: StructDeclSyntax) { leaveType() }
    override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.name.text, node.memberBlock, node.inheritanceClause) }
    override func visitPost(_ node: ClassDeclSyntax) { leaveType() }
    override func visit(_ node: ActorDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.name.text, node.memberBlock, node.inheritanceClause) }
    override func visitPost(_ node: ActorDeclSyntax) { leaveType() }
    override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.name.text, node.memberBlock, node.inheritanceClause) }
    override func visitPost(_ node: EnumDeclSyntax) { leaveType() }
    override func visit(_ node: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
        enterType(node.extendedType.trimmedDescription, node.memberBlock, nil)
    }
    override func visitPost(_ node: ExtensionDeclSyntax) { leaveType() }

    private func enterType(_ name: String, _ members: MemberBlockSyntax, _ inheritance: InheritanceClauseSyntax?) -> SyntaxVisitorContinueKind {
        var statics: Set<String> = []
        for member in members.members {
            guard let variable = member.decl.as(VariableDeclSyntax.self) else { continue }
            let isStatic = variable.modifiers.contains { $0.name.text == "static" || $0.name.text == "class" }
            if isStatic { for binding in variable.bindings { statics.formUnion(DefinitionCollector.identifiers(Syntax(binding.pattern))) } }
            if isStatic, variable.bindings.contains(where: { $0.accessorBlock == nil || $0.initializer != nil }) { effects.staticTypes.insert(name) }
            // Values of stored properties are made with each object.
            if variable.bindings.contains(where: { $0.initializer.map { QuietCall.mayChange(Syntax($0)) } ?? false }) {
                effects.declared.insert(name)
            }
        }
        if inheritance != nil { effects.declared.insert(name) }
        types.append((DefinitionCollector.unquoted(name), statics))
        bodies += 1
        return .visitChildren
    }

    private func leaveType() {
        types.removeLast()
        bodies -= 1
    }
}
