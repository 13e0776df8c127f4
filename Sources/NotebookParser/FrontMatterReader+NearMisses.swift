internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Keys that are nearly ones that somebody reads, and keys that say something of publication where nobody looks for it.
extension FrontMatterReader {
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

    /// Keys of templates and of other tools, in their plain form, whose truth says that a page is not for everybody.
    private static let hintsWhenTrue: Set<String> = [
        "secret", "confidential", "internal", "archived", "disabled", "deleted", "trash", "trashed", "ignore", "ignored", "skip", "exclude",
        "excluded", "scheduled", "embargo", "embargoed", "devonly", "previewonly", "membersonly",
    ]
    /// Those whose falsehood does.
    private static let hintsWhenFalse: Set<String> = ["visible", "enabled", "active", "live", "released", "show"]
    /// Other names, in their plain form, for the day from which on a page is published.
    static let publishDateNames: Set<String> = [
        "embargo", "embargountil", "embargodate", "scheduled", "scheduledat", "scheduledfor", "scheduledate", "schedule", "golive", "golivedate",
        "releaseon", "availablefrom", "visiblefrom", "notbefore", "postdate", "liveon", "liveat", "publicationdate", "pubdate",
    ]
    /// Other names for the day from which on it is published no more.
    private static let expiryDateNames: Set<String> = [
        "expiry", "expire", "expireson", "expiresat", "expiration", "expirationdate", "expireat", "expiredate", "validuntil", "visibleuntil",
        "availableuntil", "notafter", "sunset", "removeon", "deleteon",
    ]
    /// Keys whose value is a name of something, which may be any word.
    private static let nameKeys: Set<String> = ["slug", "id", "name", "url", "path", "label", "theme", "icon", "class", "menu", "series", "template"]

    /// Says where a key that nobody knows is nearly one that somebody does, or may say that the page is not to be published.
    mutating func reportNearMiss(_ name: String, _ key: YAMLTree, _ value: YAMLTree, into matter: inout FrontMatter) {
        let plain = Self.plain(name)
        let isDate = value.string.flatMap { PostDate($0) } != nil
        if let meant = Self.publicationKey(nearTo: name, plain, value, isDate: isDate) {
            if isDate, let day = value.string, Self.isDayOfPublication(plain) {
                if PresentDay.hasCome(day, .everywhere) { return }
                // It holds the page back until then, also where another key settles what is unclear.
                if matter.publishDate == nil { matter.publishDate = day }
                if PresentDay.hasCome(day, .somewhere) { return }
            }
            if Self.isPublic(plain, value) { return }
            return reportUnclearKey(name, at: key, meant: meant)
        }
        let mayHold = value.truth.map { $0 ? Self.hintsWhenTrue.contains(plain) : Self.hintsWhenFalse.contains(plain) } ?? false
        if mayHold {
            return hint("“\(name): \(value.string ?? "")” may say that the page is not to be published, and Galley does not know it", at: key)
        }
        if reportMisplacedOption(name, key, value) || Self.otherKeys.contains(name) { return }
        // One slip in a short word, two in a long one: templates have keys of their own.
        let meant =
            Self.knownKeys.first {
                Self.plain($0) == plain || plain + "s" == $0 || plain + "es" == $0 || plain.dropLast() + "ies" == $0 || plain == $0 + "s"
            }
            ?? nearestName(to: plain, among: Self.knownKeys + Self.names, within: plain.count < 8 ? 1 : 2)
        guard let meant, meant != name, plain.count > 2 else { return }
        // What may be the page's date holds it back until then.
        if meant == "date", isDate, matter.publishDate == nil { matter.publishDate = value.string }
        report(.warning, "unknown-key", "“\(name)” is no key that Galley knows", at: range(of: key), ["did you mean “\(meant)”?"])
    }

    /// The key that decides on publication and that was meant by one that nobody knows.
    private static func publicationKey(nearTo name: String, _ plain: String, _ value: YAMLTree, isDate: Bool) -> String? {
        if isDate, publishDateNames.contains(plain) { return "publishDate" }
        if isDate, expiryDateNames.contains(plain) { return "expiryDate" }
        if value.truth != nil || value.isNull || isDate {
            if let same = (names + ["noindex"]).first(where: { Self.plain($0) == plain }) { return same }
            if plain.contains("draft") { return "draft" }
            if plain.contains("publish") || plain.contains("publsih"), !otherKeys.contains(name) { return "published" }
            if let near = nearestName(to: plain, among: names, within: plain.count < 5 ? 1 : 2) { return near }
        }
        // `Status: draft`, `post_status: private`, `access: private`, `stage: draft`.
        guard let state = value.string.map(words) else { return holdsKeysOfBuild(plain, value) ? "build" : nil }
        if stateKeys.contains(plain) { return plain }
        if heldStates.contains(state),
            let near = stateKeys.first(where: { plain.hasSuffix($0) }) ?? nearestName(to: plain, among: stateKeys, within: 2)
        {
            return near
        }
        if ["draft", "unpublished", "private"].contains(state), !nameKeys.contains(plain), name != "layout" { return "status" }
        return nil
    }

    /// Whether a key resembles Hugo's `build`, and its value too.
    private static func holdsKeysOfBuild(_ plain: String, _ value: YAMLTree) -> Bool {
        guard let members = value.mapping, nearestName(to: plain, among: ["build"], within: 2) != nil else { return false }
        return members.contains { $0.key.string == "render" || $0.key.string == "list" }
    }

    /// Options of cells that stand beside `execute:` and not under it, where they have no effect.
    private mutating func reportMisplacedOption(_ name: String, _ key: YAMLTree, _ value: YAMLTree) -> Bool {
        guard ["eval", "echo", "output", "include", "warning"].contains(name), value.truth != nil else { return false }
        report(
            name == "eval" ? .error : .warning, "misplaced-option", "“\(name)” is an option of cells, which has no effect here", at: range(of: key),
            ["put it under “execute:”"])
        return true
    }

    // MARK: Nested keys

    /// Keys whose members are the page's own in other tools.
    private static let bags: Set<String> = [
        "extra", "format", "metadata", "meta", "frontmatter", "page", "post", "cascade", "options", "build", "_build",
    ]
    /// Keys whose members are somebody else's.
    private static let foreignBags: Set<String> = ["matrix", "menu", "menus", "author", "authors", "packages", "references", "image"]

    /// Says where a member of another key's value may say that the page is not to be published, or that no cell is to run.
    mutating func reportNested(_ value: YAMLTree, under outer: String) {
        if Self.foreignBags.contains(outer) { return }
        reportNested(value, under: outer, isBag: Self.bags.contains(outer))
    }

    private mutating func reportNested(_ value: YAMLTree, under outer: String, isBag: Bool) {
        for element in value.sequence ?? [] where element.mapping != nil { reportNested(element, under: outer, isBag: isBag) }
        for (key, value) in value.mapping ?? [] {
            guard let name = key.string else { continue }
            if Self.saysHeld(name, value, isBag: isBag) {
                hint(
                    "“\(name): \(value.string ?? "")” under “\(outer)” has no effect in Galley, so it is not known whether the page is to be published",
                    at: key)
            } else if name == "eval", value.truth == false, outer != "execute" {
                report(
                    .error, "misplaced-option", "“eval” under “\(outer)” has no effect in Galley, so cells would run", at: range(of: key),
                    ["put it under “execute:” at the front matter's head"])
            } else {
                reportNested(value, under: outer, isBag: isBag)
            }
        }
    }

    private static func saysHeld(_ name: String, _ value: YAMLTree, isBag: Bool) -> Bool {
        switch name.lowercased() {
        case "draft", "unpublished": value.truth == true
        case "published", "publish": value.truth == false
        case "private", "hidden", "headless": isBag && value.truth == true
        case "status", "visibility": value.string.map { ["draft", "unpublished", "private"].contains(words($0)) } ?? false
        case "render" where isBag: value.string?.lowercased() == "never"
        default: (publishDates.contains(name) || expiryDates.contains(name)) && value.string.flatMap { PostDate($0) } != nil
        }
    }

    // MARK: Formats

    private static let paperFormats: Set<String> = [
        "pdf", "latex", "beamer", "typst", "docx", "odt", "rtf", "pptx", "epub", "epub2", "epub3", "context", "jats", "icml", "man", "ms",
        "pdf_document", "word_document", "odt_document", "rtf_document", "beamer_presentation", "powerpoint_presentation",
    ]

    /// Says where a page is meant for formats alone that Galley does not make.
    mutating func reportFormats(_ name: String, _ key: YAMLTree, _ value: YAMLTree) {
        let formats = value.strings ?? value.mapping?.compactMap(\.key.string) ?? []
        let plain = formats.map { $0.lowercased().split(separator: ":").last.map(String.init) ?? "" }
        guard !plain.isEmpty, plain.allSatisfy(Self.paperFormats.contains) else { return }
        report(
            .warning, "foreign-format", "“\(name)” names no format for the web, and the page is made all the same", at: range(of: key),
            ["“draft: true” keeps it out of the site"])
    }
}
