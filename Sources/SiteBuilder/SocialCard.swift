/// The picture of a link preview for a page that gives none: the title over the site's name, 1200 by 630 pixels.
enum SocialCard {
    static let width = 1200
    static let height = 630
    static var size: ImageSize { ImageSize(width, height) }
    private static let margin = 80

    /// A PNG; `nil` when the title has characters that ``PixelFont`` lacks, as half a title would mislead.
    static func picture(title: String, siteName: String) -> [UInt8]? {
        guard !title.isEmpty, PixelFont.has(title) else { return nil }
        guard
            let (scale, lines) = [12, 10, 8, 6].lazy.map({ ($0, wrapped(title, columns: columns(at: $0))) })
                .first(where: { $0.1.count * lineHeight($0.0) <= 400 })
        else { return nil }
        var bands = [PNGWriter.Band(row: [UInt8](repeating: 3, count: width), height: 18)]
        bands.append(blank(height: 72))
        for line in lines {
            bands += rows(of: line, scale: scale, colour: 1)
            bands.append(blank(height: lineHeight(scale) - PixelFont.height * scale))
        }
        let name = PixelFont.has(siteName) ? String(siteName.prefix(columns(at: 5))) : ""
        let used = bands.reduce(0) { $0 + $1.height }
        bands.append(blank(height: max(0, height - used - PixelFont.height * 5 - 50)))
        bands += rows(of: name, scale: 5, colour: 2)
        bands.append(blank(height: max(0, height - bands.reduce(0) { $0 + $1.height })))
        // Ground, ink, soft ink, accent.
        return PNGWriter.encode(bands, palette: [0xFDFCFA, 0x23211E, 0x625D55, 0xB23616])
    }

    private static func lineHeight(_ scale: Int) -> Int { (PixelFont.height + 2) * scale }
    private static func columns(at scale: Int) -> Int { (width - 2 * margin + scale) / ((PixelFont.width + 1) * scale) }

    private static func blank(height: Int) -> PNGWriter.Band { PNGWriter.Band(row: [UInt8](repeating: 0, count: width), height: height) }

    private static func rows(of line: String, scale: Int, colour: UInt8) -> [PNGWriter.Band] {
        let glyphs = line.compactMap(PixelFont.rows(of:))
        return (0..<PixelFont.height).map { y in
            var row = [UInt8](repeating: 0, count: width)
            for (index, glyph) in glyphs.enumerated() {
                for x in 0..<PixelFont.width where glyph[y] >> (PixelFont.width - 1 - x) & 1 == 1 {
                    let start = margin + (index * (PixelFont.width + 1) + x) * scale
                    for pixel in start..<min(start + scale, width) { row[pixel] = colour }
                }
            }
            return PNGWriter.Band(row: row, height: scale)
        }
    }

    /// Lines of at most so many characters, broken at spaces; longer words are broken where the line ends.
    private static func wrapped(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = word
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            while word.count > columns {
                lines.append(String(word.prefix(columns)))
                word = word.dropFirst(columns)
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
