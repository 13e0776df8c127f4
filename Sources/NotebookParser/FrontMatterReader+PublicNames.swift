internal import NotebookModel

/// Keys of other tools that nobody reads here and whose values say clearly that a page is for everybody.
extension FrontMatterReader {
    /// What may stand around a word of publication and leaves its meaning: `isDraft`, `dg-publish`, `page_is_public`.
    private static let fillers: Set<String> = [
        "", "is", "in", "as", "still", "do", "dg", "page", "pageis", "post", "postis", "note", "article", "site", "web", "blog",
        "mode", "state", "flag",
    ]
    /// What may stand around one of publishing or of drafting that has a day.
    private static let dayFillers: Set<String> = [
        "", "at", "on", "in", "from", "since", "date", "day", "time", "datetime", "timestamp", "first", "firston", "firstat", "firstdate", "last",
        "laston", "lastat", "lastdate", "original", "originally", "originaldate", "dateoriginal", "page", "post", "postdate", "dg",
    ]

    /// Whether a name, in its plain form, is one for the day from which on a page is published: `publishedDate`, `scheduled`.
    static func isDayOfPublication(_ plain: String) -> Bool {
        publishDateNames.contains(plain)
            || holds(plain, ["published", "publishing", "publish"], among: dayFillers)
    }

    /// Whether a value says that the page is published, of a name in its plain form; misspelt ones say nothing clearly.
    static func isPublic(_ plain: String, _ value: YAMLTree) -> Bool {
        switch value.truth {
        case true?: return holds(plain, ["published", "publish", "public"], among: fillers)
        case false?:
            return holds(plain, ["draft", "unpublished", "unpublish", "private", "hidden", "headless", "unlisted", "noindex"], among: fillers)
        case nil:
            // The day that a text was drafted on.
            guard let day = value.string, PresentDay.hasCome(day, .everywhere) else { return false }
            return holds(plain, ["drafted", "draftdate", "datedraft"], among: dayFillers)
        }
    }

    /// Whether a name is one of some words with nothing around it that may turn its meaning.
    private static func holds(_ plain: String, _ words: [String], among fillers: Set<String>) -> Bool {
        words.contains { word in
            guard let range = plain.firstRange(of: word) else { return false }
            return fillers.contains(String(plain[..<range.lowerBound] + plain[range.upperBound...]))
        }
    }
}
