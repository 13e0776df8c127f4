internal import JSON
internal import NotebookModel
internal import SourceText

/// Reads the YAML block at a notebook's head.
struct FrontMatterReader {
    let file: SourceFile
    var diagnostics: [Diagnostic] = []

    init(file: SourceFile) {
        self.file = file
    }

    /// - Returns: the front matter, and the line (from 1) that the prose begins on.
    mutating func read() -> (FrontMatter, bodyLine: Int) {
        guard isFence(1) else { return (FrontMatter(), 1) }
        var closing: Int?
        var line = 2
        while line <= file.lineCount {
            let text = file.line(line)
            if text.hasPrefix("---") || text.hasPrefix("..."), text.dropFirst(3).allSatisfy({ $0 == " " || $0 == "\t" }) {
                closing = line
                break
            }
            line += 1
        }
        guard let closing else {
            // A thematic break may begin a text too; a key below it tells them apart.
            if file.lineCount > 1, looksLikeKey(file.line(2)) {
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "unclosed-front-matter", summary: "the front matter that begins here has no end", path: file.path,
                        range: SourceRange(start: SourceLocation(line: 1, column: 1), end: SourceLocation(line: 1, column: 4)),
                        solutions: ["Close it with a line `---`"]))
                return (FrontMatter(), file.lineCount + 1)
            }
            return (FrontMatter(), 1)
        }
        var frontMatter = FrontMatter()
        if closing > 2 {
            do throws(YAMLProblem) {
                if let tree = try YAMLTree.parse(normalised(file.text(ofLines: 2...(closing - 1))), line: 2) { read(tree, into: &frontMatter) }
            } catch {
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "bad-front-matter", summary: "the front matter is not YAML: \(error.message)", path: file.path,
                        range: SourceRange(start: error.place, end: error.place)))
            }
        }
        return (frontMatter, closing + 1)
    }

    private func isFence(_ line: Int) -> Bool {
        let text = file.line(line)
        return text.hasPrefix("---") && text.dropFirst(3).allSatisfy { $0 == " " || $0 == "\t" }
    }

    private func looksLikeKey(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        let key = text[..<colon]
        return !key.isEmpty && key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }

    private func normalised(_ text: String) -> String {
        text.utf8.contains(0x0D) ? text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") : text
    }

    // MARK: Keys

    private mutating func read(_ tree: YAMLTree, into frontMatter: inout FrontMatter) {
        guard let members = tree.mapping else {
            if !tree.isNull { warn(tree, "the front matter must be keys and values", identifier: "bad-front-matter") }
            return
        }
        for (key, value) in members {
            guard let name = key.string else {
                warn(key, "a key of the front matter must be a word", identifier: "bad-front-matter")
                continue
            }
            read(name, value, into: &frontMatter)
        }
    }

    private mutating func read(_ name: String, _ value: YAMLTree, into frontMatter: inout FrontMatter) {
        switch name {
        case "title": text(name, value, into: &frontMatter.title)
        case "subtitle": text(name, value, into: &frontMatter.subtitle)
        case "description", "abstract", "summary": text(name, value, into: &frontMatter.description)
        case "author", "authors": frontMatter.authors = authors(value)
        case "date": text(name, value, into: &frontMatter.date)
        case "updated", "date-modified", "lastmod": text(name, value, into: &frontMatter.updated)
        case "tags", "categories", "keywords": strings(name, value, into: &frontMatter.tags)
        case "draft": truth(name, value, into: &frontMatter.draft)
        case "image":
            if let path = value["path"] ?? value["src"] {
                text(name, path, into: &frontMatter.image)
                if let alternative = value["alt"] { text("image: alt", alternative, into: &frontMatter.imageAlternative) }
            } else {
                text(name, value, into: &frontMatter.image)
            }
        case "image-alt": text(name, value, into: &frontMatter.imageAlternative)
        case "lang", "language": text(name, value, into: &frontMatter.language)
        case "toc": truth(name, value, into: &frontMatter.tableOfContents)
        case "hover": truth(name, value, into: &frontMatter.hover)
        case "params": frontMatter.parameters = parameters(name, value)
        case "matrix": frontMatter.matrix = matrix(value)
        case "execute":
            guard let members = value.mapping else {
                if !value.isNull { warn(value, "“execute” takes cell options and their values") }
                return
            }
            var reader = DirectiveReader(path: file.path)
            for (key, value) in members where key.string != "enabled" { reader.set(key, value, in: &frontMatter.execute) }
            diagnostics += reader.diagnostics
        case "packages":
            if let wanted = value.bool { frontMatter.seesEnclosingPackage = wanted } else { frontMatter.packages = packages(value) }
        case "resources": strings(name, value, into: &frontMatter.resources)
        case "aliases": strings(name, value, into: &frontMatter.aliases)
        case "bibliography": strings(name, value, into: &frontMatter.bibliography)
        default: frontMatter.extra[name] = value.json
        }
    }

    private mutating func warn(_ tree: YAMLTree, _ summary: String, identifier: String = "bad-front-matter-value") {
        let end = SourceLocation(line: tree.place.line, column: tree.place.column + (tree.string ?? "").utf8.prefix { $0 != 0x0A }.count)
        diagnostics.append(
            Diagnostic(
                .warning, identifier: identifier, summary: summary, path: file.path, range: SourceRange(start: tree.place, end: end)))
    }

    private mutating func text(_ name: String, _ value: YAMLTree, into target: inout String?) {
        if value.isNull { return }
        guard let string = value.string else { return warn(value, "“\(name)” takes a text") }
        target = string
    }

    private mutating func truth(_ name: String, _ value: YAMLTree, into target: inout Bool) {
        guard let bool = value.bool else { return warn(value, "“\(name)” takes true or false") }
        target = bool
    }

    private mutating func strings(_ name: String, _ value: YAMLTree, into target: inout [String]) {
        guard let strings = value.strings else { return warn(value, "“\(name)” takes a text or a list of texts") }
        target += strings
    }

    private mutating func authors(_ value: YAMLTree) -> [String] {
        func name(_ tree: YAMLTree) -> String? {
            if let name = tree["name"] {
                // Quarto's long form: given and family name apart.
                return name.string ?? [name["given"]?.string, name["family"]?.string].compactMap { $0 }.joined(separator: " ")
            }
            return tree.string
        }
        if value.isNull { return [] }
        let trees = value.sequence ?? [value]
        let names = trees.compactMap(name)
        if names.count < trees.count { warn(value, "“author” takes a name or a list of names") }
        return names
    }

    /// The parameters of a file that holds nothing else.
    mutating func readParameters() -> [Parameter] {
        do throws(YAMLProblem) {
            return try YAMLTree.parse(normalised(file.text), line: 1).map { parameters("params", $0) } ?? []
        } catch {
            diagnostics.append(
                Diagnostic(
                    .error, identifier: "bad-parameters", summary: "the file of parameters is not YAML: \(error.message)", path: file.path,
                    range: SourceRange(start: error.place, end: error.place)))
            return []
        }
    }

    private mutating func parameters(_ key: String, _ value: YAMLTree) -> [Parameter] {
        guard let members = value.mapping else {
            if !value.isNull { warn(value, "“\(key)” takes names and values") }
            return []
        }
        var parameters: [Parameter] = []
        for (name, value) in members {
            guard let text = name.string, isIdentifier(text) else {
                warn(name, "a parameter's name must be a Swift identifier", identifier: "bad-parameter")
                continue
            }
            guard let converted = parameterValue(value) else {
                warn(value, "the parameter “\(text)” takes a truth value, a number, a text or a list of them", identifier: "bad-parameter")
                continue
            }
            parameters.append(Parameter(name: text, value: converted, line: name.place.line))
        }
        return parameters
    }

    private func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    }

    private func parameterValue(_ tree: YAMLTree) -> Parameter.Value? {
        if tree.isNull { return nil }
        if let bool = tree.bool { return .bool(bool) }
        if let integer = tree.integer { return .integer(integer) }
        if let double = tree.double { return .double(double) }
        if let string = tree.string { return .string(string) }
        guard let elements = tree.sequence else { return nil }
        let values = elements.compactMap(parameterValue)
        return values.count == elements.count ? .list(values) : nil
    }

    /// A list of parameter sets, or lists of values by name, of which every combination is a set.
    private mutating func matrix(_ value: YAMLTree) -> [[Parameter]] {
        if let sets = value.sequence { return sets.map { parameters("matrix", $0) } }
        guard let members = value.mapping else {
            if !value.isNull { warn(value, "“matrix” takes a list of parameter sets, or names with lists of values") }
            return []
        }
        var sets: [[Parameter]] = [[]]
        for (name, values) in members {
            guard let text = name.string, isIdentifier(text) else {
                warn(name, "a parameter's name must be a Swift identifier", identifier: "bad-parameter")
                continue
            }
            let choices = (values.sequence ?? [values]).compactMap(parameterValue)
            guard !choices.isEmpty, sets.count * choices.count <= 1000 else {
                warn(values, "“matrix” takes up to 1000 combinations, and at least one value for each name")
                continue
            }
            sets = sets.flatMap { set in choices.map { set + [Parameter(name: text, value: $0, line: name.place.line)] } }
        }
        return members.isEmpty ? [] : sets
    }

    private mutating func packages(_ value: YAMLTree) -> [FrontMatter.Package] {
        if value.isNull { return [] }
        var packages: [FrontMatter.Package] = []
        for tree in value.sequence ?? [value] {
            if let location = tree.string {
                packages.append(FrontMatter.Package(location: location))
            } else if let location = (tree["path"] ?? tree["url"])?.string {
                packages.append(
                    FrontMatter.Package(
                        location: location, version: (tree["from"] ?? tree["version"])?.string,
                        products: (tree["products"] ?? tree["product"])?.strings ?? []))
            } else {
                warn(tree, "a package is a path, a URL, or `path:`/`url:` with `from:` and `products:`")
            }
        }
        return packages
    }
}
