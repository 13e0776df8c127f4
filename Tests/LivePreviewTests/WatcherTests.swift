import LivePreview
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Watching files")
struct WatcherTests {
    @Test("a rewritten file, a new file and a removed one are seen")
    func changes() async throws {
        var template = Array("/tmp/galley-watch-XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        let folder = String(decoding: template.dropLast().map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        let first = folder + "/a.md"
        let second = folder + "/b.md"
        func write(_ path: String, _ text: String) {
            let file = fopen(path, "w")
            fputs(text, file)
            fclose(file)
        }
        write(first, "1")
        var changes = FileWatcher { [first, second] }.changes().makeAsyncIterator()
        // The first look may come before or after this write; the size differs either way.
        try await Task.sleep(for: .milliseconds(300))
        write(second, "new")
        #expect(await changes.next() == [second])
        write(first, "12")
        #expect(await changes.next() == [first])
        unlink(second)
        #expect(await changes.next() == [second])
        unlink(first)
        rmdir(folder)
    }
}
