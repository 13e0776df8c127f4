public import Groundwork

/// The files that a declared path stands for: a file, all files beneath a folder, or the files that a pattern matches.
///
/// A pattern has `*` and `?` for characters of one name, `[a-z]` for one of some, and `**` for any folders between. Names that begin
/// with a dot are passed over unless the pattern names the dot.
public struct DeclaredFiles: Sendable, Hashable {
    /// The path as it was declared.
    public let declared: String
    /// The files, by names from the folder that the path starts from, or absolute where it is; in order.
    public private(set) var names: [String] = []
    /// Folders that were looked through, as paths to them: what comes into one may belong to the files.
    public private(set) var folders: [String] = []
    /// What else can be seen in a folder, by names: files that begin with a dot, and folders with nothing in them.
    private var asides: [String] = []
    /// Why it stands for nothing, in words that follow the path.
    public private(set) var problem: String?
    private let base: String
    /// Names of folders that are still looked at: a pattern such as `/**/*` would take the whole machine's.
    private var left: Int

    /// - Parameters:
    ///   - declared: From `folder`, or absolute.
    ///   - stem: Files of this path with any extension, absolute or from where `folder` is, are passed over in folders and patterns: the
    ///     notebook and what its runs leave.
    ///   - limit: How many names are looked at.
    public init(_ declared: String, in folder: String, except stem: String? = nil, limit: Int = 100_000) {
        left = limit
        self.declared = declared
        base = declared.hasPrefix("/") ? "" : folder + "/"
        let path = base + declared
        if isFolder(path) {
            let parts = declared.split(separator: "/").filter { $0 != "." }
            walk((declared.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/"))
        } else if fileExists(path) {
            if fileSize(path) == nil { problem = "is neither a file nor a folder" } else { names = [declared] }
            return
        } else if PathPattern.isPattern(declared) {
            match(declared)
            if names.isEmpty { problem = "matches no file" }
        } else {
            problem = "is not there"
        }
        if left <= 0 {
            (names, asides) = ([], [])
            problem = "stands for too many files and folders: more than \(limit) were looked at"
        }
        if let stem { names.removeAll { (base + $0).hasPrefix(stem + ".") } }
        asides.sort()
    }

    /// The files, as paths to them.
    public var paths: [String] { names.map { base + $0 } }

    /// Names the files and what is in them.
    ///
    /// - Throws: ``FileError`` for a file that cannot be read.
    public func key() throws(FileError) -> ContentKey {
        // The key of one file is that of its content, wherever the path leads.
        if names == [declared] {
            let key = ContentKey(ofBytes: try readFile(base + declared))
            return isExecutable(base + declared) ? ContentKey([key.hexadecimal, "executable"]) : key
        }
        var fields: [String] = []
        for name in names + asides {
            let path = base + name
            fields += [name, isFolder(path) ? "folder" : ContentKey(ofBytes: try readFile(path)).hexadecimal]
            if !isFolder(path), isExecutable(path) { fields.append("executable") }
        }
        return ContentKey(fields)
    }

    private mutating func walk(_ name: String) {
        folders.append(name.isEmpty ? String(base.dropLast()) : base + name)
        let entries = folderContents(base + name)
        if entries.isEmpty, !name.isEmpty { asides.append(name) }
        for entry in entries {
            left -= 1
            if left <= 0 { return }
            let path = name.isEmpty || name == "/" ? name + entry : "\(name)/\(entry)"
            if entry.hasPrefix(".") {
                // A hidden file may be read, and does not travel; hidden folders are other programs'.
                if entry != ".DS_Store", fileSize(base + path) != nil { asides.append(path) }
                continue
            }
            if isFolder(base + path) {
                // A link may lead back up.
                if !isLink(base + path) { walk(path) }
            } else if fileSize(base + path) != nil {
                names.append(path)
            }
        }
    }

    private mutating func match(_ pattern: String) {
        var parts: [String] = []
        // Any folders twice over are any folders.
        for part in pattern.split(separator: "/") where part != "**" || parts.last != "**" { parts.append(String(part)) }
        match(parts[...], from: pattern.hasPrefix("/") ? "/" : "")
        names = Set(names).sorted()
    }

    private mutating func match(_ parts: ArraySlice<String>, from start: String) {
        guard let part = parts.first else { return }
        let rest = parts.dropFirst()
        func joined(_ name: String) -> String { start.isEmpty || start == "/" ? start + name : "\(start)/\(name)" }
        if !PathPattern.isPattern(part) {
            let next = joined(part)
            if !rest.isEmpty { return match(rest, from: next) }
            if fileSize(base + next) != nil { names.append(next) }
            return
        }
        let folder = start.isEmpty ? String(base.dropLast()) : base + start
        folders.append(folder)
        if part == "**" { match(rest.isEmpty ? ["*"] : rest, from: start) }
        for name in folderContents(folder) {
            left -= 1
            if left <= 0 { return }
            guard part == "**" ? !name.hasPrefix(".") : PathPattern.matches(name, part) else { continue }
            let next = joined(name)
            if isFolder(base + next) {
                if part == "**" { if !isLink(base + next) { match(parts, from: next) } } else if !rest.isEmpty { match(rest, from: next) }
            } else if part != "**", rest.isEmpty, fileSize(base + next) != nil {
                names.append(next)
            }
        }
    }
}

/// Patterns of one file name.
enum PathPattern {
    static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

    /// - Complexity: The product of the lengths.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
        let name = Array(name)
        let items = items(pattern)
        // Which ends of the name the items so far reach.
        var reached = [true] + [Bool](repeating: false, count: name.count)
        for item in items {
            var next = [Bool](repeating: false, count: name.count + 1)
            for place in reached.indices {
                switch item {
                case .any: next[place] = reached[place] || (place > 0 && next[place - 1])
                case .one: if place > 0 { next[place] = reached[place - 1] }
                case .of(let ranges, let isNegated):
                    if place > 0, reached[place - 1] { next[place] = ranges.contains { $0.contains(name[place - 1]) } != isNegated }
                }
            }
            reached = next
        }
        return reached[name.count]
    }

    private enum Item {
        case any, one
        case of([ClosedRange<Character>], isNegated: Bool)
    }

    private static func items(_ pattern: String) -> [Item] {
        var items: [Item] = []
        var rest = Substring(pattern)
        while let character = rest.popFirst() {
            switch character {
            case "*": items.append(.any)
            case "?": items.append(.one)
            case "[":
                guard let end = rest.dropFirst().firstIndex(of: "]") else {
                    items.append(.of(["["..."["], isNegated: false))
                    continue
                }
                var set = Array(rest[..<end])
                rest = rest[rest.index(after: end)...]
                let isNegated = ["!", "^"].contains(set.first)
                if isNegated { set.removeFirst() }
                var ranges: [ClosedRange<Character>] = []
                var place = 0
                while place < set.count {
                    if place + 2 < set.count, set[place + 1] == "-", set[place] <= set[place + 2] {
                        ranges.append(set[place]...set[place + 2])
                        place += 3
                    } else {
                        ranges.append(set[place]...set[place])
                        place += 1
                    }
                }
                items.append(.of(ranges, isNegated: isNegated))
            default: items.append(.of([character...character], isNegated: false))
            }
        }
        return items
    }
}
