import NotebookModel
import SiteBuilder
import Testing

@Suite("Pictures of link previews")
struct CardTests {
    /// What a decoder makes of a PNG with a palette: the number of pixels of each colour. Inflates fixed-Huffman blocks.
    private func pixels(_ png: [UInt8]) -> (width: Int, height: Int, counts: [Int])? {
        func number(_ offset: Int) -> Int { png[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
        let (width, height) = (number(16), number(20))
        var data: [UInt8] = []
        var offset = 8
        while offset + 8 <= png.count {
            let length = number(offset)
            if png[(offset + 4)..<(offset + 8)].elementsEqual("IDAT".utf8) { data += png[(offset + 8)..<(offset + 8 + length)] }
            offset += 12 + length
        }
        var position = 16
        func bit() -> Int {
            defer { position += 1 }
            return Int(data[position / 8]) >> (position % 8) & 1
        }
        func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }
        func code(_ count: Int, _ start: Int = 0) -> Int { (0..<count).reduce(start) { value, _ in value << 1 | bit() } }
        guard bits(1) == 1, bits(2) == 1 else { return nil }
        var output: [UInt8] = []
        while true {
            var symbol = code(7)
            if symbol < 24 {
                symbol += 256
            } else {
                symbol = code(1, symbol)
                if symbol < 0xC0 { symbol -= 0x30 } else if symbol < 0xC8 { symbol += 280 - 0xC0 } else { symbol = code(1, symbol) - 0x190 + 144 }
            }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { break }
            let lengths = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
            let index = symbol - 257
            let length = lengths[index] + bits(index < 8 || index == 28 ? 0 : index / 4 - 1)
            let distanceCode = code(5)
            let extra = max(0, distanceCode / 2 - 1)
            let base = distanceCode < 4 ? distanceCode + 1 : (2 + distanceCode % 2) << extra + 1
            let distance = base + bits(extra)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
        // Rows begin with the number of their filter; the leftmost pixel stands in a byte's highest bits.
        let depth = Int(png[24])
        let rowLength = 1 + width * depth / 8
        guard output.count == height * rowLength else { return nil }
        var counts = [Int](repeating: 0, count: 1 << depth)
        for (place, byte) in output.enumerated() where place % rowLength != 0 {
            for shift in stride(from: 8 - depth, through: 0, by: -depth) { counts[Int(byte) >> shift & (1 << depth - 1)] += 1 }
        }
        return (width, height, counts)
    }

    @Test("a post without a picture gets one with its title")
    func drawn() async throws {
        let site = try await build([page("a.md") { $0.title = "Bits & bytes: what a model weighs" }])
        let path = try #require(site.files.keys.first { $0.hasPrefix("assets/card-a.") })
        let bytes = try #require(site.files[path])
        let picture = try #require(pixels(bytes))
        #expect(picture.width == 1200 && picture.height == 630)
        #expect(picture.counts[1] > 5000 && picture.counts[2] > 500 && picture.counts[3] == 1200 * 18)
        let text = try #require(site.text("a.html"))
        #expect(text.contains("<meta property=\"og:image\" content=\"https://example.org/blog/\(path)\">"))
        #expect(text.contains("<meta property=\"og:image:width\" content=\"1200\">"))
    }

    @Test("titles in other scripts and very long ones get none, or one that holds")
    func others() async throws {
        let site = try await build([
            page("a.md") { $0.title = "日本語の題" }, page("b.md") { $0.title = String(repeating: "word ", count: 200) },
            page("c.md") { $0.title = String(repeating: "x", count: 90) },
        ])
        let cards = site.files.keys.filter { $0.hasPrefix("assets/card-") }
        #expect(cards.count == 1)
        #expect(cards.allSatisfy { $0.hasPrefix("assets/card-c.") })
    }
}
