/// A printed collection in an order of its own: the elements of every pair of brackets or braces are sorted, and keys stay with their values.
/// Within parentheses stand the parts of tuples and the arguments of calls, which have their order.
enum PrintedElements {
    /// - Complexity: O(*n* log *n*) in the text's length.
    static func sorted(_ text: String) -> String {
        var reader = Reader(bytes: Array(text.utf8))
        return String(decoding: reader.sequence(until: nil, depth: 0), as: UTF8.self)
    }

    private struct Reader {
        let bytes: [UInt8]
        private var index = 0
        /// Brackets that stand deeper are left as they are.
        private static let deepest = 200

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// The text up to a closing bracket, or to the end; within brackets its elements are sorted.
        mutating func sequence(until closing: UInt8?, depth: Int) -> [UInt8] {
            var elements: [[UInt8]] = [[]]
            while index < bytes.count, bytes[index] != closing {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "\""): elements[elements.count - 1] += quoted()
                case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"):
                    index += 1
                    guard depth < Self.deepest else {
                        elements[elements.count - 1].append(byte)
                        continue
                    }
                    let other = byte == UInt8(ascii: "(") ? UInt8(ascii: ")") : byte + 2
                    elements[elements.count - 1] += [byte] + sequence(until: other, depth: depth + 1)
                    if index < bytes.count {
                        elements[elements.count - 1].append(other)
                        index += 1
                    }
                case UInt8(ascii: ",") where closing != nil:
                    elements.append([])
                    index += 1
                default:
                    elements[elements.count - 1].append(byte)
                    index += 1
                }
            }
            guard let closing else { return elements.joined().map { $0 } }
            let parts = elements.map(Self.withoutSpaces)
            let isOrdered = closing == UInt8(ascii: ")")
            return Array(
                (isOrdered ? parts : parts.sorted { $0.lexicographicallyPrecedes($1) }).joined(separator: [UInt8(ascii: ","), 0x20]))
        }

        private mutating func quoted() -> [UInt8] {
            let start = index
            index += 1
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
            index = min(index + 1, bytes.count)
            return Array(bytes[start..<index])
        }

        private static func withoutSpaces(_ text: [UInt8]) -> [UInt8] {
            var text = text[...]
            while text.first == 0x20 { text.removeFirst() }
            while text.last == 0x20 { text.removeLast() }
            return Array(text)
        }
    }
}
