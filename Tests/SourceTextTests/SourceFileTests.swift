import SourceText
import Testing

@Suite struct SourceFileTests {
    @Test("lines end at LF, CRLF and a lone CR")
    func lines() {
        let file = SourceFile(path: "p", text: "one\ntwo\r\nthree\rfour")
        #expect(file.lineCount == 4)
        #expect((1...4).map(file.line) == ["one", "two", "three", "four"])
        #expect((1...5).map(file.offset(ofLine:)) == [0, 4, 9, 15, 19])
        #expect(file.text(ofLines: 2...3) == "two\r\nthree\r")
        #expect(file.line(0) == "" && file.line(5) == "")
        #expect(file.offset(ofLine: -3) == 0)
        #expect(file.text(ofLines: 9...12) == "")
    }

    @Test("a text that ends with a line break has an empty last line", arguments: ["a\n", "a\r\n", "a\r"])
    func lastLine(text: String) {
        let file = SourceFile(path: "p", text: text)
        #expect(file.lineCount == 2)
        #expect(file.line(1) == "a")
        #expect(file.line(2) == "")
    }

    @Test("an empty text has one empty line")
    func empty() {
        let file = SourceFile(path: "p", text: "")
        #expect(file.lineCount == 1)
        #expect(file.location(atOffset: 0) == SourceLocation(line: 1, column: 1))
        #expect(file.location(atOffset: 10) == SourceLocation(line: 1, column: 1))
    }

    @Test("columns count UTF-8 bytes from 1")
    func columns() {
        let file = SourceFile(path: "p", text: "é😀x\r\ny")
        #expect(file.location(atOffset: 6).description == "1:7")
        #expect(file.location(atOffset: 9).description == "2:1")
        #expect(file.location(atOffset: -4).description == "1:1")
        #expect(file.location(atOffset: 99).description == "2:2")
    }

    @Test("offset and location agree at every byte")
    func agreement() {
        let file = SourceFile(path: "p", text: "a\r\n\rbc\n\n\r\r\nd")
        for offset in 0...file.text.utf8.count {
            let location = file.location(atOffset: offset)
            #expect(file.offset(ofLine: location.line) + location.column - 1 == offset)
            #expect(location.line <= file.lineCount)
        }
    }

    static let invalid: [(bytes: [UInt8], line: Int, offset: Int)] = [
        ([0xFF], 1, 0), (Array("ab\ncd".utf8) + [0xC3, 0x28], 2, 5), (Array("a\r\nb\rc\n".utf8) + [0xED, 0xA0, 0x80], 4, 7),
        ([0xEF, 0xBB, 0xBF, 0x61, 0x80], 1, 4), (Array("é".utf8).dropLast(), 1, 0), (Array("a\n😀".utf8).dropLast(2), 2, 2),
    ]

    @Test("bytes that are not UTF-8 are refused with their place", arguments: invalid)
    func invalidUTF8(bytes: [UInt8], line: Int, offset: Int) {
        let error = #expect(throws: InvalidUTF8.self) { try SourceFile(path: "p", bytes: bytes) }
        #expect(error?.path == "p")
        #expect(error?.line == line)
        #expect(error?.byteOffset == offset)
    }

    @Test("a byte-order mark is dropped")
    func byteOrderMark() throws {
        #expect(try SourceFile(path: "p", bytes: [0xEF, 0xBB, 0xBF, 0x61]).text == "a")
    }
}
