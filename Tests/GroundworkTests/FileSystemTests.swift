import Foundation
import Groundwork
import TestSupport
import Testing

@Suite struct FileSystemTests {
    @Test("what is written is read, whatever its size", arguments: [0, 1, 4095, 4096, 5_000_000])
    func roundTrip(count: Int) throws {
        try withTemporaryFiles(["file": []]) { folder in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try writeFileAtomically("\(folder)/file", bytes)
            #expect(try readFile("\(folder)/file") == bytes)
        }
    }

    @Test("a write that fails leaves the old content and no other file")
    func failure() throws {
        try withTemporaryFiles(["file": Array("old".utf8)]) { folder in
            // A folder cannot be replaced by a file.
            try makeFolder("\(folder)/target")
            defer { removeEmptyFolder("\(folder)/target") }
            let error = #expect(throws: FileError.self) { try writeFileAtomically("\(folder)/target", Array("new".utf8)) }
            #expect(error?.operation == "write")
            #expect(names(in: folder) == ["file", "target"])
            try writeFileAtomically("\(folder)/file", Array("new".utf8))
            #expect(try readFile("\(folder)/file") == Array("new".utf8))
            #expect(names(in: folder) == ["file", "target"])
        }
    }

    @Test("what has no end, or never begins, is refused")
    func devices() throws {
        let error = #expect(throws: FileError.self) { try readFile("/dev/zero") }
        #expect(error?.description == "cannot read /dev/zero: it is a device or a pipe, and no file")
        #expect(try readFile("/dev/null").isEmpty)
        try withTemporaryFiles([:]) { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            #expect(throws: FileError.self) { try readFile("\(folder)/pipe") }
        }
        // What a shell gives as `<(…)` is read to its end, whenever that comes.
        let pipe = Pipe()
        let writing = pipe.fileHandleForWriting
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) {
            writing.write(Data("late".utf8))
            try? writing.close()
        }
        #expect(try readFile("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)") == Array("late".utf8))
    }

    @Test("what nobody may write to is not replaced")
    func readOnly() throws {
        try withTemporaryFiles(["kept": Array("old".utf8)]) { folder in
            chmod("\(folder)/kept", 0o444)
            #expect(throws: FileError.self) { try writeFileAtomically("\(folder)/kept", Array("new".utf8)) }
            let kept = try readFile("\(folder)/kept")
            #expect(kept == Array("old".utf8))
        }
    }

    @Test("what is not there is a clear error")
    func missing() {
        let error = #expect(throws: FileError.self) { try readFile("/nowhere/file") }
        #expect(error?.description == "cannot open /nowhere/file: No such file or directory")
        #expect(throws: FileError.self) { try readFile("/") }
        #expect(throws: FileError.self) { try writeFileAtomically("/nowhere/file", []) }
        #expect(!fileExists("/nowhere/file"))
        #expect(fileExists("/") && isFolder("/"))
    }

    @Test("folders are made with those above them, and twice is no error")
    func folders() throws {
        try withTemporaryFiles(["file": []]) { folder in
            for _ in 0..<2 { try makeFolder("\(folder)/a/b/c/") }
            #expect(isFolder("\(folder)/a/b/c"))
            #expect(throws: FileError.self) { try makeFolder("\(folder)/file") }
            #expect(throws: FileError.self) { try makeFolder("\(folder)/file/below") }
            for name in ["a/b/c", "a/b", "a"] { removeEmptyFolder("\(folder)/\(name)") }
            #expect(names(in: folder) == ["file"])
        }
    }

    @Test("a link stays and the file that it leads to is written, also where it leads through another or to nothing yet")
    func links() throws {
        try withTemporaryFiles(["file": Array("old".utf8)]) { folder in
            let manager = FileManager.default
            defer { for name in ["sub/new", "sub", "first", "second", "new", "circle"] { try? manager.removeItem(atPath: "\(folder)/\(name)") } }
            try makeFolder("\(folder)/sub")
            try manager.createSymbolicLink(atPath: "\(folder)/first", withDestinationPath: "second")
            try manager.createSymbolicLink(atPath: "\(folder)/second", withDestinationPath: "file")
            try manager.createSymbolicLink(atPath: "\(folder)/new", withDestinationPath: "sub/new")
            try manager.createSymbolicLink(atPath: "\(folder)/circle", withDestinationPath: "circle")
            try writeFileAtomically("\(folder)/first", Array("new".utf8), .synced)
            try writeFileAtomically("\(folder)/new", Array("made".utf8))
            #expect(try readFile("\(folder)/file") == Array("new".utf8))
            #expect(try readFile("\(folder)/sub/new") == Array("made".utf8))
            #expect(isLink("\(folder)/first") && isLink("\(folder)/second") && isLink("\(folder)/new"))
            #expect(throws: FileError.self) { try writeFileAtomically("\(folder)/circle", []) }
            #expect(isTaken("\(folder)/circle") && !fileExists("\(folder)/circle") && !isTaken("\(folder)/nothing"))
        }
    }

    @Test("a file that is replaced keeps its permissions", arguments: [0o600, 0o640, 0o664, 0o755])
    func permissions(mode: Int) throws {
        try withTemporaryFiles(["file": Array("old".utf8)]) { folder in
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/file")
            try writeFileAtomically("\(folder)/file", Array("new".utf8), .synced)
            #expect(try FileManager.default.attributesOfItem(atPath: "\(folder)/file")[.posixPermissions] as? Int == mode)
            #expect(try readFile("\(folder)/file") == Array("new".utf8))
        }
    }
}
