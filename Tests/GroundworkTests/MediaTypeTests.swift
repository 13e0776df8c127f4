import Groundwork
import Testing

@Suite("Media types")
struct MediaTypeTests {
    @Test("Files are known by their extension, whatever its case")
    func files() {
        #expect(MediaType(ofFile: "a/b.PNG")?.name == "image/png")
        #expect(MediaType(ofFile: "a.jpeg")?.fileExtensions.first == "jpg")
        #expect(MediaType(ofFile: "page.html")?.contentType == "text/html; charset=utf-8")
        #expect(MediaType(ofFile: "Makefile") == nil)
        #expect(MediaType(ofFile: "a.unknown") == nil)
    }

    @Test("Pictures are known by their first bytes")
    func pictures() {
        #expect(MediaType(ofPicture: Array("GIF89a".utf8))?.name == "image/gif")
        #expect(MediaType(ofPicture: [0xFF, 0xD8, 0xFF, 0xE0])?.name == "image/jpeg")
        #expect(MediaType(ofPicture: Array("RIFF\0\0\0\0WEBP".utf8))?.name == "image/webp")
        #expect(MediaType(ofPicture: Array("RIFF\0\0\0\0WAVE".utf8)) == nil)
        #expect(MediaType(ofPicture: []) == nil)
    }

    @Test("No two types share a name or an extension")
    func table() {
        #expect(Set(MediaType.all.map(\.name)).count == MediaType.all.count)
        let extensions = MediaType.all.flatMap(\.fileExtensions)
        #expect(Set(extensions).count == extensions.count)
        #expect(MediaType.pictures.count == 5)
    }

    @Test("Bytes are told from text, also for types that are not in the table")
    func binary() {
        #expect(MediaType.isBinary("image/tiff"))
        #expect(MediaType.isBinary("application/pdf"))
        #expect(!MediaType.isBinary("image/svg+xml"))
        #expect(!MediaType.isBinary("text/x-unknown"))
    }
}
