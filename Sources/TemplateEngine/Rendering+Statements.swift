extension Rendering {
    enum Flow {
        case normal, breakLoop, continueLoop
    }

    /// Renders a template and those it extends.
    func run(_ tree: SyntaxTree) throws(TemplateError) {
        var next = Optional(tree)
        var ancestors = 0
        while let current = next {
            ancestors += 1
            guard ancestors <= 100 else {
                throw TemplateError(.limit, "templates extend each other without end", template: tree.name, line: 1)
            }
            instance.register(current)
            instance.parent = nil
            isDiscarding = false
            isTopLevel = true
            self.tree = current
            do throws(TemplateError) { _ = try execute(current.body) } catch { throw located(error) }
            next = instance.parent
        }
        isDiscarding = false
    }

    func execute(_ body: [Statement]) throws(TemplateError) -> Flow {
        for statement in body {
            let flow = try execute(statement)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: Statement) throws(TemplateError) -> Flow {
        try spend()
        switch statement {
        case .data(let bytes): try write(bytes)
        case .output(let expression, let line):
            self.line = line
            guard !isDiscarding else { return .normal }
            try write(try evaluate(expression))
        case .conditional(let branches, let otherwise, let line):
            self.line = line
            for branch in branches where try isTrue(try evaluate(branch.test)) { return try execute(branch.body) }
            return try execute(otherwise)
        case .forLoop(let loop): try execute(loop)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .set(let target, let expression, let line):
            self.line = line
            try assign(target, try evaluate(expression))
        default: return try executeRare(statement)
        }
        return .normal
    }

    private func executeRare(_ statement: Statement) throws(TemplateError) -> Flow {
        switch statement {
        case .setBlock(let target, let filters, let body, let line):
            self.line = line
            let text = try capture { () throws(TemplateError) in try scope { () throws(TemplateError) in _ = try execute(body) } }
            try assign(target, try apply(filters, to: captured(text)))
        case .with(let bindings, let body, let line):
            self.line = line
            // Values are evaluated outside the new scope, all of them before the first is bound.
            var values: [TemplateValue] = []
            for binding in bindings { values.append(try evaluate(binding.1)) }
            return try scope { () throws(TemplateError) in
                for (binding, value) in zip(bindings, values) { try assign(binding.0, value) }
                return try execute(body)
            }
        case .macro(let definition):
            let macro = Macro(definition, rendering: self)
            assign(Symbol(definition.name), .object(macro))
        case .callBlock(let call, let caller, let line):
            self.line = line
            guard !isDiscarding else { return .normal }
            try write(try evaluateCall(call, caller: .object(Macro(caller, rendering: self))))
        case .filterBlock(let filters, let body, let line):
            self.line = line
            let text = try capture { () throws(TemplateError) in try scope { () throws(TemplateError) in _ = try execute(body) } }
            self.line = line
            try write(try apply(filters, to: captured(text)))
        case .autoescape(let flag, let body, let line):
            self.line = line
            let saved = autoescape
            autoescape = try evaluate(flag).isTrue
            defer { autoescape = saved }
            return try scope { () throws(TemplateError) in try execute(body) }
        case .scope(let body): return try scope { () throws(TemplateError) in try execute(body) }
        case .evaluate(let expression, let line):
            self.line = line
            _ = try evaluate(expression)
        case .block(let definition):
            guard !isDiscarding else { return .normal }
            try renderBlock(definition.name, level: 0, isScoped: definition.isScoped)
        default: try executeComposition(statement)
        }
        return .normal
    }

    func isTrue(_ value: TemplateValue) throws(TemplateError) -> Bool {
        if case .undefined(let reason) = value, environment.undefined == .strict { throw located(TemplateError(.undefined, reason.message)) }
        return value.isTrue
    }

    func assign(_ target: Target, _ value: TemplateValue) throws(TemplateError) {
        switch target {
        case .name(let symbol): assign(symbol, value)
        case .attribute(let symbol, let name, let attribute):
            guard case .object(let object) = self.value(of: symbol, name), let namespace = object as? Namespace else {
                throw located(
                    TemplateError(
                        .value, "cannot assign attribute on non-namespace object",
                        solutions: ["Make it with '{% set \(name) = namespace(\(attribute)=…) %}'."]))
            }
            namespace.set(attribute, value)
        case .tuple(let targets):
            let values = try elements(of: value)
            guard values.count == targets.count else {
                throw located(
                    TemplateError(
                        .value,
                        values.count < targets.count
                            ? "not enough values to unpack (expected \(targets.count), got \(values.count))"
                            : "too many values to unpack (expected \(targets.count))"))
            }
            for (target, value) in zip(targets, values) { try assign(target, value) }
        }
    }
}
