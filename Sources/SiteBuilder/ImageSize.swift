/// Width and height of a picture in pixels, read from its header.
struct ImageSize: Sendable, Hashable {
    var width: Int
    var height: Int

    /// Reads PNG, JPEG, GIF, WebP and SVG. `nil` when the bytes are none of these or say nothing about their size.
    init?(_ bytes: [UInt8]) {
        let reader = Bytes(bytes: bytes)
        guard let size = Self.png(reader) ?? Self.gif(reader) ?? Self.webp(reader) ?? Self.jpeg(reader) ?? Self.svg(bytes),
            size.width > 0, size.height > 0
        else { return nil }
        self = size
    }

    init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
    }

    private struct Bytes {
        let bytes: [UInt8]

        func byte(_ offset: Int) -> Int? { bytes.indices.contains(offset) ? Int(bytes[offset]) : nil }

        func big(_ offset: Int, _ count: Int) -> Int? {
            var value = 0
            for index in 0..<count {
                guard let byte = byte(offset + index) else { return nil }
                value = value << 8 | byte
            }
            return value
        }

        func little(_ offset: Int, _ count: Int) -> Int? {
            var value = 0
            for index in (0..<count).reversed() {
                guard let byte = byte(offset + index) else { return nil }
                value = value << 8 | byte
            }
            return value
        }

        func has(_ text: String, at offset: Int) -> Bool {
            offset >= 0 && offset + text.utf8.count <= bytes.count && bytes[offset...].starts(with: text.utf8)
        }
    }

    // PNG 3rd edition, 11.2.1: IHDR comes first.
    private static func png(_ file: Bytes) -> ImageSize? {
        guard file.big(0, 4) == 0x8950_4E47, file.has("IHDR", at: 12), let width = file.big(16, 4), let height = file.big(20, 4)
        else { return nil }
        return ImageSize(width, height)
    }

    private static func gif(_ file: Bytes) -> ImageSize? {
        guard file.has("GIF8", at: 0), let width = file.little(6, 2), let height = file.little(8, 2) else { return nil }
        return ImageSize(width, height)
    }

    // RFC 9649: VP8X holds the canvas, VP8L packs 14 bits each, VP8's frame header follows its start code.
    private static func webp(_ file: Bytes) -> ImageSize? {
        guard file.has("RIFF", at: 0), file.has("WEBP", at: 8) else { return nil }
        if file.has("VP8X", at: 12), let width = file.little(24, 3), let height = file.little(27, 3) {
            return ImageSize(width + 1, height + 1)
        }
        if file.has("VP8L", at: 12), file.byte(20) == 0x2F, let bits = file.little(21, 4) {
            return ImageSize(bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
        }
        if file.has("VP8 ", at: 12), file.big(23, 3) == 0x9D012A, let width = file.little(26, 2), let height = file.little(28, 2) {
            return ImageSize(width & 0x3FFF, height & 0x3FFF)
        }
        return nil
    }

    // ITU T.81, annex B: segments up to the first start-of-frame.
    private static func jpeg(_ file: Bytes) -> ImageSize? {
        guard file.big(0, 2) == 0xFFD8 else { return nil }
        var offset = 2
        while let lead = file.byte(offset), let marker = file.byte(offset + 1) {
            guard lead == 0xFF else { return nil }
            if marker == 0xFF {
                offset += 1
                continue
            }
            if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
                guard let height = file.big(offset + 5, 2), let width = file.big(offset + 7, 2) else { return nil }
                return ImageSize(width, height)
            }
            if (0xD0...0xD9).contains(marker) || marker == 0x01 {
                offset += 2
                continue
            }
            guard let length = file.big(offset + 2, 2), length >= 2 else { return nil }
            offset += 2 + length
        }
        return nil
    }

    /// Width and height of the root element where they are plain numbers or pixels, else the view box.
    private static func svg(_ bytes: [UInt8]) -> ImageSize? {
        let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
        guard let start = head.firstRange(of: "<svg") else { return nil }
        guard let end = head[start.upperBound...].firstIndex(of: ">") else { return nil }
        let tag = head[start.upperBound..<end]
        func attribute(_ name: String) -> Substring? {
            for quote in ["\"", "'"] {
                for lead in [" ", "\n", "\t"] {
                    if let found = tag.firstRange(of: "\(lead)\(name)=\(quote)"), let close = tag[found.upperBound...].firstRange(of: quote) {
                        return tag[found.upperBound..<close.lowerBound]
                    }
                }
            }
            return nil
        }
        func pixels(_ text: Substring?) -> Int? {
            guard var text else { return nil }
            if text.hasSuffix("px") { text = text.dropLast(2) }
            return Double(text).flatMap { Int(exactly: $0.rounded()) }
        }
        if let width = pixels(attribute("width")), let height = pixels(attribute("height")) { return ImageSize(width, height) }
        let box = attribute("viewBox")?.split { $0 == " " || $0 == "," || $0 == "\n" }.map { pixels($0) } ?? []
        guard box.count == 4, let width = box[2], let height = box[3] else { return nil }
        return ImageSize(width, height)
    }
}
