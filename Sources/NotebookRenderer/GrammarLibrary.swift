/// highlight.js as its parts: the core, and the grammar of each language, so that only those in use are compiled.
///
/// The one file that systems install has 185 grammars and costs a tenth of a second to compile whole.
struct GrammarLibrary: Sendable {
    let core: ArraySlice<UInt8>
    private let bytes: [UInt8]
    private var grammars: [String: Range<Int>] = [:]
    private var aliases: [String: String] = [:]

    private static let mark = Array("hljs.registerLanguage(".utf8)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts: [Int] = []
        var index = 0
        let first = Self.mark[0]
        while index + Self.mark.count < bytes.count {
            // A registration within a grammar would be of an inner function; they all stand after a semicolon.
            if bytes[index] == first, bytes[index...].starts(with: Self.mark),
                index == 0 || bytes[index - 1] == UInt8(ascii: ";") || bytes[index - 1] == 0x0A
            {
                starts.append(index)
                index += Self.mark.count
            }
            index += 1
        }
        core = bytes[..<(starts.first ?? bytes.count)]
        for (position, start) in starts.enumerated() {
            let end = position + 1 < starts.count ? starts[position + 1] : bytes.count
            guard let name = Self.strings(in: bytes[(start + Self.mark.count)..<end], limit: 1).first else { continue }
            grammars[name] = start..<end
            for alias in Self.list(after: "aliases:", in: bytes[start..<end]) { aliases[alias] = name }
        }
    }

    /// What must be run to know a language: its grammar, and those that it embeds.
    func parts(for language: String) -> [(name: String, source: ArraySlice<UInt8>)] {
        var names: [String] = []
        var pending = [language.lowercased()]
        while let next = pending.popLast() {
            let name = grammars[next] == nil ? aliases[next] ?? next : next
            guard !names.contains(name), let range = grammars[name] else { continue }
            names.append(name)
            pending += Self.list(after: "subLanguage:", in: bytes[range])
        }
        return names.compactMap { name in grammars[name].map { (name, bytes[$0]) } }
    }

    /// The strings of every array or single string that follows `key`.
    private static func list(after key: String, in text: ArraySlice<UInt8>) -> [String] {
        let key = Array(key.utf8)
        var result: [String] = []
        var index = text.startIndex
        while index + key.count < text.endIndex {
            guard text[index] == key[0], text[index...].starts(with: key) else {
                index += 1
                continue
            }
            index += key.count
            if text[index] == UInt8(ascii: "[") {
                let end = text[index...].firstIndex(of: UInt8(ascii: "]")) ?? text.endIndex
                result += strings(in: text[index..<end], limit: .max)
                index = end
            } else if text[index] == UInt8(ascii: "\"") {
                result += strings(in: text[index...], limit: 1)
            }
        }
        return result
    }

    private static func strings(in text: ArraySlice<UInt8>, limit: Int) -> [String] {
        var result: [String] = []
        var index = text.startIndex
        while result.count < limit, let start = text[index...].firstIndex(of: UInt8(ascii: "\"")),
            let end = text[(start + 1)...].firstIndex(of: UInt8(ascii: "\""))
        {
            result.append(String(decoding: text[(start + 1)..<end], as: UTF8.self))
            index = end + 1
        }
        return result
    }
}
