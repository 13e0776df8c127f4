/// Writes pictures of few colours as PNG (W3C PNG, 3rd edition), compressed with fixed Huffman codes (RFC 1951).
enum PNGWriter {
    /// Rows of pixels that are all alike.
    struct Band: Sendable, Hashable {
        /// Palette indices.
        var row: [UInt8]
        var height: Int
    }

    /// - Parameters:
    ///   - bands: from top to bottom, all of one width.
    ///   - palette: colours as 0xRRGGBB, 256 at most.
    static func encode(_ bands: [Band], palette: [Int]) -> [UInt8] {
        var header: [UInt8] = []
        append(UInt32(bands.first?.row.count ?? 0), to: &header)
        append(UInt32(bands.reduce(0) { $0 + $1.height }), to: &header)
        // 2 or 8 bits a pixel, palette, the only compression and filter there are, no interlacing.
        let isPacked = palette.count <= 4
        header += [isPacked ? 2 : 8, 3, 0, 0, 0]
        let colours = palette.prefix(256).flatMap { [UInt8($0 >> 16 & 0xFF), UInt8($0 >> 8 & 0xFF), UInt8($0 & 0xFF)] }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        chunk("IHDR", header, &file)
        chunk("PLTE", colours, &file)
        chunk("IDAT", deflated(bands.filter { $0.height > 0 }.map { isPacked ? packed($0) : $0 }), &file)
        chunk("IEND", [], &file)
        return file
    }

    /// Four pixels a byte, the leftmost in the highest bits.
    private static func packed(_ band: Band) -> Band {
        var row = [UInt8](repeating: 0, count: (band.row.count + 3) / 4)
        for (index, pixel) in band.row.enumerated() { row[index / 4] |= (pixel & 3) << UInt8(6 - index % 4 * 2) }
        return Band(row: row, height: band.height)
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        bytes += [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    private static func chunk(_ type: String, _ content: [UInt8], _ file: inout [UInt8]) {
        append(UInt32(content.count), to: &file)
        let body = Array(type.utf8) + content
        file += body
        append(crc(body), to: &file)
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { crcTable[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
    }

    // MARK: Compression

    private struct Bits {
        var bytes: [UInt8] = []
        private var pending: UInt32 = 0
        private var count = 0

        /// Adds bits with the least significant first.
        mutating func add(_ value: Int, _ length: Int) {
            pending |= UInt32(value) << UInt32(count)
            count += length
            while count >= 8 {
                bytes.append(UInt8(pending & 0xFF))
                pending >>= 8
                count -= 8
            }
        }

        /// Adds a Huffman code, whose most significant bit comes first.
        mutating func addCode(_ code: Int, _ length: Int) {
            add((0..<length).reduce(0) { $0 << 1 | (code >> $1 & 1) }, length)
        }

        mutating func flush() { if count > 0 { add(0, 8 - count) } }
    }

    /// A zlib stream (RFC 1950) of one block. A row's pixels are looked for one byte back; the further rows of a band are
    /// copies of the row above, and cost nothing to find or to sum.
    private static func deflated(_ bands: [Band]) -> [UInt8] {
        var bits = Bits()
        bits.add(1, 1)
        bits.add(1, 2)
        var a = 1
        var b = 0
        for band in bands {
            let line = [0] + band.row
            var index = 0
            while index < line.count {
                var length = 0
                if index > 0 {
                    while length < 258, index + length < line.count, line[index + length] == line[index - 1] { length += 1 }
                }
                if length >= 4 {
                    addLength(length, &bits)
                    addDistance(1, &bits)
                    index += length
                } else {
                    addLiteral(Int(line[index]), &bits)
                    index += 1
                }
            }
            addCopies(max(band.height, 1) - 1, of: line, &bits)
            // Adler-32 over a whole row at a time: b grows by the row's length times a, and by each byte times the
            // number of bytes from it to the row's end.
            var sum = 0
            var weighted = 0
            for (place, byte) in line.enumerated() {
                sum += Int(byte)
                weighted += Int(byte) * (line.count - place)
            }
            for _ in 0..<band.height {
                b = (b + line.count * a + weighted) % 65521
                a = (a + sum) % 65521
            }
        }
        addLiteral(256, &bits)
        bits.flush()
        var stream: [UInt8] = [0x78, 0x01]
        stream += bits.bytes
        append(UInt32(b) << 16 | UInt32(a), to: &stream)
        return stream
    }

    /// Repeats the row above, so many times.
    private static func addCopies(_ count: Int, of line: [UInt8], _ bits: inout Bits) {
        var rest = count * line.count
        var place = 0
        while rest > 0 {
            // Matches are three bytes at least: the last two pieces share what is left.
            let length = rest > 258 && rest < 261 ? 200 : min(rest, 258)
            if length < 3 {
                for index in place..<(place + length) { addLiteral(Int(line[index % line.count]), &bits) }
            } else {
                addLength(length, &bits)
                addDistance(line.count, &bits)
            }
            rest -= length
            place += length
        }
    }

    private static func addLiteral(_ symbol: Int, _ bits: inout Bits) {
        switch symbol {
        case 0...143: bits.addCode(0x30 + symbol, 8)
        case 144...255: bits.addCode(0x190 + symbol - 144, 9)
        case 256...279: bits.addCode(symbol - 256, 7)
        default: bits.addCode(0xC0 + symbol - 280, 8)
        }
    }

    /// RFC 1951, 3.2.5.
    private static func addLength(_ length: Int, _ bits: inout Bits) {
        if length == 258 { return addLiteral(285, &bits) }
        var symbol = 257
        var base = 3
        var extra = 0
        for group in 0..<7 {
            extra = max(0, group - 1)
            let count = group == 0 ? 8 : 4
            let width = 1 << extra
            if group == 1 { continue }
            if length < base + count * width {
                addLiteral(symbol + (length - base) / width, &bits)
                bits.add((length - base) % width, extra)
                return
            }
            base += count * width
            symbol += count
        }
    }

    private static func addDistance(_ distance: Int, _ bits: inout Bits) {
        var symbol = 0
        var base = 1
        while true {
            let extra = max(0, symbol / 2 - 1)
            if distance < base + 1 << extra || symbol == 29 {
                bits.addCode(symbol, 5)
                bits.add(distance - base, extra)
                return
            }
            base += 1 << extra
            symbol += 1
        }
    }
}
