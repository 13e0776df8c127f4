internal import HTML
internal import Markdown
internal import SourceText

/// Citations whose prefix or suffix has markup, `[*see* @a, p. 3; @b]`: their brackets stand in different texts.
extension MarkdownRenderer {
    /// A group of citations that is open: it ends in the text of a node, before the byte.
    struct OpenCitation {
        var node: Int
        var offset: Int
    }

    /// Writes a text of the page, with the citations that begin, go on or end in it.
    mutating func writeProse(_ text: String, at index: Int, into writer: inout HTMLWriter, page: inout PageState) {
        let range = idPrefix.isEmpty ? place(of: document.nodes[index]) : nil
        guard linkDepth == 0, openCitation != nil || page.hasBibliography && text.utf8.contains(UInt8(ascii: "[")) else {
            return page.writeText(text, range: range, isInLink: linkDepth > 0, into: &writer)
        }
        let bytes = Array(text.utf8)
        var start = 0
        if let group = openCitation {
            guard group.node == index else { return page.writeGroupedText(text, range: range, into: &writer) }
            page.writeGroupedText(String(decoding: bytes[..<group.offset], as: UTF8.self), range: range, into: &writer)
            page.plainText.append(UInt8(ascii: ")"))
            writer.raw(")</span>")
            openCitation = nil
            start = group.offset + 1
        }
        guard let (bracket, group) = spanningGroup(of: index, bytes, from: start, page) else {
            return page.writeText(String(decoding: bytes[start...], as: UTF8.self), range: range, isInLink: false, into: &writer)
        }
        page.writeText(String(decoding: bytes[start..<bracket], as: UTF8.self), range: range, isInLink: false, into: &writer)
        page.features.insert(.citations)
        page.plainText.append(UInt8(ascii: "("))
        writer.raw("<span class=\"citation\">(")
        openCitation = group
        page.writeGroupedText(String(decoding: bytes[(bracket + 1)...], as: UTF8.self), range: range, into: &writer)
    }

    /// Finds a group that begins in a text and ends in a later one beside it.
    private func spanningGroup(of index: Int, _ bytes: [UInt8], from start: Int, _ page: PageState) -> (bracket: Int, OpenCitation)? {
        guard let parent = open.last, let bracket = lastOpenBracket(bytes, from: start) else { return nil }
        var inner = Array(bytes[bracket...])
        var depth = inner.reduce(0) { $0 + ($1 == UInt8(ascii: "[") ? 1 : $1 == UInt8(ascii: "]") ? -1 : 0) }
        var next = document.nodes[index].end
        while next < document.nodes[parent].end, inner.count < 2000 {
            switch document.nodes[next].kind {
            case .text(let text):
                for (offset, byte) in text.utf8.enumerated() {
                    inner.append(byte)
                    if byte == UInt8(ascii: "[") { depth += 1 }
                    guard byte == UInt8(ascii: "]") else { continue }
                    depth -= 1
                    if depth == 0 { return isCitation(inner, page) ? (bracket, OpenCitation(node: next, offset: offset)) : nil }
                }
            case .html: return nil
            // What has markup is no part of a key.
            default: inner.append(0x20)
            }
            next = document.nodes[next].end
        }
        return nil
    }

    private func lastOpenBracket(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        for index in bytes[start...].indices.reversed() {
            if bytes[index] == UInt8(ascii: "]") { depth += 1 }
            guard bytes[index] == UInt8(ascii: "[") else { continue }
            if depth == 0 { return index }
            depth -= 1
        }
        return nil
    }

    private func isCitation(_ bytes: [UInt8], _ page: PageState) -> Bool {
        guard let (items, end) = CitationReading.group(in: bytes, at: 0), end == bytes.count else { return false }
        return !items.contains { page.isReference($0.key) }
    }
}

extension PageState {
    /// Writes a part of a group of citations: each key as the work's names and year.
    mutating func writeGroupedText(_ text: String, range: SourceRange?, into writer: inout HTMLWriter) {
        let bytes = Array(text.utf8)
        var start = 0
        var index = 0
        while let at = bytes[index...].firstIndex(of: UInt8(ascii: "@")) {
            index = at + 1
            guard CitationReading.begins(at, in: bytes[...]), let (key, end) = CitationReading.key(in: bytes[...], at: at) else { continue }
            let suppresses = CitationReading.isSuppressed(at, in: bytes[...])
            write(bytes[start..<max(start, suppresses ? at - 1 : at)], into: &writer)
            if !citations.contains(key) { reportUnknownCitation(key, .error, at: range) }
            writeWork(key, suppressesAuthor: suppresses, into: &writer)
            start = end
            index = end
        }
        write(bytes[start...], into: &writer)
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, into writer: inout HTMLWriter) {
        plainText += bytes
        writer.text(utf8: bytes)
    }
}
