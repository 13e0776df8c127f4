internal import JSON
internal import NotebookModel
internal import SourceText

/// Reads the front matter at a notebook's head: YAML, TOML or JSON.
struct FrontMatterReader {
    let file: SourceFile
    var diagnostics: [Diagnostic] = []
    /// What may say that the page is not to be published, unless another key says plainly that it is.
    private var hints: [Diagnostic] = []
    /// Keys that may have been meant to say so: `draft` alone says more plainly what they do.
    private var nearMisses: [Diagnostic] = []
    /// Whether there is `draft: false`.
    var saysNoDraft = false

    init(file: SourceFile) {
        self.file = file
    }

    /// - Returns: the front matter, and the line (from 1) that the prose begins on.
    mutating func read() -> (FrontMatter, bodyLine: Int) {
        var frontMatter = FrontMatter()
        switch FrontMatterBlock.head(of: file) {
        case .none:
            reportUnfenced()
            reportLaterBlocks(from: 1)
            return (frontMatter, 1)
        case .unclosed(let line, let format, let fence):
            let way = format == .json ? "Close it with “}”" : "Close it with a line `\(fence)`"
            report(.error, "unclosed-front-matter", "the front matter that begins here has no end", at: fenceRange(line), [way])
            return (frontMatter, file.lineCount + 1)
        case .unknownLanguage(let line, let name):
            report(
                .error, "bad-front-matter", "front matter in “\(name)” is not read", at: fenceRange(line),
                ["Write it as YAML between lines `---`, as TOML between lines `+++`, or as JSON"])
            return (frontMatter, file.lineCount + 1)
        case .block(let block):
            guard !block.lines.isEmpty else {
                reportLaterBlocks(from: block.bodyLine)
                return (frontMatter, block.bodyLine)
            }
            do throws(YAMLProblem) {
                if let tree = try tree(of: block) {
                    // Prose between two thematic breaks is a text to YAML.
                    if !block.isSure, tree.mapping == nil { return (frontMatter, 1) }
                    read(tree, into: &frontMatter)
                }
            } catch {
                if block.format == .yaml, !block.isSure, !beginsWithIndicator(block) { return (frontMatter, 1) }
                let language =
                    switch block.format {
                    case .yaml: "YAML"
                    case .toml: "TOML"
                    case .json: "JSON"
                    }
                report(
                    .error, "bad-front-matter", "the front matter is not \(language): \(error.message)",
                    at: SourceRange(start: error.place, end: error.place))
            }
            reportLaterBlocks(from: block.bodyLine)
            return (frontMatter, block.bodyLine)
        }
    }

    private func tree(of block: FrontMatterBlock) throws(YAMLProblem) -> YAMLTree? {
        let text = normalised(file.text(ofLines: block.lines.lowerBound...(block.lines.upperBound - 1)))
        switch block.format {
        case .yaml: return try YAMLTree.parse(text, line: block.lines.lowerBound)
        case .toml: return try TOMLReader.read(text, line: block.lines.lowerBound)
        case .json: return try YAMLTree.parse(json: text, line: block.lines.lowerBound)
        }
    }

    /// Whether the text begins as no sentence does: a mapping in braces, a quoted or an explicit key.
    private func beginsWithIndicator(_ block: FrontMatterBlock) -> Bool {
        let text = file.text(ofLines: block.lines.lowerBound...(block.lines.upperBound - 1))
        return text.first { !$0.isWhitespace }.map { "{\"'?".contains($0) } ?? false
    }

    private func fenceRange(_ line: Int) -> SourceRange {
        SourceRange(start: SourceLocation(line: line, column: 1), end: SourceLocation(line: line, column: 4))
    }

    func normalised(_ text: String) -> String {
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        return text.utf8.contains(0x0D) ? text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") : text
    }

    // MARK: Keys

    private mutating func read(_ tree: YAMLTree, into frontMatter: inout FrontMatter) {
        guard let members = tree.mapping else {
            if !tree.isNull { report(.error, "bad-front-matter", "the front matter must be keys and values", at: range(of: tree)) }
            return
        }
        for (key, value) in merged(members) {
            guard let name = key.string else {
                warn(key, "a key of the front matter must be a word", identifier: "bad-front-matter")
                continue
            }
            reportNested(value, under: name)
            if !readPublication(name, value, into: &frontMatter) { read(name, key, value, into: &frontMatter) }
        }
        if !frontMatter.draft, !frontMatter.isPublishedExplicitly { diagnostics += hints }
        if !frontMatter.draft, !saysNoDraft { diagnostics += nearMisses }
        // Pages that have no other date are known by the one from which on they are published.
        if frontMatter.date == nil { frontMatter.date = frontMatter.publishDate }
    }

    /// The members with those of YAML's merge keys (`<<: *common`) among them; what is written beside these goes before.
    private mutating func merged(_ members: [(key: YAMLTree, value: YAMLTree)]) -> [(key: YAMLTree, value: YAMLTree)] {
        guard members.contains(where: { $0.key.string == "<<" }) else { return members }
        var result = members.filter { $0.key.string != "<<" }
        var names = Set(result.compactMap(\.key.string))
        for (key, value) in members where key.string == "<<" {
            let sources = (value.sequence ?? [value]).compactMap(\.mapping)
            if sources.isEmpty { report(.error, "bad-front-matter", "“<<” takes keys and values", at: range(of: key)) }
            for member in sources.joined() {
                guard let name = member.key.string, names.insert(name).inserted else { continue }
                result.append(member)
            }
        }
        return result
    }

    private mutating func read(_ name: String, _ key: YAMLTree, _ value: YAMLTree, into frontMatter: inout FrontMatter) {
        switch name {
        case "title": text(name, value, into: &frontMatter.title)
        case "subtitle": text(name, value, into: &frontMatter.subtitle)
        case "description", "abstract", "summary": text(name, value, into: &frontMatter.description)
        case "author", "authors": frontMatter.authors = authors(value)
        case "date": readDate(value, into: &frontMatter)
        case "updated", "date-modified", "lastmod": text(name, value, into: &frontMatter.updated)
        case "tags", "categories", "keywords": strings(name, value, into: &frontMatter.tags)
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
        case "execute": execute(value, into: &frontMatter)
        case "packages":
            if let wanted = value.bool { frontMatter.seesEnclosingPackage = wanted } else { frontMatter.packages = packages(value) }
        case "resources": strings(name, value, into: &frontMatter.resources)
        case "aliases", "redirect_from": strings(name, value, into: &frontMatter.aliases)
        case "bibliography": strings(name, value, into: &frontMatter.bibliography)
        default:
            frontMatter.extra[name] = value.json
            if name == "format" || name == "output" { reportFormats(name, key, value) }
            reportNearMiss(name, key, value, into: &frontMatter)
        }
    }

    /// The defaults of cells, and whether any runs.
    private mutating func execute(_ value: YAMLTree, into frontMatter: inout FrontMatter) {
        guard let members = value.mapping else {
            if value.isNull { return }
            // `execute: false` says of the whole what `enabled: false` says.
            guard let isEnabled = value.truth else {
                return report(.error, "bad-front-matter-value", "“execute” takes cell options and their values", at: range(of: value))
            }
            frontMatter.runsCells = isEnabled
            if !isEnabled { frontMatter.execute.eval = false }
            return
        }
        var reader = DirectiveReader(path: file.path)
        for (key, value) in members {
            guard key.string == "enabled" else {
                reader.set(key, value, in: &frontMatter.execute, moreNames: ["enabled"])
                continue
            }
            guard let isEnabled = value.truth else {
                report(.error, "bad-front-matter-value", "“enabled” takes true or false", at: range(of: value))
                continue
            }
            frontMatter.runsCells = isEnabled
        }
        if !frontMatter.runsCells { frontMatter.execute.eval = false }
        diagnostics += reader.diagnostics
    }

    // MARK: Reporting

    func range(of tree: YAMLTree) -> SourceRange {
        let end = SourceLocation(line: tree.place.line, column: tree.place.column + (tree.string ?? "").utf8.prefix { $0 != 0x0A }.count)
        return SourceRange(start: tree.place, end: end)
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ identifier: String, _ summary: String, at range: SourceRange, _ solutions: [String] = []
    ) {
        diagnostics.append(
            Diagnostic(severity, identifier: identifier, summary: summary, path: file.path, range: range, solutions: solutions))
    }

    /// Keeps an error for the case that nothing says plainly that the page is to be published.
    mutating func hint(_ summary: String, at tree: YAMLTree, _ solutions: String...) {
        hints.append(
            Diagnostic(
                .error, identifier: "unclear-publication", summary: summary, path: file.path, range: range(of: tree),
                solutions: solutions + ["“draft: true” keeps the page back, “draft: false” publishes it"]))
    }

    /// Keeps an error for the case that nothing says plainly whether the page is a draft.
    mutating func reportUnclearKey(_ name: String, at tree: YAMLTree, meant: String) {
        nearMisses.append(
            Diagnostic(
                .error, identifier: "unclear-publication", summary: "“\(name)” is no key, so it is not known whether the page is to be published",
                path: file.path, range: range(of: tree),
                solutions: ["did you mean “\(meant)”?", "“draft: true” keeps the page back, “draft: false” publishes it"]))
    }

    mutating func warn(_ tree: YAMLTree, _ summary: String, identifier: String = "bad-front-matter-value") {
        report(.warning, identifier, summary, at: range(of: tree))
    }

    // MARK: Values

    mutating func text(_ name: String, _ value: YAMLTree, into target: inout String?) {
        if value.isNull { return }
        guard let string = value.string else { return warn(value, "“\(name)” takes a text") }
        target = string
    }

    private mutating func truth(_ name: String, _ value: YAMLTree, into target: inout Bool) {
        guard let bool = value.truth else { return warn(value, "“\(name)” takes true or false") }
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
