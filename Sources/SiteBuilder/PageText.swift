/// The words of a page's HTML, by the headings that they stand under: what a search looks through.
struct PageText: Sendable, Hashable {
    struct Section: Sendable, Hashable {
        /// The heading's identifier; empty for what stands before the first heading.
        var id: String
        var heading: String
        /// Words with one space between them.
        var text: String
    }

    private(set) var sections: [Section] = []

    /// - Parameter limit: How many bytes of text are kept at most; headings are kept all.
    /// - Complexity: O(*n*) in the length of the body.
    init(_ body: [UInt8], limit: Int) {
        var reader = Reader(body: body, remaining: limit)
        reader.read()
        sections = reader.sections
    }

    /// Elements within a line of text: no word ends where they begin or end.
    private static let inline: [Markup.Name] = [
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span",
        "strong", "sub", "sup", "time", "u", "var", "wbr", "mi", "mn", "mo", "mrow", "msub", "msup", "semantics",
    ]
    /// Elements whose words are not the page's.
    private static let silent: [Markup.Name] = ["script", "style", "svg", "template", "button", "annotation", "noscript"]
    private static let empty: [Markup.Name] = ["area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]

    private struct Reader {
        let body: [UInt8]
        var remaining: Int
        var sections: [Section] = []
        private var id = ""
        private var heading: [UInt8] = []
        private var text: [UInt8] = []
        /// The heading that is being read.
        private var openHeading: Markup.Name?
        /// The element that is left out, and how many of its name are open.
        private var skipped: (element: Markup.Name, depth: Int)?
        private var needsSpace = false

        init(body: [UInt8], remaining: Int) {
            self.body = body
            self.remaining = remaining
        }

        mutating func read() {
            var index = 0
            while index < body.count {
                if body[index] != UInt8(ascii: "<") {
                    let start = index
                    while index < body.count, body[index] != UInt8(ascii: "<") { index += 1 }
                    if skipped == nil { take(body[start..<index]) }
                    continue
                }
                guard index + 1 < body.count else { break }
                let next = body[index + 1]
                if next == UInt8(ascii: "!") {
                    index = Markup.endOfDeclaration(body, index)
                } else if next == UInt8(ascii: "/") {
                    close(Markup.name(body, index + 2))
                    while index < body.count, body[index] != UInt8(ascii: ">") { index += 1 }
                    index += 1
                } else if Markup.isLetter(next) {
                    index = open(index)
                } else {
                    if skipped == nil { take(body[index..<index + 1]) }
                    index += 1
                }
            }
            finish()
        }

        private mutating func open(_ start: Int) -> Int {
            let element = Markup.name(body, start + 1)
            var identifier: String?
            // A heading's link to itself, and the numbers that a chart is drawn from.
            var isAside = false
            let end = Markup.attributes(body, from: start + 1 + element.length) { attribute in
                guard skipped == nil, element.isHeading || element == "a" || element == "details" else { return }
                switch Markup.Name(body[attribute.name]) {
                case "id" where element.isHeading: identifier = Markup.decoded(body[attribute.value])
                case "class": isAside = body[attribute.value].elementsEqual(element == "a" ? "anchor".utf8 : "chart-data".utf8)
                default: break
                }
            }
            guard let end else { return body.count }
            if let skipped {
                if skipped.element == element { self.skipped?.depth += 1 }
            } else if PageText.silent.contains(element) || isAside {
                skipped = (element, 1)
            } else if let identifier {
                finish()
                id = identifier
                openHeading = element
            } else if !PageText.inline.contains(element) {
                needsSpace = true
            }
            let isClosed = end > 0 && end <= body.count && body[end - 1] == UInt8(ascii: "/") && !(element.isHeading || element == "a")
            if isClosed || PageText.empty.contains(element) { close(element) }
            if element == "script" || element == "style" || element == "textarea" { return Markup.endOfRawText(body, end, element) }
            return min(end + 1, body.count)
        }

        private mutating func close(_ element: Markup.Name) {
            if let skipped {
                guard skipped.element == element else { return }
                self.skipped = skipped.depth == 1 ? nil : (element, skipped.depth - 1)
                return
            }
            if openHeading == element { openHeading = nil }
            if !PageText.inline.contains(element) { needsSpace = true }
        }

        private mutating func take(_ bytes: ArraySlice<UInt8>) {
            let decoded = bytes.contains(UInt8(ascii: "&")) ? Array(Markup.decoded(bytes).utf8)[...] : bytes
            if openHeading != nil {
                needsSpace = Self.append(decoded, to: &heading, needsSpace: needsSpace)
            } else {
                needsSpace = Self.append(decoded, to: &text, needsSpace: needsSpace)
            }
        }

        /// Appends words with one space between them, and says whether one has to come before the next.
        private static func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8], needsSpace: Bool) -> Bool {
            var needsSpace = needsSpace
            var start = bytes.startIndex
            while start < bytes.endIndex {
                if Markup.isSpace(bytes[start]) {
                    needsSpace = true
                    start += 1
                    continue
                }
                var end = start + 1
                while end < bytes.endIndex, !Markup.isSpace(bytes[end]) { end += 1 }
                if needsSpace, !text.isEmpty { text.append(0x20) }
                text += bytes[start..<end]
                needsSpace = false
                start = end
            }
            return needsSpace
        }

        private mutating func finish() {
            if text.count > remaining {
                // Whole words.
                let cut = text[..<remaining].lastIndex(of: 0x20) ?? 0
                text.removeSubrange(cut...)
            }
            remaining -= text.count
            if !(heading.isEmpty && text.isEmpty) {
                sections.append(Section(id: id, heading: String(decoding: heading, as: UTF8.self), text: String(decoding: text, as: UTF8.self)))
            }
            (heading, text, id) = ([], [], "")
            needsSpace = false
        }
    }
}
