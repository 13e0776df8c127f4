internal import Groundwork
import JSON
public import SourceText
import Yams

extension SiteConfiguration {
    /// Reads a `site.yaml`. Mistakes are diagnostics; what is right counts nevertheless.
    public static func parse(_ file: SourceFile) -> (configuration: SiteConfiguration, diagnostics: [Diagnostic]) {
        var parser = SiteFileParser(file: file)
        parser.parse()
        return (parser.configuration, parser.diagnostics)
    }
}

private struct SiteFileParser {
    let file: SourceFile
    var configuration = SiteConfiguration()
    var diagnostics: [Diagnostic] = []

    static let keys = [
        "title", "description", "url", "author", "language", "theme", "theme-folder", "navigation", "image", "icon",
        "index-count", "words", "months", "exclude", "include", "search", "extra",
    ]

    mutating func parse() {
        let root: Node?
        do {
            root = try Yams.compose(yaml: file.text)
        } catch {
            let (line, text) = Self.describe(error)
            report(.error, "site-yaml", "site.yaml is not YAML: \(text)", line: line)
            return
        }
        guard let root, root.null == nil else { return }
        guard let mapping = root.mapping else {
            report(.error, "site-yaml", "site.yaml must be a mapping of keys to values", at: root)
            return
        }
        for (keyNode, value) in mapping {
            guard let key = keyNode.string else {
                report(.warning, "unknown-site-key", "a key of site.yaml is no word", at: keyNode)
                continue
            }
            read(key, keyNode, value)
        }
    }

    private mutating func read(_ key: String, _ keyNode: Node, _ value: Node) {
        switch key {
        case "title": configuration.title = text(key, value)
        case "description": configuration.description = text(key, value)
        case "author": configuration.author = text(key, value)
        case "image": configuration.image = text(key, value)
        case "icon": configuration.icon = text(key, value)
        case "theme": if let theme = text(key, value) { configuration.theme = theme }
        case "theme-folder": configuration.themeFolder = text(key, value)
        case "url":
            guard var url = text(key, value) else { return }
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                report(.error, "site-url", "url must start with https:// or http://", at: value)
                return
            }
            if !url.hasSuffix("/") { url += "/" }
            configuration.baseURL = url
        case "language":
            guard let language = text(key, value) else { return }
            guard Self.isLanguageTag(language) else {
                report(.warning, "site-language", "“\(language)” is no language tag such as en or pt-BR", at: value)
                return
            }
            configuration.language = language
        case "index-count":
            guard let count = value.int, count >= 1 else {
                report(.warning, "site-value", "index-count must be a whole number from 1", at: value)
                return
            }
            configuration.indexCount = count
        case "navigation": configuration.navigation = navigation(value)
        case "words":
            for (name, word) in value.mapping.map(Array.init) ?? [] {
                guard let key = name.string, let word = word.string else { continue }
                if Words.english.contains(where: { $0.name == key }) {
                    configuration.words[key] = word
                } else {
                    unknown("word", key, among: Words.english.map(\.name), at: name)
                }
            }
        case "months":
            let months = value.sequence.map { $0.compactMap(\.string) } ?? []
            if months.count == 12 {
                configuration.months = months
            } else {
                report(.warning, "site-value", "months must be a list of twelve names", at: value)
            }
        case "exclude": configuration.exclude = paths(key, value)
        case "include": configuration.include = paths(key, value)
        case "search":
            guard let isWanted = value.bool else {
                report(.warning, "site-value", "search must be true or false", at: value)
                return
            }
            configuration.hasSearch = isWanted
        case "extra":
            if case .object(let members) = Self.json(value) { configuration.extra = members }
        default: unknown("key", key, among: Self.keys, at: keyNode)
        }
    }

    private mutating func navigation(_ value: Node) -> [SiteConfiguration.NavigationItem] {
        var items: [SiteConfiguration.NavigationItem] = []
        func add(_ mapping: Node.Mapping) {
            // Hugo, Jekyll and Quarto name the two parts of an entry.
            let parts = Dictionary(mapping.compactMap { key, value in key.string.map { ($0, value) } }) { $1 }
            let target = ["url", "href", "target", "path", "link"].lazy.compactMap { parts[$0]?.string }.first
            if let title = ["title", "text", "name"].lazy.compactMap({ parts[$0]?.string }).first, let target {
                items.append(.init(title: title, target: target))
                return
            }
            for (title, target) in mapping {
                if let title = title.string, let target = target.string { items.append(.init(title: title, target: target)) }
            }
        }
        if let mapping = value.mapping {
            add(mapping)
        } else if let sequence = value.sequence {
            for element in sequence {
                guard let mapping = element.mapping else {
                    report(.warning, "site-navigation", "an entry of navigation is `Title: target`", at: element)
                    continue
                }
                add(mapping)
            }
        } else {
            report(.warning, "site-navigation", "navigation is a list of `Title: target`", at: value)
        }
        return items
    }

    /// Paths from the site's folder. What is none of them is an error, since it may have been to keep something at home.
    private mutating func paths(_ key: String, _ value: Node) -> [String] {
        if value.null != nil { return [] }
        let nodes = value.sequence.map(Array.init) ?? [value]
        let paths = nodes.compactMap(\.string)
        if paths.count < nodes.count || paths.contains(where: { SitePath.resolve($0, from: "") == nil }) {
            report(.error, "site-value", "\(key) is a list of files and folders of the site", at: value)
        }
        return paths
    }

    private mutating func text(_ key: String, _ value: Node) -> String? {
        if let text = value.string { return text }
        report(.warning, "site-value", "\(key) must be text", at: value)
        return nil
    }

    private mutating func unknown(_ kind: String, _ key: String, among known: [String], at node: Node) {
        let nearest = nearestName(to: key, among: known)
        report(
            // What was to be left out is not published because of a slip.
            nearest == "exclude" ? .error : .warning, "unknown-site-key", "unknown \(kind) “\(key)” in site.yaml", at: node,
            solutions: nearest.map { ["did you mean “\($0)”?"] } ?? ["keys for templates go under extra:"])
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ identifier: String, _ summary: String, at node: Node, solutions: [String] = []
    ) {
        report(severity, identifier, summary, line: node.mark?.line, column: node.mark?.column, solutions: solutions)
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ identifier: String, _ summary: String, line: Int?, column: Int? = nil,
        solutions: [String] = []
    ) {
        let range = line.map { line in
            let start = SourceLocation(line: max(line, 1), column: max(column ?? 1, 1))
            return SourceRange(start: start, end: start)
        }
        diagnostics.append(
            Diagnostic(severity, identifier: identifier, summary: summary, path: file.path, range: range, solutions: solutions))
    }

    private static func describe(_ error: any Error) -> (line: Int?, text: String) {
        guard let error = error as? YamlError else { return (nil, "\(error)") }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return (mark.line, problem)
        default: return (nil, "\(error)")
        }
    }

    /// Letters, digits and hyphens, starting with letters (BCP 47, without looking subtags up).
    private static func isLanguageTag(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, (2...8).contains(first.count), first.allSatisfy({ $0.isASCII && $0.isLetter }) else { return false }
        return parts.dropFirst().allSatisfy { (1...8).contains($0.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }
    }

    private static func json(_ node: Node) -> JSONValue {
        if let mapping = node.mapping {
            var object = JSONObject()
            for (key, value) in mapping { if let key = key.string { object[key] = json(value) } }
            return .object(object)
        }
        if let sequence = node.sequence { return .array(sequence.map(json)) }
        if let bool = node.bool { return .bool(bool) }
        if let integer = node.int { return .integer(Int64(integer)) }
        if let number = node.float { return .number(number) }
        if node.null != nil { return .null }
        return .string(node.string ?? "")
    }
}
