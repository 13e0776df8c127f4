internal import Groundwork
internal import NotebookModel

/// Puts the files that a page asks for into the page: style sheets and scripts as elements, pictures and the rest as
/// `data:` addresses (RFC 2397).
package struct SelfContainedPage: Sendable {
    /// The site's files by their paths.
    package let files: [String: [UInt8]]
    /// The page's own path, which references count from.
    package let path: String

    package init(files: [String: [UInt8]], path: String) {
        self.files = files
        self.path = path
    }

    package func inlined(_ page: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(page.count * 2)
        var rest = page[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            output += rest[..<start]
            rest = rest[start...]
            if rest.starts(with: "<!--".utf8) {
                let end = Self.find("-->", in: rest).map { $0 + 3 } ?? rest.endIndex
                output += rest[..<end]
                rest = rest[end...]
                continue
            }
            guard let tag = Tag(rest) else {
                output.append(UInt8(ascii: "<"))
                rest = rest.dropFirst()
                continue
            }
            rest = rest[tag.end...]
            output += replacement(for: tag)
            // What these elements hold is no markup.
            if ["script", "style", "textarea"].contains(tag.name) {
                let end = Self.find("</" + tag.name, in: rest) ?? rest.endIndex
                output += rest[..<end]
                rest = rest[end...]
            }
        }
        return output + rest
    }

    private func replacement(for tag: Tag) -> [UInt8] {
        switch tag.name {
        case "link":
            let relations = tag.value("rel")?.split(separator: " ") ?? []
            guard let reference = tag.value("href"), let file = file(reference) else { break }
            if relations.contains("stylesheet"), Self.find("</style", in: file.bytes[...]) == nil {
                return Array("<style>".utf8) + file.bytes + Array("</style>".utf8)
            }
            if relations.contains("stylesheet") || relations.contains("icon") { return tag.replacing("href", with: address(of: file)) }
        case "script":
            guard let reference = tag.value("src"), let file = file(reference) else { break }
            if Self.find("</script", in: file.bytes[...]) == nil { return Array("<script>".utf8) + file.bytes }
            return tag.replacing("src", with: address(of: file))
        case "img", "source", "video", "audio", "track", "embed", "iframe", "input":
            guard let reference = tag.value("src"), let file = file(reference) else { break }
            return tag.replacing("src", with: address(of: file))
        default: break
        }
        return tag.bytes
    }

    private func file(_ reference: String) -> (path: String, bytes: [UInt8])? {
        let plain = reference.split(separator: "#", omittingEmptySubsequences: false).first?.split(separator: "?").first ?? ""
        guard !plain.isEmpty, let decoded = PercentEncoding.decode(plain) else { return nil }
        var parts: [Substring] = decoded.hasPrefix("/") ? [] : path.split(separator: "/").dropLast()
        for part in decoded.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        let found = parts.joined(separator: "/")
        return files[found].map { (found, $0) }
    }

    private func address(of file: (path: String, bytes: [UInt8])) -> String {
        "data:\((MediaType(ofFile: file.path) ?? .unknown).name);base64,\(base64(file.bytes))"
    }

    private static func find(_ text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let needle = Array(text.utf8)
        guard let first = needle.first, bytes.count >= needle.count else { return nil }
        var index = bytes.startIndex
        while index <= bytes.endIndex - needle.count {
            if bytes[index] | 0x20 == first | 0x20, zip(bytes[index...], needle).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) { return index }
            index += 1
        }
        return nil
    }
}

/// A start tag with the places of its attributes.
private struct Tag {
    private(set) var name = ""
    private var slice: ArraySlice<UInt8>
    private var attributes: [(name: String, value: Range<Int>, quotes: Bool)] = []

    var end: Int { slice.endIndex }
    var bytes: [UInt8] { Array(slice) }

    /// `nil` where the bytes begin with none.
    init?(_ bytes: ArraySlice<UInt8>) {
        var index = bytes.startIndex + 1
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        func word(_ stops: (UInt8) -> Bool) -> Range<Int> {
            let start = index
            while index < bytes.endIndex, !stops(bytes[index]) { index += 1 }
            return start..<index
        }
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self).lowercased() }
        slice = bytes
        guard index < bytes.endIndex, (0x61...0x7A).contains(bytes[index] | 0x20) else { return nil }
        name = text(word { isSpace($0) || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "/") })
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: ">") {
            if isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "/") || bytes[index] == UInt8(ascii: "=") {
                index += 1
                continue
            }
            let attribute = text(word { isSpace($0) || [UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "/")].contains($0) })
            _ = word { !isSpace($0) }
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "=") else { continue }
            index += 1
            _ = word { !isSpace($0) }
            guard index < bytes.endIndex else { return nil }
            let quote = bytes[index]
            if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                index += 1
                attributes.append((attribute, word { $0 == quote }, true))
                index += 1
            } else {
                attributes.append((attribute, word { isSpace($0) || $0 == UInt8(ascii: ">") }, false))
            }
        }
        guard index < bytes.endIndex else { return nil }
        slice = bytes[bytes.startIndex...index]
    }

    /// An attribute's value, its character references resolved as far as addresses have them.
    func value(_ name: String) -> String? {
        guard let range = attributes.first(where: { $0.name == name })?.value else { return nil }
        return unescaped(String(decoding: slice[range], as: UTF8.self))
    }

    /// The tag with another value, which must need no escaping.
    func replacing(_ name: String, with value: String) -> [UInt8] {
        guard let attribute = attributes.first(where: { $0.name == name }) else { return bytes }
        let quote = attribute.quotes ? "" : "\""
        return Array(slice[..<attribute.value.lowerBound]) + Array((quote + value + quote).utf8) + slice[attribute.value.upperBound...]
    }
}
