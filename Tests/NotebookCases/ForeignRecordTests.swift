import Foundation
import TestSupport
import Testing

@Suite("Records that others wrote to", .serialized)
struct ForeignRecordTests {
    private let place: WorkingFolder

    init() throws { place = try WorkingFolder() }

    @Test("What comes into the record's place while cells run is not written over", arguments: ["run", "render", "check"])
    func changedMeanwhile(command: String) throws {
        defer { place.remove() }
        // The cell does what an author does in another program meanwhile.
        func notebook(copying name: String) throws {
            try place.write(
                "post.md",
                """
                ```swift
                import Foundation
                let folder = "\(place.path)/"
                if let text = try? String(contentsOfFile: folder + "\(name)", encoding: .utf8) {
                    try text.write(toFile: folder + "post.ipynb", atomically: true, encoding: .utf8)
                }
                print(1)
                ```

                """)
        }
        func refused(_ words: String, _ file: String) throws {
            let last = command == "check" ? "--update" : "--quiet"
            let run = try place.galley(command, "post.md", command == "check" ? "--quiet" : "--force", last)
            #expect(run.status == 1 && run.standardError.contains(words), "\(run.standardError)")
            #expect(try place.read("post.ipynb") == place.read(file))
        }
        try notebook(copying: "foreign.txt")
        try place.write("foreign.txt", "{\"cells\": [], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}\n")
        try refused("and another file stands here: Galley did not make it", "foreign.txt")
        try FileManager.default.removeItem(atPath: place.path + "/post.ipynb")
        try notebook(copying: "mine.txt")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let cell = "{\"cell_type\": \"markdown\", \"id\": \"x\", \"metadata\": {}, \"source\": \"What I found out.\"},"
        try place.write("mine.txt", place.read("post.ipynb").replacingOccurrences(of: "\"cells\": [", with: "\"cells\": [" + cell))
        try refused("somebody added to this record what a run would lose: the text “What I found out.”", "mine.txt")
    }

    @Test("A record of another format, or of a later version with an author's words, is not written over")
    func otherFormats() throws {
        defer { place.remove() }
        try place.write("post.md", "Before.\n\n```swift\nprint(1)\n```\n")
        #expect(try place.galley("run", "post.md", "--quiet").status == 0)
        let record = try place.read("post.ipynb")
        let later = record.replacing(#/"version": 2\b/#, with: "\"version\": 99")
        for text in [
            "{\"metadata\":{\"galley\":{}},\"nbformat\":3,\"worksheets\":[{\"cells\":[]}]}",
            record.replacing(#/"nbformat": 4\b/#, with: "\"nbformat\": 5"),
            record.replacingOccurrences(of: "\"cells\": [", with: "\"cells\": {}, \"mine\": ["),
            later.replacingOccurrences(of: "Before.", with: "What I found out."),
        ] {
            try place.write("post.ipynb", text)
            let run = try place.galley("run", "post.md", "--quiet")
            #expect(run.status == 1 && run.standardError.contains("help: Move"), "\(run.standardError)")
            #expect(try place.read("post.ipynb") == text)
        }
        try place.write("post.ipynb", later)
        let run = try place.galley("run", "post.md", "--quiet")
        #expect(run.status == 0 && run.standardError.contains("will be made anew"), "\(run.standardError)")
    }
}
