internal import SourceText

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Finds the notebooks that arguments name.
enum NotebookLocator {
    /// One argument, resolved.
    struct Selection: Sendable {
        /// The folder that pages are addressed from: the argument itself where it is a folder, else the file's.
        let root: String
        /// Paths of notebooks beneath `root`, as shown to the author, in order.
        let notebooks: [String]
        /// Whether a whole folder was asked for, and so a site with index and feeds.
        let isFolder: Bool
    }

    /// - Throws: ``UsageError`` for a path that does not exist or is no notebook.
    static func find(_ argument: String) throws(UsageError) -> Selection {
        if isFolder(argument) {
            let root = argument.count > 1 && argument.hasSuffix("/") ? String(argument.dropLast()) : argument
            return Selection(root: root, notebooks: notebooks(beneath: root), isFolder: true)
        }
        guard fileExists(argument) else {
            throw UsageError(message: "there is no file or folder \(argument)", solution: nil)
        }
        guard isNotebook(argument) else {
            throw UsageError(message: "\(argument) is not a notebook", solution: "notebooks end with .md, .qmd or .ipynb")
        }
        return Selection(root: folder(of: argument), notebooks: [argument], isFolder: false)
    }

    static func isNotebook(_ path: String) -> Bool {
        [".md", ".qmd", ".ipynb"].contains { path.hasSuffix($0) }
    }

    /// The folder that a path lies in, `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Where the record of a notebook lies: `post.ipynb` beside `post.md`.
    static func recordPath(of notebook: String) -> String { stem(of: notebook) + ".ipynb" }

    /// The path without its extension.
    static func stem(of path: String) -> String {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
        return String(path[..<dot])
    }

    /// Every notebook beneath a folder, but for hidden folders, the ones that begin with an underscore, README files, and
    /// the records beside notebooks.
    private static func notebooks(beneath root: String) -> [String] {
        var found: [String] = []
        var pending = [root]
        while let folder = pending.popLast() {
            for name in names(in: folder) where !name.hasPrefix(".") && !name.hasPrefix("_") {
                let path = folder == "." ? name : folder + "/" + name
                if isFolder(path) {
                    pending.append(path)
                } else if isNotebook(path), name.lowercased() != "readme.md" {
                    found.append(path)
                }
            }
        }
        let stems = Set(found.filter { !$0.hasSuffix(".ipynb") }.map(stem(of:)))
        return found.filter { !$0.hasSuffix(".ipynb") || !stems.contains(stem(of: $0)) }.sorted()
    }

    private static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// The command line asks for something that cannot be.
struct UsageError: Error, Sendable {
    let message: String
    let solution: String?
}
