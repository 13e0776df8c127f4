/// What is done to a piece of text before it is split into words.
struct Normalizer: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// Puts bytes before every piece that is not empty.
        case prepend([UInt8])
        /// Puts bytes before a piece that does not start with them, everywhere or only at the start of the text.
        case prependUnlessThere([UInt8], onlyAtStart: Bool)
        case replace([UInt8], with: [UInt8])
        /// Composes characters (NFC).
        case nfc
    }

    var steps: [Step] = []

    /// The bytes of `▁`.
    static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]

    func apply(_ text: ArraySlice<UInt8>, isStart: Bool) -> [UInt8] {
        var text = Array(text)
        guard !text.isEmpty else { return text }
        for step in steps {
            switch step {
            case .prepend(let bytes): text.insert(contentsOf: bytes, at: 0)
            case .prependUnlessThere(let bytes, let onlyAtStart):
                if isStart || !onlyAtStart, !text.starts(with: bytes) { text.insert(contentsOf: bytes, at: 0) }
            case .nfc: text = CanonicalComposition.apply(text)
            case .replace(let old, let new): text = Self.replacing(old, with: new, in: text)
            }
        }
        return text
    }

    private static func replacing(_ old: [UInt8], with new: [UInt8], in text: [UInt8]) -> [UInt8] {
        guard let first = old.first else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 2)
        var i = 0
        while i < text.count {
            if text[i] == first, i + old.count <= text.count, text[i..<i + old.count].elementsEqual(old) {
                result.append(contentsOf: new)
                i += old.count
            } else {
                result.append(text[i])
                i += 1
            }
        }
        return result
    }
}
