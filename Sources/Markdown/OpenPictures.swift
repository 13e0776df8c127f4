/// Keeps libcmark from pictures that are opened by the thousand and never end.
///
/// At the end of every link it passes over all pictures that are still open, so that the time for `![[]()` over and over grows with
/// the square of the length. No text of an author has so many open ones; those that are too many stand for themselves.
struct OpenPictures {
    /// The text for libcmark: as it was, but for brackets that do not open a picture.
    let text: [UInt8]
    /// What stands in the place of these brackets; `nil` where there are none.
    let mark: UInt8?

    private static let limit = 1000

    /// - Complexity: Linear in the length.
    init(_ text: [UInt8]) {
        let bracket = UInt8(ascii: "[")
        let count = zip(text, text.dropFirst()).count { $0 == UInt8(ascii: "!") && $1 == bracket }
        let free = count > Self.limit ? (UInt8(1)...8).first { !text.contains($0) } : nil
        guard let free else {
            self.text = text
            mark = nil
            return
        }
        var bytes = text
        var isPicture: [Bool] = []
        var open = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): index += 1
            // A paragraph ends at an empty line.
            case 0x0A where index + 1 < bytes.count && bytes[index + 1] == 0x0A:
                isPicture = []
                open = 0
            case bracket:
                let opensPicture = index > 0 && bytes[index - 1] == UInt8(ascii: "!")
                if opensPicture, open >= Self.limit {
                    bytes[index] = free
                } else {
                    isPicture.append(opensPicture)
                    if opensPicture { open += 1 }
                }
            case UInt8(ascii: "]"): if isPicture.popLast() == true { open -= 1 }
            default: break
            }
            index += 1
        }
        self.text = bytes
        mark = free
    }

    /// The author's own text of what libcmark gives.
    func restored(_ text: String) -> String {
        guard let mark, text.utf8.contains(mark) else { return text }
        return String(decoding: text.utf8.map { $0 == mark ? UInt8(ascii: "[") : $0 }, as: UTF8.self)
    }
}
