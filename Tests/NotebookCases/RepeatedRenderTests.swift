import Foundation
import TestSupport
import Testing

@Suite("Rendering again, after edits and after none", .serialized)
struct RepeatedRenderTests {
    private let place: WorkingFolder

    init() throws { place = try WorkingFolder() }

    private func render(_ output: String, _ cacheName: String = "cache", flag: String = "--quiet") throws -> WorkingFolder.Run {
        try place.galley(
            "render", "posts", "--no-run", "--output", output, "--quiet", flag, environment: ["XDG_CACHE_HOME": place.path + "/" + cacheName])
    }

    /// The files of an output folder, without the list of them, which is about the folder's own past.
    private func files(_ output: String) throws -> [String: Data] {
        let prefix = output + "/"
        var files: [String: Data] = [:]
        for (name, data) in try place.snapshot() where name.hasPrefix(prefix) && !name.hasSuffix(".galley-manifest.json") {
            files[String(name.dropFirst(prefix.count))] = data
        }
        return files
    }

    /// Renders into the folder that was rendered to before, and into a new one with no cache, and compares.
    private func compare(_ step: String, flag: String = "--quiet") throws {
        let again = try render("site", flag: flag)
        let clean = try render("clean", "none", flag: flag)
        #expect(again.status == clean.status, "\(step): \(again.standardError)")
        #expect(again.standardError == clean.standardError, "\(step)")
        let (left, right) = (try files("site"), try files("clean"))
        #expect(left.keys.sorted() == right.keys.sorted(), "\(step)")
        for (name, data) in right { #expect(left[name] == data, "\(step): \(name)") }
        for folder in ["clean", "none"] { try FileManager.default.removeItem(atPath: place.path + "/" + folder) }
    }

    private func post(_ number: Int, title: String, tag: String, body: String) throws {
        try place.write(
            "posts/p\(number).md",
            "---\ntitle: \(title)\ndate: 2026-01-\(10 + number)\ntags: [\(tag)]\n---\n\n\(body)\n\n| a |\n| - |\n| $x_\(number)$ |\n")
    }

    private func site() throws {
        try place.write("posts/site.yaml", "title: Site\nurl: https://example.org/\n")
        for number in 0..<6 {
            try post(
                number, title: "Page \(number)", tag: "t\(number % 2)",
                body: "See [next](p\((number + 1) % 6).md).\n\n## Part \(number)\n\n![](dot.svg)")
        }
        try place.write("posts/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>")
    }

    @Test("Every edit gives what a clean render gives")
    func edits() throws {
        defer { place.remove() }
        try site()
        try compare("first")
        try compare("nothing")
        try post(2, title: "Another title", tag: "t5", body: "Edited.")
        try compare("title, tag and body")
        try place.write("posts/site.yaml", "title: Site\nurl: https://example.org/\nnavigation:\n  - First: p0.md\n")
        try compare("configuration")
        try place.write("posts/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='4'/>")
        try compare("picture")
        try FileManager.default.removeItem(atPath: place.path + "/posts/p3.md")
        try compare("a page that another links to is gone")
        try FileManager.default.removeItem(atPath: place.path + "/posts/dot.svg")
        try compare("a picture is gone")
        try place.write("posts/site.yaml", "title: Site\nurl: https://example.org/\ntheme-folder: own\n")
        try place.write("posts/own/extra.css", "body { color: red }\n")
        try compare("a theme of one's own")
        try place.write("posts/own/extra.css", "body { color: tan }\n")
        try compare("its style sheet")
        try place.write("posts/own/post-header.html", "<h1>{{ page.title }}!</h1>\n")
        try compare("a template")
        try place.write("posts/p3.md", "No front matter, [nowhere](gone.md).\n")
        try compare("a page with a warning")
        try compare("the warning again")
    }

    /// One edit of the site of ``site()``, or of what was made of it.
    private func edit(step: Int, _ generator: inout SeededGenerator) throws {
        let number = Int.random(in: 0..<7, using: &generator)
        let other = Int.random(in: 0..<7, using: &generator)
        func remove(_ name: String) { try? FileManager.default.removeItem(atPath: place.path + "/" + name) }
        switch Int.random(in: 0..<14, using: &generator) {
        case 0: remove("posts/p\(number).md")
        case 1: remove(["posts/dot.svg", "posts/own/post-header.html", "posts/p\(number).ipynb", "site/p\(number).html"][step % 4])
        case 2: try place.write("posts/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='\(step + 1)' height='4'/>")
        case 3:
            try place.write("posts/own/extra.css", "body { color: red }\n")
            try place.write(
                "posts/site.yaml",
                "title: Site \(step % 3)\nurl: https://example.org/\nindex-count: \(2 + step % 4)\ntheme: \(["rich", "plain"][step % 2])\n"
                    + ["", "theme-folder: own\n", "navigation:\n  - Other: p\(other).md\n"][step % 3])
        case 4: try place.write("posts/own/post-header.html", "<h1>{{ page.title }} \(step % 5)</h1>\n")
        case 5: try place.write("posts/own/extra.css", "body { margin: \(step)px }\n")
        case 6:
            try post(number, title: "Cited", tag: "t1]\nbibliography: [refs.bib", body: "As [@a] says.")
            try place.write("posts/refs.bib", "@book{a, title={Book \(step)}, author={Writer, A.}, year={20\(10 + step % 9)}}\n")
        case 7: try place.write("posts/refs.bib", "@book{a, title={Other \(step)}, author={Writer, B.}, year={1999}}\n")
        case 8:
            try place.write("posts/p\(number).md", "---\ntitle: Cells \(step)\ndate: 2026-02-01\n---\n\n```swift\nprint(\(step))\n```\n")
            try record(number, output: "\(step)")
        case 9: try record(number, output: "by hand \(step)")
        case 10: try post(number, title: "Draft", tag: "t0]\ndraft: \(step % 2 == 0)\naliases: [old-\(other).html", body: "Text \(step).")
        default:
            let body = "[to](p\(other).md#part-1) ![](dot.svg) $\\frac{\(step)}2$\n\n## Part 1"
            try post(number, title: "Title \(other % 4)", tag: "t\(step % 3)", body: body)
        }
    }

    /// A record of one cell, as a run leaves it or a person writes it.
    private func record(_ number: Int, output: String) throws {
        try place.write(
            "posts/p\(number).ipynb",
            """
            {"cells": [{"cell_type": "code", "id": "cell-1", "execution_count": 1, "metadata": {}, "source": "print(1)\\n",
              "outputs": [{"output_type": "stream", "name": "stdout", "text": "\(output)\\n"}]}],
             "metadata": {"language_info": {"name": "swift"}}, "nbformat": 4, "nbformat_minor": 5}
            """)
    }

    @Test("Random edits give what a clean render gives", arguments: [UInt64(42), 43])
    func random(seed: UInt64) throws {
        defer { place.remove() }
        try site()
        var generator = SeededGenerator(seed: seed)
        for step in 0..<30 {
            for _ in 0..<Int.random(in: 0...2, using: &generator) { try edit(step: step, &generator) }
            try compare("seed \(seed), step \(step)", flag: step % 5 == 4 ? "--drafts" : "--quiet")
            guard step % 3 == 0 else { continue }
            // What was made is changed or removed, and nothing else is.
            let name = try #require(files("site").keys.sorted().filter { $0.hasSuffix("ml") }.randomElement(using: &generator))
            try FileManager.default.removeItem(atPath: place.path + "/site/" + name)
            if step % 2 == 0 { try place.write("site/" + name, "by hand") }
            try compare("seed \(seed), step \(step), \(name) is not what it was", flag: step % 5 == 4 ? "--drafts" : "--quiet")
        }
    }

    @Test("Whatever a run hangs on makes it run again")
    func runs() throws {
        defer { place.remove() }
        func notebook(count: Int, cell: String = "print(\"sum\", numbers.reduce(0, +) * count)") throws {
            try place.write(
                "posts/n.md",
                """
                ---
                title: Numbers
                date: 2026-01-02
                bibliography: refs.bib
                params:
                  count: \(count)
                ---

                Cited from [@a].

                ```swift
                #| depends: [data.csv]
                import Foundation
                let numbers = try String(contentsOfFile: "data.csv", encoding: .utf8).split(separator: ",").compactMap { Int($0) }
                ```

                ```swift
                \(cell)
                ```

                """)
        }
        func shows(_ texts: String..., step: String) throws {
            let run = try place.galley("render", "posts", "--output", "site", "--quiet")
            #expect(run.status == 0, "\(step): \(run.standardError)")
            let page = try place.read("site/n.html")
            for text in texts { #expect(page.contains(text), "\(step)") }
            try compare(step)
        }
        try place.write("posts/data.csv", "1,2,3")
        try place.write("posts/refs.bib", "@book{a, title={First}, author={Writer, A.}, year={2001}}\n")
        try notebook(count: 1)
        try shows(">sum 6</pre>", "First", step: "first")
        #expect(try place.galley("render", "posts", "--output", "site").standardError.contains("unchanged"))
        try place.write("posts/data.csv", "1,2,4")
        try shows(">sum 7</pre>", step: "declared file")
        try notebook(count: 2)
        try shows(">sum 14</pre>", step: "parameter")
        try place.write("posts/refs.bib", "@book{a, title={Second}, author={Writer, A.}, year={2001}}\n")
        try shows("Second", ">sum 14</pre>", step: "bibliography")
        try place.write("posts/n.ipynb", place.read("posts/n.ipynb").replacingOccurrences(of: "sum 14", with: "sum 15"))
        try shows(">sum 14</pre>", step: "a record that was changed by hand says nothing")
        try FileManager.default.removeItem(atPath: place.path + "/posts/n.ipynb")
        try shows(">sum 14</pre>", step: "no record")
        for _ in 0..<2 {
            try notebook(count: 2, cell: "print(numbers.nothing)")
            let run = try place.galley("render", "posts", "--output", "site", "--quiet")
            #expect(run.status == 1 && run.standardError.contains("no member 'nothing'"), "\(run.standardError)")
        }
        try notebook(count: 3)
        try shows(">sum 21</pre>", step: "mended")
    }

    @Test("Another build of the command makes everything anew")
    func command() throws {
        defer { place.remove() }
        try site()
        let command = place.path + "/galley"
        try place.copyProgram(from: ReferenceData.productsFolder + "/galley", to: "galley")
        func render() throws -> String {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: command)
            process.arguments = ["render", "posts", "--no-run", "--output", "site"]
            process.currentDirectoryURL = URL(fileURLWithPath: place.path)
            process.environment = ["XDG_CACHE_HOME": place.path + "/cache", "GALLEY_TEMPLATES": ReferenceData.packageRoot + "/Templates"]
            let output = Pipe()
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return text
        }
        #expect(try render().contains("files written"))
        #expect(try render().contains("6 pages, unchanged"))
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: command)
        #expect(try render().contains("files written"))
        #expect(try render().contains("6 pages, unchanged"))
    }

    @Test("A file of someone else's in the way is never written over, however often")
    func foreign() throws {
        defer { place.remove() }
        try site()
        try place.write("site/p1.html", "mine")
        for number in 0..<3 {
            try post(4, title: "Edited \(number)", tag: "t0", body: "Text \(number).")
            let run = try render("site")
            #expect(run.standardError.contains("p1.html was not written by Galley"))
            #expect(try place.read("site/p1.html") == "mine")
        }
        try FileManager.default.removeItem(atPath: place.path + "/site/p1.html")
        _ = try render("site")
        #expect(try place.read("site/p1.html").contains("Page 1"))
    }

    @Test("An output that someone changed or removed is made again")
    func outputs() throws {
        defer { place.remove() }
        try site()
        _ = try render("site")
        let before = try files("site")
        try place.write("site/p1.html", "changed")
        try FileManager.default.removeItem(atPath: place.path + "/site/p2.html")
        _ = try render("site")
        #expect(try files("site") == before)
    }
}
