import JSON
import NotebookModel
import NotebookParser
import SourceText
import Testing

private func read(_ text: String) -> (matter: FrontMatter, diagnostics: [Diagnostic], bodyLine: Int) {
    let (parsed, diagnostics) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
    return (parsed.notebook.frontMatter, diagnostics, parsed.notebook.bodyLine)
}

private func keys(_ lines: String) -> (matter: FrontMatter, diagnostics: [Diagnostic], bodyLine: Int) { read("---\n\(lines)\n---\n\nText.\n") }

@Suite("What is published")
struct PublicationTests {
    @Test(
        "Whatever says that a page is not to be published keeps it back",
        arguments: [
            "draft: true", "draft: True", "draft: TRUE", "draft: yes", "draft: on", "draft: 1", "draft: \"true\"", "draft: 'yes'", "draft: Y",
            "draft: \" true \"", "\"draft\": true", "published: false", "published: \"no\"", "publish: false", "public: off", "private: true",
            "hidden: true", "unpublished: yes", "wip: true", "headless: true", "status: draft", "status: Private", "visibility: hidden",
            "permalink: false", "build: {render: never}", "_build:\n  render: false", "render: false", "{title: x, draft: true}",
            "status: in_review", "status: Work in Progress", "status: scheduled", "visibility: members", "build: {render: Never}", "render: never",
            "<<: {draft: true}", "common: &c {title: x, published: no}\n<<: *c", "<<: [{title: x}, {draft: true}]",
        ])
    func heldBack(lines: String) {
        let (matter, diagnostics, _) = keys(lines)
        #expect(matter.draft)
        #expect(!diagnostics.contains { $0.severity == .error }, "\(diagnostics)")
    }

    @Test(
        "Whatever says the opposite does not",
        arguments: [
            "draft: false", "draft: \"false\"", "draft: No", "draft: 0", "published: true", "status: published", "permalink: /a/", "hidden: no",
            "build: {render: always}", "title: draft", "tags: [draft]", "hide: [toc]", "published: 2020-01-01", "status: Published",
            "status: evergreen",
            "draft: false\nstatus: sleeping", "published: true\nvisible: false", "draft: false\nextra: {draft: true}", "slug: draft",
            "theme: private",
            "cover: {hidden: true}", "sidebar: {hidden: true}", "menu: {draft: true}", "active: true", "archived: false",
            "draft: false\n<<: {draft: true}",
        ])
    func published(lines: String) {
        let (matter, diagnostics, _) = keys(lines)
        #expect(!matter.draft)
        #expect(diagnostics.isEmpty, "\(diagnostics)")
    }

    @Test(
        "What cannot be understood of it is an error, never a guess",
        arguments: [
            "draft: perhaps", "draft:", "draft: [true]", "published: never", "publishDate: soon", "expiryDate: 2024-13-01", "status: drfat",
            "darft: true", "Draft: true", "DRAFT: yes", "dratf: true", "draf: true", "drafts: true", "isDraft: true", "is_draft: 1", "Darft: false",
            "drat: true", "daft_: true", "Published: false", "publised: false", "pubished: no", "Publish: false", "privat: true", "hiden: true",
            "unpublishd: true", "publishdat: 2999-01-01", "expirydte: 2020-01-01", "unlistd: true", "darft:",
            "Status: draft", "STATUS: x", "staus: draft", "state: draft", "post_status: private", "postStatus: draft", "visiblity: private",
            "access: private", "stage: draft", "status: sleeping", "status:", "status: [draft]", "dg-publsih: false", "headles: true",
            "biuld: {render: never}", "build: {rendr: never}", "build: {render: newer}", "build: never", "visible: false", "enabled: no",
            "secret: true", "archived: yes", "extra: {draft: true}", "params: {published: false}", "format: {html: {draft: true}}",
            "cascade: [{_target: x, draft: true}]", "metadata: {status: Draft}", "extra: {expiryDate: 2001-01-01}", "post: {private: true}",
            "embargo: 2999-01-01", "post_date: 2999-01-01", "expires_at: 2001-01-01", "validUntil: 2001-01-01",
            "date: TBD", "date: 2999", "date: 2999-01", "date: 2024-02-30", "date: [2999-01-01]", "date: {published: 2999-01-01}",
            "date: 32503680000", "date: tomorrow", "date: \"{{ date }}\"",
        ])
    func unclear(lines: String) {
        let (_, diagnostics, _) = keys(lines)
        let errors = diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.identifier) == ["unclear-publication"], "\(diagnostics)")
        #expect(errors.first?.range?.start.line == 2)
    }

    @Test(
        "Names of other tools that say clearly that a page is published are no errors",
        arguments: [
            "isDraft: false", "is_draft: false", "Draft: no", "published_at: 2024-01-01", "publishedDate: 2024-01-01", "date_published: 2024-01-01",
            "published_on: 2024-01-01", "dg-publish: true", "isPublic: true", "publish: 2024-01-01", "drafted: 2023-12-01", "scheduled: 2024-01-01",
            "isPrivate: false", "embargo: 2024-01-01",
        ])
    func clearlyPublished(lines: String) {
        let (matter, diagnostics, _) = keys(lines)
        #expect(!matter.draft && diagnostics.isEmpty, "\(diagnostics)")
    }

    @Test(
        "Names of other tools that say that it is not, or say it of nothing known, are errors unless `draft: false` stands there",
        arguments: [
            "dg-publish: false", "isPublic: false", "isDraft: true", "not_published: true", "unpublished_at: 2024-01-01", "Darft: false",
            "Staus: draft",
            "publishedUntil: 2024-01-01", "published_at: 2999-01-01", "scheduled: 2999-01-01", "isPrivate: true",
        ])
    func settled(lines: String) {
        #expect(keys(lines).diagnostics.map(\.severity) == [.error])
        #expect(keys("published: true\n" + lines).diagnostics.map(\.severity) == [.error])
        let (matter, diagnostics, _) = keys(lines + "\ndraft: false")
        #expect(!matter.draft && diagnostics.isEmpty, "\(diagnostics)")
        // A day that is to come holds a page back all the same.
        #expect(matter.publishDate == (lines.hasSuffix("2999-01-01") ? "2999-01-01" : nil))
        #expect(keys("publish: 2999-01-01").matter.publishDate == "2999-01-01")
    }

    @Test(
        "Other keys that are nearly ones of Galley's are warnings with the one that was meant",
        arguments: [
            ("tilte", "title"), ("Title", "title"), ("tag", "tags"), ("bibliograpy", "bibliography"), ("Date", "date"),
            ("date_modified", "date-modified"),
            ("alias", "aliases"), ("excecute", "execute"), ("descripton", "description"), ("category", "categories"), ("imagealt", "image-alt"),
        ])
    func nearMisses(name: String, meant: String) {
        let (matter, diagnostics, _) = keys("\(name): x")
        #expect(diagnostics.map(\.severity) == [.warning])
        #expect(diagnostics.first?.solutions == ["did you mean “\(meant)”?"])
        #expect(matter.extra[name] == "x")
    }

    @Test("Keys of templates and of other tools are no misspelt ones")
    func foreignKeys() {
        let names = [
            "layout", "permalink", "slug", "url", "weight", "format", "engine", "jupyter", "kernel", "theme", "data", "page", "publisher", "craft",
            "menu", "license", "id", "order", "parent", "cover", "series", "math", "lead", "number-sections", "nocite",
        ]
        let (_, diagnostics, _) = keys(names.map { "\($0): knitting" }.joined(separator: "\n"))
        #expect(diagnostics.isEmpty, "\(diagnostics)")
    }

    @Test("Pages keep out of what they say they keep out of")
    func places() {
        #expect(keys("unlisted: true").matter.keepsOutOf == Set(FrontMatter.Place.allCases))
        #expect(keys("noindex: true").matter.keepsOutOf == [.engines, .sitemap])
        #expect(keys("robots: \"noindex, nofollow\"").matter.keepsOutOf == [.engines, .sitemap])
        #expect(keys("search: false\nsitemap: false\nlisting: false").matter.keepsOutOf == [.search, .sitemap, .lists])
        #expect(keys("sitemap: {disable: true}").matter.keepsOutOf == [.sitemap])
        #expect(keys("sitemap: {priority: 0.5}\nsearch: true").matter.keepsOutOf == [])
        #expect(keys("build: {list: never}").matter.keepsOutOf == [.lists, .sitemap])
        #expect(keys("visibility: unlisted").matter.keepsOutOf == Set(FrontMatter.Place.allCases))
        for lines in ["robots: none", "robots: [noindex]", "robots: {noindex: true}", "robots: {index: false}", "index: false"] {
            #expect(keys(lines).matter.keepsOutOf == [.engines, .sitemap], "\(lines)")
        }
        for lines in ["searchable: false", "exclude_from_search: true", "search: {exclude: true}", "search: hidden", "in_search_index: false"] {
            #expect(keys(lines).matter.keepsOutOf == [.search], "\(lines)")
        }
        for lines in ["sitemap: exclude", "sitemap_exclude: true", "sitemap: {exclude: true}", "sitemap: no"] {
            #expect(keys(lines).matter.keepsOutOf == [.sitemap], "\(lines)")
        }
        #expect(keys("excludeFromCollections: true").matter.keepsOutOf == [.lists, .sitemap])
        #expect(keys("feed: false").matter.keepsOutOf == [.feeds] && keys("rss: no").matter.keepsOutOf == [.feeds])
        #expect(keys("noindex: perhaps").diagnostics.map(\.severity) == [.error])
    }

    @Test("The date of publication is the page's where there is no other")
    func dates() {
        let (matter, diagnostics, _) = keys("publishDate: 2999-01-01\nexpiryDate: 2999-02-01")
        #expect(matter.publishDate == "2999-01-01" && matter.date == "2999-01-01" && matter.expiryDate == "2999-02-01")
        #expect(diagnostics.isEmpty)
        // What may be the page's date holds it back until then.
        for lines in ["Date: 2999-01-01", "DATE: 2999-01-01", "dat: 2999-01-01"] {
            let (matter, diagnostics, _) = keys(lines)
            #expect(matter.publishDate == "2999-01-01", "\(lines)")
            #expect(diagnostics.map(\.severity) == [.warning], "\(lines)")
        }
        for text in ["today", "last-modified", "", "`r Sys.Date()`"] { #expect(keys("date: \"\(text)\"").diagnostics.isEmpty, "\(text)") }
    }

    @Test("Formats that are none for the web are told of, and options of cells beside `execute:`")
    func otherKeys() {
        for lines in ["format: pdf", "format: [pdf, docx]", "format:\n  pdf: default", "output: pdf_document", "output: bookdown::pdf_document"] {
            #expect(keys(lines).diagnostics.map(\.identifier) == ["foreign-format"], "\(lines)")
        }
        for lines in ["format: html", "format:\n  html: default\n  pdf: default", "format: gfm", "output: html_document"] {
            #expect(keys(lines).diagnostics.isEmpty, "\(lines)")
        }
        for lines in ["eval: false", "format: {html: {execute: {eval: false}}}", "knitr: {opts_chunk: {eval: no}}"] {
            #expect(keys(lines).diagnostics.map { "\($0.severity) \($0.identifier)" } == ["error misplaced-option"], "\(lines)")
        }
        #expect(keys("echo: false").diagnostics.map(\.severity) == [.warning])
    }

    @Test(
        "Blocks of metadata further down are no place to hide",
        arguments: [
            ("---\ntitle: X\n---\n---\ndraft: true\n---\nText.\n", 5), ("---\ntitle: X\n---\n\nText.\n\n---\npublished: false\n...\n", 8),
            ("# Title\n\n---\ndraft: true\n---\n\nText.\n", 4), ("---\n---\n---\ndraft: true\n---\n", 4),
            ("---\ntitle: X\nabstract: |\n---\ndraft: true\n---\nText.\n", 5), ("Title: X\nDate: 2999-01-01\n\nText.\n", 2),
            ("Title: X\nStaus: draft\n\nText.\n", 2),
        ])
    func laterBlocks(text: String, line: Int) {
        let errors = read(text).diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.identifier) == ["unclear-publication"], "\(text)")
        #expect(errors.first?.range?.start.line == line, "\(text)")
    }

    @Test("Lines, breaks and code that resemble such blocks are prose")
    func notBlocks() {
        for text in [
            "---\ntitle: X\n---\n\nText.\n\n---\n\nMore: yes.\n", "Text.\n\n```yaml\n---\ndraft: true\n---\n```\n",
            "---\ntitle: X\n---\n\nA heading\n---\ndraft: true\n", "Note: this is prose.\n\nMore.\n", "~~~\n\n---\ndraft: true\n---\n~~~\n",
        ] { #expect(read(text).diagnostics.isEmpty, "\(text)") }
        #expect(read("Title: X\nTags: a, b\n\nText.\n").diagnostics.map(\.identifier) == ["unfenced-keys"])
    }

    @Test("Settings of folders that other tools keep are looked at for what keeps pages back")
    func folderSettings() {
        func problem(_ name: String, _ text: String) -> Int? { FolderSettings.problem(in: SourceFile(path: name, text: text))?.range?.start.line }
        #expect(problem("_metadata.yml", "toc: true\ndraft: true\n") == 2)
        #expect(problem("_index.md", "---\ntitle: A\ncascade:\n  - draft: true\n---\n") == 4)
        #expect(problem("_index.md", "+++\n[cascade]\ndraft = true\n+++\n") == 3)
        #expect(problem("posts.json", "{\"layout\": \"post\", \"permalink\": \"/x/\"}") == nil)
        #expect(problem("posts.json", "{\"tags\": [\"a\"], \"published\": false}") == 1)
        #expect(problem("_metadata.yml", "draft: false\n") == nil)
    }

    @Test(
        "Front matter is found behind marks and blanks that nobody sees",
        arguments: [
            "\u{FEFF}---\ndraft: true\n---\nText.", "---  \ndraft: true\n--- \t\nText.", "\n\n---\ndraft: true\n---\nText.",
            "---\r\ndraft: true\r\n---\r\nText.", "---\n\n# A comment\ndraft: true\n...\nText.", "--- yaml\ndraft: true\n---\nText.",
            "---toml\ndraft = true\n---\nText.", "---json\n{\"draft\": true}\n---\nText.", "+++\ndraft = true\n+++\nText.",
            "\u{FEFF}+++ \n# c\n\ndraft = true # c\n+++\t\nText.", "{\n\"draft\": true\n}\nText.", "{\"title\": \"}{\", \"draft\": true}\n\nText.",
            "\u{FEFF}{ \"draft\" : \"true\" }\nText.",
        ])
    func unseen(text: String) {
        let (matter, diagnostics, bodyLine) = read(text)
        #expect(matter.draft)
        #expect(diagnostics.isEmpty, "\(diagnostics)")
        #expect(SourceFile(path: "", text: text).line(bodyLine) == "Text." || SourceFile(path: "", text: text).line(bodyLine + 1) == "Text.")
    }

    @Test(
        "Front matter that is wrong, or in no fences, is an error",
        arguments: [
            ("+++\ndraft = yes\n+++\nText.", "“yes” is no value"), ("+++\ndraft = true\nText.", "has no end"),
            ("+++\ndraft = true\ndraft = false\n+++\n", "stands there twice"), ("{\n\"draft\": true,\n}\nText.", "is not JSON"),
            ("{\n\"draft\": true\n\nText.", "has no end"), ("---js\n{}\n---\n", "“js” is not read"), ("---\n- draft: true\n---\n\nText.", nil),
            ("---\ndraft: true\n\nText.", "has no end"), ("Title: A\nStatus: draft\n\nText.", "stands in no front matter"),
            ("—\ntitle: A\ndraft: true\n—\n\nText.", "stands in no front matter"), (";;;\n\"draft\": true,\n;;;\n", "stands in no front matter"),
            ("draft = true\n\nText.", "stands in no front matter"), ("---\n\tdraft: true\n---\nText.", "is not YAML"),
            (" ---\npublished: false\n ---\n", "stands in no front matter"),
        ] as [(String, String?)])
    func wrong(text: String, message: String?) {
        let errors = read(text).diagnostics.filter { $0.severity == .error }
        #expect(errors.count == (message == nil ? 0 : 1), "\(errors)")
        if let message { #expect(errors.first?.description.contains(message) == true, "\(errors)") }
    }

    @Test("Prose that looks like a fence is prose")
    func prose() {
        for text in [
            "---\n\nProse.\n\n---\n\nMore.\n", "---\nA sentence.\n---\n", "+++\n", "{{< include a.qmd >}}\n", "{\"a\": 1} is JSON.\n", "{x} y\n",
        ] {
            let (matter, diagnostics, bodyLine) = read(text)
            #expect(matter == FrontMatter() && diagnostics.isEmpty && bodyLine == 1, "\(text)")
        }
    }
}

@Suite("Front matter in TOML and JSON")
struct FrontMatterFormatTests {
    @Test("TOML is read whole")
    func toml() {
        let (matter, diagnostics, bodyLine) = read(
            """
            +++
            title = "A \\"title\\" \\u00e9"
            date = 2024-03-17T10:00:00+01:00
            tags = ["a", 'b\\c', # a comment
              "d",
            ]
            params = { count = 1_000, rate = -0.5, name = "x" }
            hex = 0xFF
            far.nested."quoted key" = [1, 2.5, true]
            lines = \"\"\"
            one \\
               two
            three\"\"\"

            [execute]
            echo = false

            [[menu.main]]
            name = "A"
            [[menu.main]]
            name = "B"
            +++
            Text.
            """)
        #expect(diagnostics.isEmpty, "\(diagnostics)")
        #expect(bodyLine == 23)
        #expect(matter.title == "A \"title\" é" && matter.date == "2024-03-17T10:00:00+01:00" && matter.tags == ["a", "b\\c", "d"])
        #expect(matter.parameters.map(\.value) == [.integer(1000), .double(-0.5), .string("x")])
        #expect(matter.extra["hex"] == 255)
        #expect(matter.extra["far"] == ["nested": ["quoted key": [1, 2.5, true]]])
        #expect(matter.extra["lines"] == "one two\nthree")
        #expect(matter.execute.echo == .hidden)
        #expect(matter.extra["menu"] == ["main": [["name": "A"], ["name": "B"]]])
    }

    @Test(
        "TOML that is none is an error where it stands",
        arguments: [
            ("a = 1\na.b = 2", 3), ("[a]\n[a]", 3), ("a = [1, 2", 3), ("a = \"x", 2), ("a = 01", 2), ("a = 1 b = 2", 2), ("= 1", 2), ("a", 2),
            ("a = {b = 1", 2), ("a = \"\\q\"", 2), ("a = 1__0", 2), ("[a\nb = 1", 2), ("a = " + String(repeating: "[", count: 500), 2),
        ])
    func wrongTOML(lines: String, line: Int) {
        let diagnostics = read("+++\ntitle = \"x\"\n+++\n".replacing("title = \"x\"", with: lines)).diagnostics
        #expect(diagnostics.map(\.severity) == [.error], "\(diagnostics)")
        #expect(diagnostics.first?.range?.start.line == line)
    }

    @Test("A list of many tables is as long as it is written")
    func manyTables() {
        let (matter, diagnostics, _) = read("+++\ntitle = \"x\"\n" + String(repeating: "[[extra]]\n", count: 20_000) + "+++\nText.\n")
        #expect(matter.title == "x" && !diagnostics.contains { $0.severity == .error })
    }

    @Test("JSON is read whole, its keys where they stand")
    func json() {
        let (matter, diagnostics, bodyLine) = read("{\n  \"title\": \"Json 😀\",\n  \"date\": \"2024-03-18\",\n  \"tilte\": 1\n}\n\nText.\n")
        #expect(matter.title == "Json 😀" && matter.date == "2024-03-18" && bodyLine == 6)
        #expect(diagnostics.map { $0.range?.start } == [SourceLocation(line: 4, column: 3)])
    }
}

@Suite("Dates of pages")
struct PostDateTests {
    @Test(
        "Dates are read as people write them",
        arguments: [
            ("2024-03-08", "2024-03-08T00:00:00Z"), ("2024-3-8", "2024-03-08T00:00:00Z"), ("2024/03/08", "2024-03-08T00:00:00Z"),
            ("March 5, 2024", "2024-03-05T00:00:00Z"), ("5 March 2024", "2024-03-05T00:00:00Z"),
            ("Tue, 5 Mar 2024 10:00:00 GMT", "2024-03-05T10:00:00Z"),
            ("Sept. 5th, 2024", "2024-09-05T00:00:00Z"), ("13/06/2024", "2024-06-13T00:00:00Z"), ("06/13/2024", "2024-06-13T00:00:00Z"),
            ("5.3.2024", "2024-03-05T00:00:00Z"), ("2024-03-07 10:20:30 +0900", "2024-03-07T10:20:30+09:00"),
            ("2024-03-10T23:30:00-08:00", "2024-03-10T23:30:00-08:00"), ("2024-03-11T10:00:00.123Z", "2024-03-11T10:00:00Z"),
            ("2024-03-11 9:05 pm", "2024-03-11T21:05:00Z"), ("5-Mar-2024", "2024-03-05T00:00:00Z"),
        ])
    func read(text: String, timestamp: String) {
        #expect(PostDate(text)?.timestamp == timestamp)
        #expect(PostDate(text)?.isAmbiguous == false)
    }

    @Test("Which of two numbers is the month is said to be unknown")
    func ambiguous() {
        #expect(PostDate("03/06/2024")?.iso == "2024-03-06")
        #expect(PostDate("03/06/2024")?.isAmbiguous == true)
        #expect(PostDate("03/03/2024")?.isAmbiguous == false)
    }

    @Test(
        "What is no day of the calendar is no date",
        arguments: ["today", "2024", "2024-02-30", "TBD", "March 2024", "2024-13-01", "24-01-01", "", "2024-01-01x", "99/99/2024"])
    func none(text: String) { #expect(PostDate(text) == nil) }

    @Test("File names begin with days")
    func fileNames() {
        #expect(PostDate(fileName: "posts/2024-03-09-from-name.md")?.iso == "2024-03-09")
        #expect(PostDate(fileName: "2024-3-9.md")?.iso == "2024-03-09")
        #expect(PostDate(fileName: "posts/2024-03-09-a/index.qmd")?.iso == "2024-03-09")
        for path in ["2024-03-09_a.md", "2024-03-09 a.md", "2024-03-09.a.md", "2024-03-09T10-00-a.md"] {
            #expect(PostDate(fileName: path)?.iso == "2024-03-09", "\(path)")
        }
        for path in ["posts/index.md", "2024-03-09-a/b.md", "20240309.md", "2024-99-01-x.md", "a-2024-03-09.md", "1-2-3.md", "2024-03-091.md"] {
            #expect(PostDate(fileName: path) == nil, "\(path)")
            #expect(PostDate.isBroken(fileName: path) == (path == "2024-99-01-x.md"), "\(path)")
        }
    }

    @Test("A day begins at the place's midnight, unless it names a zone")
    func starts() throws {
        let day = try #require(PostDate("2024-01-01"))
        #expect(day.start(localOffset: 60) == day.start(localOffset: 0) - 60)
        #expect(day.start(localOffset: 0) == PostDate.minutes(ofUnixTime: 1_704_067_200))
        let zoned = try #require(PostDate("2024-01-01T01:00:00+01:00"))
        #expect(zoned.start(localOffset: 60) == day.start(localOffset: 0))
    }
}
