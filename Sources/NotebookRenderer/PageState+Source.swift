internal import Groundwork
internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

extension PageState {
    /// Writes code, highlighted where its language is known.
    mutating func writeSource(
        _ source: String, language: String, lineNumbers: Bool, highlighted: [ClosedRange<Int>], names: [NameNote] = [],
        into writer: inout HTMLWriter
    ) {
        writer.open(
            "pre",
            [
                HTMLAttribute("class", lineNumbers ? "numbered" : nil), HTMLAttribute("tabindex", isWide(source) ? "0" : nil),
            ])
        let notes = NameNotes(language == "swift" ? names : [])
        writer.open(
            "code", [HTMLAttribute("class", language.isEmpty ? nil : "language-\(language)"), HTMLAttribute("style", notes.style)])
        let markup: [UInt8]
        if language == "swift" {
            markup = highlightedMarkup(of: source, spans: highlight(source), notes: notes)
        } else if let other = language.isEmpty ? nil : typesetting.highlighted(source, language: language) {
            markup = other
        } else {
            var plain: [UInt8] = []
            escape(source.utf8, into: &plain)
            markup = plain
        }
        if lineNumbers || !highlighted.isEmpty {
            writeLines(markup, highlighted: highlighted, into: &writer)
        } else {
            writer.raw(bytes: markup)
        }
        writer.raw("</code></pre>\n")
    }

    /// Whether a line is likely to need scrolling sideways, so that the keyboard must be able to reach it.
    func isWide(_ text: String) -> Bool {
        var column = 0
        for byte in text.utf8 {
            if byte == 0x0A { column = 0 } else if byte & 0xC0 != 0x80 { column += 1 }
            if column > 72 { return true }
        }
        return false
    }

    private func highlightedMarkup(of source: String, spans: [SyntaxSpan], notes: NameNotes) -> [UInt8] {
        let bytes = Array(source.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 3)
        var position = 0
        for span in spans {
            let end = min(span.offset + span.length, bytes.count)
            guard span.offset >= position, span.offset < end else { continue }
            escape(bytes[position..<span.offset], into: &output)
            position = end
            let note = notes.attributes(at: span)
            let kind = span.kind == .identifier ? nil : "tok-\(span.kind.rawValue)"
            if kind == nil, note == nil {
                escape(bytes[span.offset..<end], into: &output)
                continue
            }
            let names = [note == nil ? nil : "name", kind].compactMap(\.self).joined(separator: " ")
            output += "<span class=\"\(names)\"\(note ?? "")>".utf8
            escape(bytes[span.offset..<end], into: &output)
            output += "</span>".utf8
        }
        escape(bytes[position...], into: &output)
        return output
    }

    /// Writes each line in an element of its own; what is open at a line's end is closed and opened again.
    private func writeLines(_ markup: [UInt8], highlighted: [ClosedRange<Int>], into writer: inout HTMLWriter) {
        var openTags: [ArraySlice<UInt8>] = []
        var number = 1
        func begin(_ writer: inout HTMLWriter) {
            let isHighlighted = highlighted.contains { $0.contains(number) }
            writer.raw(isHighlighted ? "<span class=\"line highlighted\">" : "<span class=\"line\">")
            for tag in openTags { writer.raw(bytes: tag) }
        }
        func end(_ writer: inout HTMLWriter) {
            for _ in openTags { writer.raw("</span>") }
            writer.raw("</span>")
        }
        begin(&writer)
        var index = 0
        var start = 0
        while index < markup.count {
            if markup[index] == 0x0A {
                writer.raw(bytes: markup[start..<index])
                // The break stands inside the line, which is a block: copied text keeps it.
                writer.newLine()
                end(&writer)
                number += 1
                start = index + 1
                begin(&writer)
            } else if markup[index] == UInt8(ascii: "<") {
                let close = markup[index...].firstIndex(of: UInt8(ascii: ">")) ?? markup.count - 1
                let tag = markup[index...close]
                if tag.dropFirst().first == UInt8(ascii: "/") { _ = openTags.popLast() } else { openTags.append(tag) }
                index = close
            }
            index += 1
        }
        writer.raw(bytes: markup[start...])
        end(&writer)
    }
}
