internal import Groundwork
internal import JSON
internal import NotebookModel
internal import SourceText

/// Whether, when and where a page is published, by the keys that authors know from Hugo, Jekyll, Quarto, Zola, Eleventy,
/// Docusaurus, Obsidian, Ghost and Pelican. What cannot be understood here is an error: a guess might publish what was to stay at home.
extension FrontMatterReader {
    /// Keys whose truth keeps a page back.
    static let heldWhenTrue: Set<String> = ["draft", "unpublished", "private", "hidden", "hide", "headless", "wip"]
    /// Keys whose falsehood does.
    static let heldWhenFalse: Set<String> = ["published", "publish", "public", "render"]
    static let publishDates: Set<String> = [
        "publishDate", "publishdate", "publish-date", "publish_date", "pubDate", "pubdate", "pub-date", "pub_date",
    ]
    static let expiryDates: Set<String> = [
        "expiryDate", "expirydate", "expiry-date", "expiry_date", "expires", "unpublishDate", "unpublishdate",
    ]
    /// Keys of the state that a page is in.
    static let stateKeys = ["status", "visibility"]
    /// What these call a page that is not published: words in lower case, with blanks between them.
    static let heldStates: Set<String> = [
        "draft", "unpublished", "private", "hidden", "pending", "wip", "in progress", "work in progress", "idea", "archived", "trash", "trashed",
        "deleted", "future", "scheduled", "auto draft", "autodraft", "in review", "review", "needs review", "under review", "todo", "to do",
        "unfinished", "incomplete", "embargoed", "embargo", "on hold", "withheld", "withdrawn", "expired", "skip", "secret", "internal",
        "confidential", "members", "paid", "tiers", "protected", "password",
    ]
    /// What they call a page that is.
    private static let publicStates: Set<String> = [
        "published", "publish", "public", "live", "online", "visible", "open", "everyone", "all", "posted", "final", "finished", "complete",
        "completed", "done", "release", "released", "active", "stable", "maintained", "current", "new", "updated", "ongoing", "alpha", "beta",
        "experimental", "proposed", "accepted", "approved", "rejected", "deprecated", "superseded", "obsolete", "evergreen", "seedling", "sapling",
        "budding", "growing", "notes", "abandoned", "featured", "normal", "default",
    ]
    /// What misspelt keys may have been meant to be: each is worth an error.
    static let names = [
        "draft", "unpublished", "private", "hidden", "published", "publish", "public", "headless", "publishDate", "expiryDate", "unlisted",
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
        case "published" where value.truth == nil && value.string.map({ $0.contains(where: \.isNumber) }) == true,
            "publish" where value.string.flatMap { PostDate($0) } != nil:
            // Hugo's other name for the date of publication, and one that resembles it.
            matter.publishDate = date(name, value)
        case "render" where value.string?.lowercased() == "never": matter.draft = true
        case _ where Self.heldWhenTrue.contains(name):
            guard let isHeld = decision(name, value) else { break }
            if isHeld { matter.draft = true }
            if !isHeld, name == "draft" { (matter.isPublishedExplicitly, saysNoDraft) = (true, true) }
        case _ where Self.heldWhenFalse.contains(name):
            guard let isPublished = decision(name, value) else { break }
            if !isPublished { matter.draft = true } else if name.hasPrefix("publish") { matter.isPublishedExplicitly = true }
        case _ where Self.publishDates.contains(name): matter.publishDate = date(name, value)
        case _ where Self.expiryDates.contains(name): matter.expiryDate = date(name, value)
        case _ where Self.stateKeys.contains(name): readState(name, value, into: &matter)
        case "permalink" where value.bool == false: matter.draft = true
        case "build", "_build": readBuild(name, value, into: &matter)
        case "taxonomies":
            // Where Zola keeps them.
            for kind in ["tags", "categories"] { matter.tags += value[kind]?.strings ?? [] }
        case "permalink": break
        default: return readPlaces(name, value, into: &matter)
        }
        return true
    }

    private mutating func decision(_ name: String, _ value: YAMLTree) -> Bool? {
        if let truth = value.truth { return truth }
        // `hide: [toc]` is something of a template's.
        if !Self.names.contains(name), !["noindex", "wip"].contains(name) { return nil }
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

    /// Reads the page's own date: a day, nothing, or a word for the day of the render.
    ///
    /// Anything else is an error, since the page may be one that is to come.
    mutating func readDate(_ value: YAMLTree, into matter: inout FrontMatter) {
        if value.isNull { return }
        matter.date = value.string
        if let text = value.string, Self.trimmed(text).isEmpty || PostDate(text) != nil || PostDate.isRelative(text) { return }
        report(
            .error, "unclear-publication", "“date” takes a day of the calendar, so it is not known when the page is to be published",
            at: range(of: value), ["write it as 2026-11-23 or 2026-11-23T09:30:00+01:00"])
    }

    private mutating func readState(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) {
        let state = value.string.map(Self.words) ?? ""
        if Self.heldStates.contains(state) {
            matter.draft = true
        } else if state == "unlisted" {
            matter.keepsOutOf.formUnion(FrontMatter.Place.allCases)
        } else if !Self.publicStates.contains(state) {
            let near = ["draft", "private", "hidden", "unpublished", "published"]
            if !state.isEmpty, let meant = nearestName(to: state, among: near, within: 2) {
                report(.error, "unclear-publication", "“\(name)” has no “\(state)”", at: range(of: value), ["did you mean “\(meant)”?"])
            } else {
                hint("“\(name)” says nothing that Galley knows, so it is not known whether the page is to be published", at: value)
            }
        }
    }

    /// Hugo's build options.
    private mutating func readBuild(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) {
        if value.isNull || value.truth == true { return }
        guard let members = value.mapping else {
            return hint("“\(name)” takes keys and values, so it is not known whether the page is to be published", at: value)
        }
        for (key, value) in members {
            let word = value.string?.lowercased() ?? ""
            switch key.string ?? "" {
            case "render":
                if word == "never" || word == "link" || value.truth == false {
                    matter.draft = true
                } else if word != "always", value.truth != true {
                    hint("“render” takes always, never or link, so it is not known whether the page is to be published", at: value)
                }
            case "list":
                if word == "never" || word == "local" || value.truth == false {
                    matter.keepsOutOf.formUnion([.lists, .sitemap])
                } else if word != "always", value.truth != true {
                    hint("“list” takes always, never or local, so it is not known whether the page is to be listed", at: value)
                }
            case "publishResources": break
            case let other:
                guard let meant = nearestName(to: other, among: ["render", "list"], within: 2) else { break }
                hint("“\(name)” has no “\(other)”, so it is not known whether the page is to be published", at: key, "did you mean “\(meant)”?")
            }
        }
    }

    // MARK: Places

    /// Keys, in their plain form, whose truth keeps a page out of places.
    private static let outWhenTrue: [String: Set<FrontMatter.Place>] = [
        "unlisted": Set(FrontMatter.Place.allCases), "noindex": [.engines, .sitemap], "eleventyexcludefromcollections": [.lists, .sitemap],
        "excludefromcollections": [.lists, .sitemap], "excludefromsearch": [.search], "searchexclude": [.search], "nosearch": [.search],
        "excludefromsitemap": [.sitemap], "sitemapexclude": [.sitemap], "sitemapignore": [.sitemap], "nositemap": [.sitemap],
        "excludefromfeed": [.feeds], "feedexclude": [.feeds], "nofeed": [.feeds], "norss": [.feeds],
    ]
    /// Keys, in their plain form, whose falsehood does.
    private static let outWhenFalse: [String: Set<FrontMatter.Place>] = [
        "listing": [.lists], "list": [.lists], "listed": [.lists], "search": [.search], "searchable": [.search], "insearchindex": [.search],
        "sitemap": [.sitemap], "feed": [.feeds], "rss": [.feeds], "index": [.engines, .sitemap],
    ]
    /// Words that say no of a place.
    private static let refusals: Set<String> = ["exclude", "excluded", "hidden", "hide", "never", "none", "disable", "disabled", "ignore"]

    private mutating func readPlaces(_ name: String, _ value: YAMLTree, into matter: inout FrontMatter) -> Bool {
        let plain = Self.plain(name)
        if plain == "robots" {
            let words = ([value.string] + (value.strings ?? []) + (value.mapping ?? []).map { $0.value.truth == true ? $0.key.string : nil })
                .compactMap { $0?.lowercased() }
            if words.contains(where: { $0.contains("noindex") || $0.contains("none") }) || value["index"]?.truth == false {
                matter.keepsOutOf.formUnion([.engines, .sitemap])
            }
            return true
        }
        if let places = Self.outWhenTrue[plain] {
            // `noIndex` and `Unlisted` are near misses, which are reported as such.
            if plain == "noindex" || plain == "unlisted", name != plain { return false }
            if decision(name, value) == true { matter.keepsOutOf.formUnion(places) }
            return true
        }
        guard let places = Self.outWhenFalse[plain] else { return false }
        let refuses = value.string.map { Self.refusals.contains($0.lowercased()) } ?? false
        let isExcluded = ["disable", "disabled", "exclude", "excluded", "hidden", "ignore"].contains { value[$0]?.truth == true }
        if value.truth == false || refuses || isExcluded { matter.keepsOutOf.formUnion(places) }
        return ["listing", "search", "insearchindex", "sitemap"].contains(plain) || value.truth != nil
    }

    // MARK: Spelling

    /// Letters and digits in lower case.
    static func plain(_ name: String) -> String { String(name.lowercased().filter { $0.isLetter || $0.isNumber }) }

    static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// Words in lower case with one blank between them.
    static func words(_ text: String) -> String {
        text.lowercased().split { $0.isWhitespace || $0 == "-" || $0 == "_" }.joined(separator: " ")
    }
}
