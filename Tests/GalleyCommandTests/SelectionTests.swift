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

    @Test("What site.yaml excludes is no notebook of the folder; Quarto's notebooks are")
    func excluded() throws {
        let folder = "/tmp/galley-excluded-\(getpid())"
        let folders = [folder, "\(folder)/drafts", "\(folder)/drafts/old", "\(folder)/draftsman"]
        for folder in folders { mkdir(folder, 0o755) }
        let names = [
            "site.yaml", "a.md", "b.qmd", "b.ipynb", "note.md", "drafts/c.md", "drafts/old/d.md", "draftsman/e.md", "README.qmd",
        ]
        defer {
            for name in names { unlink("\(folder)/\(name)") }
            for folder in folders.reversed() { rmdir(folder) }
        }
        for name in names { fclose(try #require(fopen("\(folder)/\(name)", "w"))) }
        let all = ["a.md", "b.qmd", "drafts/c.md", "drafts/old/d.md", "draftsman/e.md", "note.md"]
        #expect(try NotebookLocator.find(folder).notebooks == all.map { "\(folder)/\($0)" })
        for drafts in ["drafts", "drafts/", "./drafts"] {
            let file = try #require(fopen("\(folder)/site.yaml", "w"))
            fputs("title: T\nexclude: [\(drafts), note.md]\n", file)
            fclose(file)
            #expect(try NotebookLocator.find(folder).notebooks == ["a.md", "b.qmd", "draftsman/e.md"].map { "\(folder)/\($0)" })
        }
        #expect(try NotebookLocator.find("\(folder)/drafts/c.md").notebooks == ["\(folder)/drafts/c.md"], "what is named counts")
    }
}
