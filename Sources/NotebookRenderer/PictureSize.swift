/// The width and height of a picture in pixels, read from its first bytes.
struct PictureSize: Hashable {
    var width: Int
    var height: Int

    /// PNG (its header chunk) and JPEG (its first frame header).
    init?(_ bytes: [UInt8]) {
        func number(_ index: Int, _ count: Int) -> Int? {
            guard index + count <= bytes.count else { return nil }
            return bytes[index..<(index + count)].reduce(0) { $0 << 8 | Int($1) }
        }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), let width = number(16, 4), let height = number(20, 4) {
            self.width = width
            self.height = height
            return
        }
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        var index = 2
        while index + 4 <= bytes.count {
            guard bytes[index] == 0xFF else { return nil }
            let marker = bytes[index + 1]
            if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
                guard let height = number(index + 5, 2), let width = number(index + 7, 2) else { return nil }
                self.width = width
                self.height = height
                return
            }
            guard let length = number(index + 2, 2), length >= 2 else { return nil }
            index += 2 + length
        }
        return nil
    }
}
