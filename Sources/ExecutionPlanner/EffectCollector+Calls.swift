internal import SwiftSyntax

// What calls, assignments and members do.
extension EffectCollector {
    /// The names that an expression such as `a.b[c]!` reaches into.
    static func roots(_ expression: ExprSyntax) -> Set<String> {
        if let reference = expression.as(DeclReferenceExprSyntax.self) { return [DefinitionCollector.unquoted(reference.baseName.text)] }
        if let member = expression.as(MemberAccessExprSyntax.self) { return member.base.map(roots) ?? [] }
        if let call = expression.as(SubscriptCallExprSyntax.self) { return roots(call.calledExpression) }
        if let call = expression.as(FunctionCallExprSyntax.self) { return roots(call.calledExpression) }
        if let forced = expression.as(ForceUnwrapExprSyntax.self) { return roots(forced.expression) }
        if let chained = expression.as(OptionalChainingExprSyntax.self) { return roots(chained.expression) }
        if let attempt = expression.as(TryExprSyntax.self) { return roots(attempt.expression) }
        if let waiting = expression.as(AwaitExprSyntax.self) { return roots(waiting.expression) }
        return SharedNames(expression).names
    }

    /// The name of a function whose result is meant.
    static func uncalled(_ name: String) -> String { name.hasSuffix("()") ? String(name.dropLast(2)) : name }

    static func assigns(_ name: String) -> Bool {
        name.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!==", "~="].contains(name)
    }

    func assign(to target: ExprSyntax, _ values: ArraySlice<ExprSyntax>) {
        trigger("didSet")
        let targets = target.as(TupleExprSyntax.self)?.elements.map(\.expression) ?? [target]
        for target in targets {
            let roots = Self.roots(target)
            // A local variable that holds something else now has changed nothing.
            if !(target.is(DeclReferenceExprSyntax.self) && roots.allSatisfy(isLocal)) { change(roots) }
            if !target.is(DeclReferenceExprSyntax.self) {
                for type in roots where type.first?.isUppercase == true { note { $0.assignedTypes.insert(type) } }
            }
            for name in roots { for value in values { share(name, value) } }
        }
    }

    /// Notes that a variable may hold the object that an expression gives: a name, what is reached from it, what a call was handed.
    func share(_ name: String, _ value: ExprSyntax) {
        let shared = SharedNames(value)
        var sources = shared.names.subtracting([name])
        // A local name may stand for anything that is named around it.
        if sources.contains(where: isLocal) { sources.formUnion(scopes.last?.uses ?? []) }
        if isLocal(name) { return }
        // What a pointer points to may be a number, too.
        if sources.contains(where: { $0.hasPrefix("withUnsafe") }) { effects.capturedAliases[name, default: []].formUnion(sources) }
        if !sources.isEmpty { effects.aliases[name, default: []].formUnion(sources) }
        if !shared.captured.isEmpty { effects.capturedAliases[name, default: []].formUnion(shared.captured) }
    }

    func call(_ name: String, _ handed: Set<String>, _ captured: Set<String>, _ node: FunctionCallExprSyntax) {
        if QuietCall.harmlessFunctions.contains(name) {
            // `print(x, to: &stream)` calls the stream.
            if node.arguments.contains(where: { $0.label?.text == "to" }) { trigger("") }
            reads(name, handed)
            reads("description", handed)
            if QuietCall.hasLoudClosure(node) {
                change(handed, isHanded: true, isInPlace: false)
                capture(captured)
            }
            return
        }
        if KnownEffects.streamFunctions.contains(name), !isWritingToOutput(node) { process(KnownEffects.files) }
        change(handed, isHanded: true, isInPlace: false)
        capture(captured)
        if isLocal(name) {
            flow(name)
            trigger("")
        } else {
            note {
                $0.values.insert(name)
                $0.called.insert(name)
            }
        }
    }

    func call(on node: FunctionCallExprSyntax, _ handed: Set<String>, _ captured: Set<String>, hasClosures: Bool) {
        let roots = Self.roots(node.calledExpression)
        if let methods = QuietCall.methods(of: node) {
            for method in methods { reads(method, roots) }
            return
        }
        change(roots, isHanded: true)
        change(handed, isHanded: true, isInPlace: false)
        capture(captured)
        let method = node.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text
        // Of a library's own methods these call nothing of the notebook's, unless they are handed it.
        let isInert = method.map { QuietCall.inert.contains($0) } ?? false
        let isOfType = node.calledExpression.as(MemberAccessExprSyntax.self)?.base?.as(DeclReferenceExprSyntax.self)?.baseName.text.first?.isUppercase
        if hasClosures || !(isInert || (isOfType == true && handed.isEmpty)) { trigger("") }
    }

    /// Notes what an operator is used on: it may change that in place.
    func operate(_ name: String, _ names: Set<String>) {
        guard !names.isEmpty else { return }
        note { $0.operands[name, default: []].formUnion(names) }
    }

    static func takesInOut(_ function: FunctionDeclSyntax) -> Bool {
        function.signature.parameterClause.parameters.contains { parameter in
            parameter.type.as(AttributedTypeSyntax.self)?.specifiers.contains { $0.trimmedDescription == "inout" } ?? false
        }
    }

    /// Whether a function that changes the environment is called with the plain name of a variable that nothing but programs reads.
    static func namesOrdinaryVariable(_ function: DeclReferenceExprSyntax) -> Bool {
        guard let call = function.parent?.as(FunctionCallExprSyntax.self), call.calledExpression.id == function.id,
            let literal = call.arguments.first?.expression.as(StringLiteralExprSyntax.self), literal.segments.count == 1,
            let name = literal.segments.first?.as(StringSegmentSyntax.self)?.content.text
        else { return false }
        // `putenv("NAME=value")`
        return KnownEffects.isOrdinary(variable: String(name.prefix { $0 != "=" }))
    }

    static func owner(of item: CodeBlockItemSyntax) -> String? {
        guard case .decl(let declaration) = item.item else { return nil }
        if let type = declaration.as(ExtensionDeclSyntax.self) { return type.extendedType.trimmedDescription }
        if let variable = declaration.as(VariableDeclSyntax.self) {
            return variable.bindings.first.flatMap { $0.accessorBlock == nil ? nil : DefinitionCollector.identifiers(Syntax($0.pattern)).first }
        }
        return declaration.asProtocol((any NamedDeclSyntax).self).map { DefinitionCollector.unquoted($0.name.text) }
    }

    func isWritingToOutput(_ node: FunctionCallExprSyntax) -> Bool {
        node.arguments.contains { ["stdout", "stderr", "STDOUT_FILENO", "STDERR_FILENO"].contains($0.expression.trimmedDescription) }
    }

    func note(label: String, _ node: FunctionCallExprSyntax) {
        guard let found = KnownEffects.labels[label] else { return }
        let method = node.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text
        // `numbers.append(contentsOf: others)`
        if label == "contentsOf", let method, method != "init" { return }
        process(found)
    }

    func note(member name: String, of access: MemberAccessExprSyntax) {
        let roots = access.base.map(Self.roots) ?? []
        reads(name, roots)
        if let base = access.base?.as(DeclReferenceExprSyntax.self)?.baseName.text, base.first?.isUppercase == true,
            KnownEffects.singles.contains(name), !KnownEffects.constantSingles.contains(base), definitions[base] == nil
        {
            if bodies == 0 { effects.singles.insert("\(base).\(name)") }
            if bodies + closures > 0 { effects.deferredSingles.insert("\(base).\(name)") }
        }
        guard let found = KnownEffects.members[name] else { return }
        if name == "write", access.base?.trimmedDescription.hasPrefix("FileHandle.standard") == true { return }
        process(found)
    }
}
