import GalleyCommand
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The notebooks that arguments name")
struct SelectionTests {
    @Test("A record from another machine is a page of the folder, and nothing runs it")
    func loneRecord() throws {
        let folder = "/tmp/galley-selection-\(getpid())"
        mkdir(folder, 0o755)
        let names = ["post.md", "post.ipynb", "post-on-a-gpu.ipynb"]
        defer {
            for name in names { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        for name in names { fclose(try #require(fopen("\(folder)/\(name)", "w"))) }
        let selection = try NotebookLocator.find(folder)
        #expect(selection.notebooks == ["\(folder)/post-on-a-gpu.ipynb", "\(folder)/post.md"])
        #expect(selection.runnable == ["\(folder)/post.md"])
        let named = try NotebookLocator.find("\(folder)/post-on-a-gpu.ipynb")
        #expect(named.runnable == ["\(folder)/post-on-a-gpu.ipynb"], "the run says why it cannot")
    }
}
