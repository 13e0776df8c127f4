internal import JSON
internal import NotebookModel
internal import SourceText

/// Whether, when and where a page is published, by the keys that authors know from Hugo, Jekyll, Quarto, Zola, Eleventy,
/// Docusaurus, Obsidian and Pelican. What cannot be understood here is an error: a guess might publish what was to stay at home.
extension FrontMatterReader {
    /// Keys whose truth keeps a page back.
    private static let heldWhenTrue: Set<String> = ["draft", "unpublished", "private", "hidden", "hide", "headless", "wip"]
    /// Keys whose falsehood does.
    private static let heldWhenFalse: Set<String> = ["published", "publish", "public", "render"]
    private static let publishDates: Set<String> = ["publishDate", "publishdate", "publish-date", "publish_date", "pubDate", "pubdate"]
    private static let expiryDates: Set<String> = [
        "expiryDate", "expirydate", "expiry-date", "expiry_date", "expires", "unpublishDate", "unpublishdate",
    ]
    /// What `status:` and `visibility:` call a page that is not published.
    private static let heldStates: Set<String> = [
        "draft", "unpublished", "private", "hidden", "pending", "wip", "in progress", "in-progress", "idea", "archived", "trash", "future",
    ]
    /// What misspelt keys may have been meant to be: each is worth an error.
    private static let names = [
        "draft", "unpublished", "private", "hidden", "published", "publish", "public", "publishDate", "expiryDate", "unlisted",
    ]

    /// Reads a key that concerns publication.
    ///
    /// - Returns: `false` for other keys, and where the value concerns something else.
    mutating func readPublication(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) -> Bool {
        guard read(name, value, into: &matter) else { return false }
        // Templates see them, too.
        if name != "draft" { matter.extra[name] = value.json }
        return true
    }

    private mutating func read(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) -> Bool {
        switch name {
        case "published" where value.truth == nil && value.string.map({ $0.contains(where: \.isNumber) }) == true:
            // Hugo's other name for the date of publication.
            matter.publishDate = date(name, value)
        case _ where Self.heldWhenTrue.contains(name):
            if let isHeld = decision(name, value), isHeld { matter.draft = true }
        case _ where Self.heldWhenFalse.contains(name):
            if let isPublished = decision(name, value), !isPublished { matter.draft = true }
        case _ where Self.publishDates.contains(name): matter.publishDate = date(name, value)
        case _ where Self.expiryDates.contains(name): matter.expiryDate = date(name, value)
        case "status", "visibility": readState(name, value, into: &matter)
        case "permalink" where value.bool == false: matter.draft = true
        case "build", "_build":
            if let render = value["render"]?.string, render == "never" || render == "link" || value["render"]?.truth == false { matter.draft = true }
            if let list = value["list"], list.string == "never" || list.truth == false { matter.keepsOutOf.insert(.lists) }
        case "unlisted": if decision(name, value) == true { matter.keepsOutOf.formUnion(FrontMatter.Place.allCases) }
        case "noindex": if decision(name, value) == true { matter.keepsOutOf.formUnion([.engines, .sitemap]) }
        case "eleventyExcludeFromCollections": if decision(name, value) == true { matter.keepsOutOf.formUnion([.lists, .sitemap]) }
        case "robots" where value.string.map({ $0.lowercased().contains("noindex") }) == true: matter.keepsOutOf.formUnion([.engines, .sitemap])
        case "listing" where value.truth == false: matter.keepsOutOf.insert(.lists)
        case "search" where value.truth == false, "in_search_index" where value.truth == false: matter.keepsOutOf.insert(.search)
        case "sitemap" where value.truth == false || value["disable"]?.truth == true || value["exclude"]?.truth == true:
            matter.keepsOutOf.insert(.sitemap)
        case "taxonomies":
            // Where Zola keeps them.
            for kind in ["tags", "categories"] { matter.tags += value[kind]?.strings ?? [] }
        case "robots", "listing", "search", "in_search_index", "sitemap", "permalink": break
        default: return false
        }
        return true
    }

    private mutating func decision(_ name: String, _ value: YAMLTree) -> Bool? {
        if let truth = value.truth { return truth }
        // `hide: [toc]` is something of a template's.
        if !Self.names.contains(name), name != "noindex" { return nil }
        report(
            .error, "unclear-publication",
            "“\(name)” takes true or false\(value.isNull ? "" : ", so it is not known whether the page is to be published")",
            at: range(of: value.isNull ? YAMLTree(content: .scalar(name, isPlain: true), place: value.place) : value))
        return nil
    }

    private mutating func date(_ name: String, _ value: YAMLTree) -> String? {
        if value.isNull { return nil }
        if let text = value.string, PostDate(text) != nil { return text }
        report(
            .error, "unclear-publication", "“\(name)” takes a date, so it is not known when the page is to be published", at: range(of: value),
            ["write it as 2026-11-23 or 2026-11-23T09:30:00+01:00"])
        return nil
    }

    private mutating func readState(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) {
        guard let state = value.string?.lowercased() else { return }
        if Self.heldStates.contains(state) {
            matter.draft = true
        } else if let meant = nearestName(to: state, among: ["draft", "private", "hidden", "unpublished", "published"], within: 2), meant != state {
            report(.error, "unclear-publication", "“\(name)” has no “\(state)”", at: range(of: value), ["did you mean “\(meant)”?"])
        }
    }

    // MARK: Misspelt keys

    /// Keys of ours, and of others that mean the same.
    private static let knownKeys = [
        "title", "subtitle", "description", "abstract", "summary", "author", "authors", "date", "updated", "date-modified", "lastmod", "tags",
        "categories", "keywords", "image", "image-alt", "lang", "language", "toc", "hover", "params", "matrix", "execute", "packages", "resources",
        "aliases", "bibliography", "nocite", "noindex", "search", "sitemap",
    ]

    /// Keys of other tools and of templates that resemble one of ours and are none.
    private static let otherKeys: Set<String> = [
        "data", "page", "pages", "name", "time", "state", "images", "publisher", "republished", "translator", "tagline", "matter", "pack", "titles",
        "subtitles", "craft", "raft", "drift", "graft", "daft", "primate", "republic", "dates", "cover", "over", "mage", "stage", "package-name",
    ]

    /// Says where a key that nobody knows is nearly one that somebody does.
    mutating func reportNearMiss(_ name: String, _ key: YAMLTree, _ value: YAMLTree) {
        let plain = Self.plain(name)
        let decides = value.truth != nil || value.isNull || value.string.flatMap { PostDate($0) } != nil
        if decides, let meant = Self.publicationKey(nearTo: name, plain) {
            return report(
                .error, "unclear-publication", "“\(name)” is no key, so it is not known whether the page is to be published", at: range(of: key),
                ["did you mean “\(meant)”?"])
        }
        if Self.otherKeys.contains(name) { return }
        // One slip in a short word, two in a long one: templates have keys of their own.
        let meant =
            Self.knownKeys.first {
                Self.plain($0) == plain || plain + "s" == $0 || plain + "es" == $0 || plain.dropLast() + "ies" == $0 || plain == $0 + "s"
            }
            ?? nearestName(to: plain, among: Self.knownKeys + Self.names, within: plain.count < 8 ? 1 : 2)
        guard let meant, meant != name, plain.count > 2 else { return }
        report(.warning, "unknown-key", "“\(name)” is no key that Galley knows", at: range(of: key), ["did you mean “\(meant)”?"])
    }

    private static func publicationKey(nearTo name: String, _ plain: String) -> String? {
        if let same = (names + ["noindex"]).first(where: { Self.plain($0) == plain }) { return same }
        if plain.contains("draft") { return "draft" }
        if plain.contains("publish"), !otherKeys.contains(name) { return "published" }
        return nearestName(to: plain, among: names, within: plain.count < 5 ? 1 : 2)
    }

    /// Letters and digits in lower case.
    private static func plain(_ name: String) -> String { String(name.lowercased().filter { $0.isLetter || $0.isNumber }) }

    // MARK: Without fences

    /// Says where a text begins with lines that would keep it back, were they front matter: Pelican's, or between other fences.
    mutating func reportUnfenced() {
        var line = 1
        while line < file.lineCount, FrontMatterBlock.bare(file.line(line)).isEmpty { line += 1 }
        let first = file.line(line)
        if first.hasPrefix("```") || first.hasPrefix("    ") || first.hasPrefix("\t") { return }
        let end = min(line + 40, file.lineCount)
        while line <= end {
            let text = FrontMatterBlock.bare(file.line(line))
            if text.isEmpty { return }
            for mark: Character in [":", "="] {
                guard let name = FrontMatterBlock.key(of: text, before: mark), let end = text.firstIndex(of: mark) else { continue }
                let value = text[text.index(after: end)...].filter { !"\"', ;".contains($0) }
                guard Self.keepsBack(name.lowercased(), value) else { continue }
                let start = SourceLocation(line: line, column: 1)
                return report(
                    .error, "unclear-publication", "“\(text)” stands in no front matter, so it would be published with the text",
                    at: SourceRange(start: start, end: SourceLocation(line: line, column: 1 + text.utf8.count)),
                    ["put the keys at the head of the file between two lines `---`"])
            }
            line += 1
        }
    }

    private static func keepsBack(_ name: String, _ value: String) -> Bool {
        let tree = YAMLTree(content: .scalar(value, isPlain: true), place: SourceLocation(line: 1, column: 1))
        if name == "status" || name == "visibility" { return heldStates.contains(value.lowercased()) }
        if heldWhenFalse.contains(name) { return tree.truth == false }
        return tree.truth == true && (heldWhenTrue.contains(name) || name == "darft" || name == "dratf")
    }
}
