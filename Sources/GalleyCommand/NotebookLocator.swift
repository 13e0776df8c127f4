internal import Groundwork
internal import SiteBuilder
internal import SourceText

/// Finds the notebooks that arguments name.
package enum NotebookLocator {
    /// One argument, resolved.
    package struct Selection: Sendable {
        /// The folder that pages are addressed from: the argument itself where it is a folder, else the file's.
        package let root: String
        /// Paths of notebooks beneath `root`, as shown to the author, in order.
        package var notebooks: [String]
        /// Whether a whole folder was asked for, and so a site with index and feeds.
        package let isFolder: Bool
        /// Files of the folder that look like notebooks and are none, and those in which other tools keep settings of folders.
        package var passedOver: [String] = []
        package var settings: [String] = []

        /// The notebooks that can run. A record without a notebook beside it, such as one that came from another machine, is a
        /// page of its own: in a folder it is passed over, and where it is named the run says why it cannot.
        package var runnable: [String] { isFolder ? notebooks.filter { !$0.hasSuffix(".ipynb") } : notebooks }
    }

    /// - Throws: ``UsageError`` for a path that does not exist or is no notebook.
    package static func find(_ argument: String) throws(UsageError) -> Selection {
        if isFolder(argument) {
            let root = argument.count > 1 && argument.hasSuffix("/") ? String(argument.dropLast()) : argument
            func path(_ name: String) -> String { root == "." ? name : root + "/" + name }
            let survey = SiteSources.survey(root, excluding: excluded(in: root))
            let found = survey.notebooks.map(path)
            if let (one, other) = SiteSources.clashes(among: found).first {
                throw UsageError(
                    message: "\(one) and \(other) would have one record and one page, \(recordPath(of: one)) and \(stem(of: one)).html",
                    solution: "rename one of them, or leave it out under exclude: in site.yaml")
            }
            return Selection(
                root: root, notebooks: found, isFolder: true, passedOver: survey.passedOver.map(path), settings: survey.settings.map(path))
        }
        guard fileExists(argument) else {
            throw UsageError(message: "there is no file or folder \(argument)", solution: nil)
        }
        guard isNotebook(argument) else {
            throw UsageError(message: "\(argument) is not a notebook", solution: "notebooks end with .md, .qmd or .ipynb")
        }
        return Selection(root: folder(of: argument), notebooks: [argument], isFolder: false)
    }

    /// What the folder's `site.yaml` says is no notebook of the site. Mistakes in it are reported where pages are made.
    private static func excluded(in root: String) -> [String] {
        let path = root + "/site.yaml"
        guard let file = try? SourceFile(path: path, bytes: readFile(path)) else { return [] }
        return SiteConfiguration.parse(file).configuration.exclude
    }

    /// Arguments whose pages would be written to one place: two sites, or a page and another that is not its own.
    ///
    /// - Returns: What is in the way of what.
    static func clash(among selections: [Selection]) -> (one: String, other: String, page: String)? {
        var makers: [String: (notebook: String, identity: String)] = [:]
        var site: Selection?
        for selection in selections {
            if selection.isFolder {
                if let site, fullPath(site.root) != fullPath(selection.root) { return (site.root, selection.root, "index.html") }
                site = selection
            }
            for notebook in selection.notebooks {
                let prefix = selection.root + "/"
                let page = stem(of: notebook.hasPrefix(prefix) ? String(notebook.dropFirst(prefix.count)) : notebook) + ".html"
                let identity = fullPath(notebook)
                if let other = makers[page.lowercased()], other.identity != identity { return (other.notebook, notebook, page) }
                makers[page.lowercased()] = (notebook, identity)
            }
        }
        if let site, let index = makers["index.html"], !site.notebooks.contains(index.notebook) { return (site.root, index.notebook, "index.html") }
        return nil
    }

    private static func fullPath(_ path: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : currentFolder() + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    static func isNotebook(_ path: String) -> Bool {
        [".md", ".qmd", ".ipynb"].contains { path.hasSuffix($0) }
    }

    /// The folder that a path lies in, `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Where the record of a notebook lies: `post.ipynb` beside `post.md`, or `post.SET.ipynb` for a parameter set of its matrix.
    static func recordPath(of notebook: String, variant: String? = nil) -> String {
        stem(of: notebook) + (variant.map { ".\($0)" } ?? "") + ".ipynb"
    }

    /// The path without its extension.
    static func stem(of path: String) -> String {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
        return String(path[..<dot])
    }
}

/// The command line asks for something that cannot be.
package struct UsageError: Error, Sendable {
    package let message: String
    package let solution: String?
}
