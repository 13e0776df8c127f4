import Groundwork
internal import SourceText

/// What the site needs to know of a page's HTML: identifiers, references to other files, the length of the prose.
///
/// The HTML is the renderer's, or an author's raw HTML; the scan reads tags as browsers do and trusts nothing else.
struct BodyScan: Sendable {
    /// An attribute that refers to something.
    struct Reference: Sendable, Hashable {
        /// The element's name in lower case.
        var element: String
        /// `href`, `src` or `poster`.
        var attribute: String
        /// The value with its character references decoded.
        var value: String
        /// The bytes of the value, quotes included where there are some.
        var range: Range<Int>
        /// The offset of the tag's `>` or `/>`, for attributes to be added.
        var tagEnd: Int
        /// Whether the tag has a width or height of its own.
        var hasSize: Bool
    }

    /// Of the whole body.
    let digest: QuickDigest
    private(set) var identifiers: Set<String> = []
    private(set) var references: [Reference] = []
    /// Words outside of code and tags.
    private(set) var wordCount = 0

    /// Elements whose words are not counted.
    private static let wordless: [Markup.Name] = ["pre", "svg", "math", "style", "table"]
    private static let links: [Markup.Name] = ["a", "link", "area"]

    /// - Complexity: O(*n*) in the length of the body.
    init(_ body: [UInt8]) {
        digest = QuickDigest(body)
        var index = 0
        var skipped: Markup.Name?
        var inWord = false
        while index < body.count {
            let byte = body[index]
            if byte != UInt8(ascii: "<") {
                let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
                if isSpace {
                    inWord = false
                } else if !inWord, skipped == nil {
                    inWord = true
                    wordCount += 1
                }
                index += 1
                continue
            }
            guard index + 1 < body.count else { break }
            let next = body[index + 1]
            if next == UInt8(ascii: "!") {
                index = Markup.endOfDeclaration(body, index)
                continue
            }
            if next == UInt8(ascii: "/") {
                var end = index + 2
                while end < body.count, body[end] != UInt8(ascii: ">") { end += 1 }
                if let name = skipped, Markup.name(body, index + 2) == name { skipped = nil }
                index = end + 1
                continue
            }
            guard Markup.isLetter(next) else {
                index += 1
                continue
            }
            let element = Markup.name(body, index + 1)
            let end = tag(body, from: index + 1 + element.length, element: element)
            if skipped == nil, Self.wordless.contains(element) { skipped = element }
            if element == "script" || element == "style" || element == "textarea" {
                // Raw text: nothing is markup until the end tag.
                index = Markup.endOfRawText(body, end, element)
            } else {
                index = end
            }
        }
    }

    /// Takes a note of a tag's attributes and returns the offset after it.
    private mutating func tag(_ body: [UInt8], from start: Int, element: Markup.Name) -> Int {
        var found: [Reference] = []
        var hasSize = false
        let end = Markup.attributes(body, from: start) { attribute in
            switch Markup.Name(body[attribute.name]) {
            case "id": identifiers.insert(Markup.decoded(body[attribute.value]))
            case "width", "height": hasSize = true
            case let name where name == "src" || name == "poster" || name == "href" && Self.links.contains(element):
                found.append(
                    Reference(
                        element: element.text, attribute: name.text, value: Markup.decoded(body[attribute.value]), range: attribute.whole, tagEnd: 0,
                        hasSize: false))
            default: break
            }
        }
        guard let end else { return body.count }
        let tagEnd = end > start && body[end - 1] == UInt8(ascii: "/") ? end - 1 : end
        for var reference in found {
            reference.tagEnd = tagEnd
            reference.hasSize = hasSize
            references.append(reference)
        }
        return min(end + 1, body.count)
    }
}
