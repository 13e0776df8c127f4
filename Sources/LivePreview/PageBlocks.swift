/// A page cut into the blocks that its body consists of, so that only the changed ones travel.
struct PageBlocks: Sendable, Hashable {
    /// The page up to the body's first block.
    var head: String
    /// The elements directly beneath the body's element.
    var blocks: [String]
    /// The page from the body's end.
    var tail: String

    private static let opening = "<div class=\"post-body\">"
    private static let voidElements: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]

    /// `nil` when the page has no body that can be cut safely; such a page is reloaded whole.
    init?(_ page: [UInt8]) {
        let opening = Array(Self.opening.utf8)
        guard let start = Self.find(opening, in: page, from: 0) else { return nil }
        let bodyStart = start + opening.count
        var index = bodyStart
        var depth = 0
        var blockStart = bodyStart
        var found: [String] = []
        while index < page.count {
            guard page[index] == UInt8(ascii: "<"), index + 1 < page.count else {
                if depth == 0, page[index] != 0x20, page[index] != 0x0A, page[index] != 0x09, page[index] != 0x0D { return nil }
                if depth == 0 { blockStart = index + 1 }
                index += 1
                continue
            }
            let next = page[index + 1]
            if next == UInt8(ascii: "!") {
                guard let end = Self.find(Array("-->".utf8), in: page, from: index) else { return nil }
                index = end + 3
                if depth == 0 { blockStart = index }
                continue
            }
            guard let end = Self.tagEnd(page, index) else { return nil }
            if next == UInt8(ascii: "/") {
                if depth == 0 {
                    head = String(decoding: page[..<bodyStart], as: UTF8.self)
                    tail = String(decoding: page[index...], as: UTF8.self)
                    blocks = found
                    return
                }
                depth -= 1
            } else {
                if depth == 0 { blockStart = index }
                let name = Self.name(page, index + 1)
                let closesItself = page[end - 2] == UInt8(ascii: "/") || Self.voidElements.contains(name)
                if name == "script" || name == "style" || name == "textarea" {
                    guard let close = Self.find(Array("</\(name)".utf8), in: page, from: end), let after = Self.tagEnd(page, close) else {
                        return nil
                    }
                    index = after
                    if depth == 0 { found.append(String(decoding: page[blockStart..<index], as: UTF8.self)) }
                    continue
                }
                if !closesItself { depth += 1 }
            }
            index = end
            if depth == 0 {
                found.append(String(decoding: page[blockStart..<index], as: UTF8.self))
                blockStart = index
            }
        }
        return nil
    }

    /// One piece of a new body: a block of the old one, by its number, or new HTML.
    enum Piece: Sendable, Hashable {
        case kept(Int)
        case new(String)
    }

    /// The new body as blocks kept and blocks new: a longest common subsequence between the equal ends.
    func pieces(from old: PageBlocks) -> [Piece] {
        let a = old.blocks
        let b = blocks
        var start = 0
        while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
        var end = 0
        while end < min(a.count, b.count) - start, a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
        let middleA = Array(a[start..<(a.count - end)])
        let middleB = Array(b[start..<(b.count - end)])
        var pieces = (0..<start).map(Piece.kept)
        if middleA.isEmpty || middleB.isEmpty || middleA.count * middleB.count > 1_000_000 {
            pieces += middleB.map(Piece.new)
        } else {
            var lengths = [[Int]](repeating: [Int](repeating: 0, count: middleB.count + 1), count: middleA.count + 1)
            for i in middleA.indices.reversed() {
                for j in middleB.indices.reversed() {
                    lengths[i][j] = middleA[i] == middleB[j] ? lengths[i + 1][j + 1] + 1 : max(lengths[i + 1][j], lengths[i][j + 1])
                }
            }
            var i = 0
            for j in middleB.indices {
                while i < middleA.count, middleA[i] != middleB[j], lengths[i + 1][j] >= lengths[i][j + 1] { i += 1 }
                if i < middleA.count, middleA[i] == middleB[j] {
                    pieces.append(.kept(start + i))
                    i += 1
                } else {
                    pieces.append(.new(middleB[j]))
                }
            }
        }
        return pieces + ((a.count - end)..<a.count).map(Piece.kept)
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first, bytes.count >= needle.count else { return nil }
        var index = start
        while index <= bytes.count - needle.count {
            if bytes[index] == first, bytes[index..<(index + needle.count)].elementsEqual(needle) { return index }
            index += 1
        }
        return nil
    }

    /// The offset after a tag's `>`, quotes respected.
    private static func tagEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        var quote: UInt8?
        for index in start..<bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index + 1
            }
        }
        return nil
    }

    private static func name(_ bytes: [UInt8], _ start: Int) -> String {
        let name = bytes[start...].prefix { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
        }
        return String(decoding: name, as: UTF8.self).lowercased()
    }
}
