/// A text as a key: equal only where it is spelt with the same bytes.
///
/// Swift's strings are equal where they are canonically equivalent. Formats that speak of keys mean their bytes: `é` as one scalar
/// and as two are two tokens of a vocabulary, two tensors of a file, two members of an object.
package struct ExactText: Sendable, Hashable, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral value: String) { text = value }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isSpelled(as: right.text) }

    package func hash(into hasher: inout Hasher) { text.hashSpelling(into: &hasher) }
}

extension String {
    /// Whether both are the same UTF-8.
    package func isSpelled(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    func hashSpelling(into hasher: inout Hasher) {
        // Eight bytes at a time: the hasher takes as long for one.
        var word: UInt64 = 0, count = 0
        for byte in utf8 {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                hasher.combine(word)
                word = 0
            }
        }
        hasher.combine(word)
        hasher.combine(count)
    }
}
