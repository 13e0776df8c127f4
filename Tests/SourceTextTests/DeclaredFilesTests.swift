import Foundation
import Groundwork
import SourceText
import TestSupport
import Testing

@Suite("Declared files")
struct DeclaredFilesTests {
    private func withFolder(_ body: (WorkingFolder) throws -> Void) throws {
        let folder = try WorkingFolder()
        defer { folder.remove() }
        for (name, text) in [
            ("data/a.csv", "1"), ("data/b.csv", "2"), ("data/deep/c.csv", "3"), ("data/deep/notes.txt", "4"), ("data/.hidden.csv", "5"),
            ("post.md", "6"),
            ("post.ipynb", "7"), ("odd [1].csv", "8"),
        ] { try folder.write(name, text) }
        try body(folder)
    }

    private func names(_ declared: String, _ folder: WorkingFolder) -> [String] { DeclaredFiles(declared, in: folder.path).names }

    @Test("a path stands for a file, a folder's files or a pattern's")
    func kinds() throws {
        try withFolder { folder in
            #expect(names("data/a.csv", folder) == ["data/a.csv"])
            #expect(names(folder.path + "/data/a.csv", folder) == [folder.path + "/data/a.csv"])
            #expect(Set(names("data", folder)) == ["data/a.csv", "data/b.csv", "data/deep/c.csv", "data/deep/notes.txt"])
            #expect(names("data/", folder) == names("data", folder))
            #expect(names("data/*.csv", folder) == ["data/a.csv", "data/b.csv"])
            #expect(names("data/[!a].csv", folder) == ["data/b.csv"])
            #expect(names("data/?.csv", folder) == ["data/a.csv", "data/b.csv"])
            #expect(names("**/*.csv", folder) == ["data/a.csv", "data/b.csv", "data/deep/c.csv", "odd [1].csv"])
            #expect(names("*/*/c.*", folder) == ["data/deep/c.csv"])
            #expect(names(folder.path + "/d*/a.csv", folder) == [(folder.path + "/data/a.csv").replacing("//", with: "/")])
            #expect(names("data/.*.csv", folder) == ["data/.hidden.csv"])
            // What is there by this name is no pattern.
            #expect(names("odd [1].csv", folder) == ["odd [1].csv"])
        }
    }

    @Test("what stands for nothing says why")
    func problems() throws {
        try withFolder { folder in
            #expect(DeclaredFiles("data/aa.csv", in: folder.path).problem == "is not there")
            #expect(DeclaredFiles("data/*.tsv", in: folder.path).problem == "matches no file")
            #expect(DeclaredFiles("none/*.csv", in: folder.path).problem == "matches no file")
            #expect(DeclaredFiles("/dev/null", in: folder.path).problem == "is neither a file nor a folder")
            #expect(DeclaredFiles("data", in: folder.path).problem == nil)
            for declared in [".", "**/*", "*/*/*"] {
                let files = DeclaredFiles(declared, in: folder.path, limit: 3)
                #expect(files.problem == "stands for too many files and folders: more than 3 were looked at" && files.names.isEmpty)
            }
            #expect(names("**/**/**/c.csv", folder) == ["data/deep/c.csv"])
        }
    }

    @Test("a key changes with names and contents; what a notebook's own run leaves does not count")
    func keys() throws {
        try withFolder { folder in
            func key(_ declared: String) throws -> ContentKey { try DeclaredFiles(declared, in: folder.path, except: folder.path + "/post").key() }
            let before = try (key("data"), key("data/*.csv"), key("."))
            try folder.write("data/a.csv", "9")
            #expect(try key("data") != before.0)
            #expect(try key("data/*.csv") != before.1)
            let changed = try (key("data"), key("data/*.csv"), key("."))
            try folder.write("data/new.csv", "")
            #expect(try key("data") != changed.0)
            #expect(try key("data/*.csv") != changed.1)
            let grown = try key(".")
            try folder.write("post.ipynb", "another record")
            #expect(try key(".") == grown)
        }
    }

    @Test("a key tells of what can be seen beside contents: hidden files, empty folders, programs")
    func asides() throws {
        try withFolder { folder in
            func key(_ declared: String) throws -> ContentKey { try DeclaredFiles(declared, in: folder.path).key() }
            var known: Set<ContentKey> = [try key("data")]
            try folder.write("data/.hidden.csv", "9")
            #expect(known.insert(try key("data")).inserted)
            try FileManager.default.createDirectory(atPath: folder.path + "/data/empty", withIntermediateDirectories: true)
            #expect(known.insert(try key("data")).inserted)
            let file = try key("data/a.csv")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/data/a.csv")
            #expect(known.insert(try key("data")).inserted)
            #expect(try key("data/a.csv") != file)
            // A program's own folders are nobody's data, and what is hidden does not travel.
            try FileManager.default.createDirectory(atPath: folder.path + "/data/.git", withIntermediateDirectories: true)
            let before = try key("data")
            try folder.write("data/.git/index", "1")
            #expect(try key("data") == before)
            #expect(names("data", folder).contains { $0.contains(".hidden") } == false)
        }
    }

    @Test("a link that leads back up ends")
    func loops() throws {
        try withFolder { folder in
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/data/up", withDestinationPath: folder.path)
            #expect(names("data", folder).count == 4)
            #expect(names("**/a.csv", folder) == ["data/a.csv"])
        }
    }
}
