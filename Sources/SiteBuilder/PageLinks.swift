import Groundwork
import SourceText

/// Where a reference of a page leads.
enum LinkTarget: Sendable, Hashable {
    /// It stays as it is written.
    case unchanged
    /// A file of the site, with the query and fragment.
    case site(path: String, suffix: String)
    /// A place on the page itself, with its `#`.
    case fragment(String)
}

/// Resolves what pages refer to, and gathers the files that have to come along.
struct LinkResolver {
    /// The folder that the sources lie in.
    let sourceFolder: String
    /// Called with the path of each file before it is looked for.
    let willRead: @Sendable (String) -> Void
    /// The page of each source.
    let pageOfSource: [String: String]
    /// The identifiers in each page.
    let identifiers: [String: Set<String>]
    /// Pages that the site makes itself.
    let madePaths: Set<String>
    /// Sources that are notebooks but not published now, such as drafts.
    let unpublished: Set<String>
    /// Their paths without extensions, and those of the others, in lower case: some file systems know no other.
    private let unpublishedStems: Set<String>
    private let publishedStems: Set<String>
    /// Hidden files and folders that may be copied.
    let included: [String]

    private(set) var assets: [String: [UInt8]] = [:]
    private(set) var sizes: [String: ImageSize] = [:]
    private var assetOfSource: [String: String?] = [:]
    var diagnostics: [Diagnostic] = []

    init(
        sourceFolder: String, willRead: @escaping @Sendable (String) -> Void = { _ in }, pageOfSource: [String: String],
        identifiers: [String: Set<String>], madePaths: Set<String>,
        unpublished: Set<String>, included: [String] = []
    ) {
        self.sourceFolder = sourceFolder
        self.willRead = willRead
        self.pageOfSource = pageOfSource
        self.identifiers = identifiers
        self.madePaths = madePaths
        self.unpublished = unpublished
        unpublishedStems = Set(unpublished.map { SitePath.withoutExtension($0).lowercased() })
        publishedStems = Set(pageOfSource.keys.map { SitePath.withoutExtension($0).lowercased() })
        self.included = included.compactMap { SitePath.resolve($0, from: "") }
    }

    /// Where a reference in `page` leads. What leads nowhere is a diagnostic and stays as written.
    mutating func resolve(_ reference: BodyScan.Reference, in page: SitePage) -> LinkTarget {
        resolve(reference.value, isPicture: reference.attribute != "href", in: page)
    }

    mutating func resolve(_ value: String, isPicture: Bool, in page: SitePage) -> LinkTarget {
        let trimmed = value.drop { $0 == " " || $0 == "\n" || $0 == "\t" }
        if trimmed.isEmpty || trimmed.hasPrefix("//") || Self.hasScheme(trimmed) { return .unchanged }
        if trimmed.hasPrefix("#") {
            let fragment = String(trimmed.dropFirst())
            if !fragment.isEmpty, fragment != "top", !hasIdentifier(fragment, in: page.path) {
                report("broken-anchor", "the link “\(value)” leads to no place on this page", value, page)
            }
            return .fragment(String(trimmed))
        }
        let pathEnd = trimmed.firstIndex { $0 == "#" || $0 == "?" } ?? trimmed.endIndex
        let suffix = String(trimmed[pathEnd...])
        guard let decoded = PercentEncoding.decode(String(trimmed[..<pathEnd])) else {
            report("broken-link", "the address “\(value)” is not percent-encoded rightly", value, page)
            return .unchanged
        }
        guard let path = SitePath.resolve(decoded, from: page.sourcePath) else {
            report(
                "link-outside", "“\(value)” lies outside of the site's folder", value, page,
                solution: "move the file into the folder that is rendered, or render the folder above")
            return .unchanged
        }
        if let target = pageOfSource[path] ?? pageOfSource[SitePath.join(path, "index.md")] ?? generated(path) {
            checkFragment(of: suffix, target, value, page)
            return .site(path: target, suffix: suffix)
        }
        if unpublished.contains(path) {
            report("unpublished-link", "“\(value)” is not published now, so its page is missing from the site", value, page)
            return .site(path: SitePath.page(ofSource: path), suffix: suffix)
        }
        if tellsOfUnpublished(path) { return refuse(value, page) }
        // A notebook is no file to publish, also where it is not among these pages: its run failed, or it is rendered by itself.
        if SitePath.isSafe(path) { willRead(sourceFolder + "/" + path) }
        let isSource = ["md", "qmd", "rmd", "markdown"].contains(SitePath.fileExtension(path))
        switch FileSearch.find(path, within: sourceFolder) {
        case .file where isSource:
            report("unpublished-link", "“\(value)” is a notebook that has no page in this site", value, page)
            return .site(path: SitePath.page(ofSource: path), suffix: suffix)
        case .file(_, let target) where tellsOfUnpublished(target): return refuse(value, page)
        case .file(let real, let target):
            let name = withheld(path, real) == nil ? target : path
            guard let what = withheld(name, real) else { break }
            report(
                "hidden-file", "“\(value)” is \(what), so it is not copied into the site", value, page,
                solution: "to publish it all the same, name \(name) under include: in site.yaml")
            return .unchanged
        case .outside:
            report(
                isPicture ? "missing-picture" : "broken-link", "“\(value)” leads out of the site's folder, so it is not copied", value, page)
            return .unchanged
        case .missing: break
        }
        if let asset = asset(path, fingerprinted: isPicture) { return .site(path: asset, suffix: suffix) }
        let nearest = nearestName(to: path, among: pageOfSource.keys.sorted())
        report(
            isPicture ? "missing-picture" : "broken-link", "there is no file “\(path)” for \(isPicture ? "this picture" : "this link")",
            value, page, solution: nearest.map { "did you mean “\($0)”?" })
        return .unchanged
    }

    /// Takes a file of the source folder along. Pictures are named by their content.
    ///
    /// - Returns: its path in the site; `nil` when there is no such file, or a link leads it out of the folder.
    mutating func asset(_ path: String, fingerprinted: Bool) -> String? {
        let key = (fingerprinted ? "+" : "-") + path
        if let known = assetOfSource[key] { return known }
        let found = takeAlong(path, fingerprinted: fingerprinted)
        assetOfSource[key] = .some(found)
        return found
    }

    private mutating func takeAlong(_ path: String, fingerprinted: Bool) -> String? {
        guard SitePath.isSafe(path), !tellsOfUnpublished(path) else { return nil }
        willRead(sourceFolder + "/" + path)
        guard case .file(let real, let place) = FileSearch.find(path, within: sourceFolder), withheld(path, real) == nil,
            withheld(place, real) == nil, !tellsOfUnpublished(place),
            let bytes = try? readFile(real)
        else { return nil }
        var target = path
        if fingerprinted {
            let suffix = SitePath.fileExtension(path)
            let stem = SitePath.slug(SitePath.fileName(SitePath.withoutExtension(path)))
            target = "assets/\(stem).\(ContentKey(ofBytes: bytes).hexadecimal.prefix(8))" + (suffix.isEmpty ? "" : ".\(suffix)")
            sizes[target] = ImageSize(bytes)
        }
        assets[target] = bytes
        return target
    }

    /// What a file is that nobody means to publish by referring to it; `nil` for others, and where `include:` names it.
    private func withheld(_ path: String, _ real: String) -> String? {
        guard let what = WithheldFile.kind(path, at: real) else { return nil }
        return included.contains { path == $0 || path.hasPrefix($0 + "/") } ? nil : what
    }

    private mutating func refuse(_ value: String, _ page: SitePage) -> LinkTarget {
        report("unpublished-link", "“\(value)” holds what a notebook says that is not published now, so it is not copied", value, page)
        return .unchanged
    }

    /// Whether a file goes with a notebook that is not published, as its record and its exports do: `post.ipynb`, `post.SET.ipynb`,
    /// `post.pdf`, `post.out.md` and what lies in `post_files` and `post.out_files` of `post.md`.
    private func tellsOfUnpublished(_ path: String) -> Bool {
        if unpublishedStems.isEmpty || included.contains(path) { return false }
        let path = path.lowercased()
        if isStemUnpublished(SitePath.withoutExtension(path)) { return true }
        var folder = SitePath.folder(of: path)
        while !folder.isEmpty {
            if folder.hasSuffix("_files"), isStemUnpublished(String(folder.dropLast("_files".count))) { return true }
            folder = SitePath.folder(of: folder)
        }
        return false
    }

    private func isStemUnpublished(_ whole: String) -> Bool {
        var stem = whole
        while true {
            // The files of `post.de.md` are none of `post.md`.
            if publishedStems.contains(stem) { return false }
            if unpublishedStems.contains(stem) { return true }
            let shorter = SitePath.withoutExtension(stem)
            if shorter == stem { return false }
            stem = shorter
        }
    }

    /// Adds a file that the site makes.
    mutating func add(_ path: String, _ bytes: [UInt8]) {
        assets[path] = bytes
        sizes[path] = ImageSize(bytes)
    }

    /// Takes a note of a picture that stands in the output folder.
    mutating func note(_ path: String, _ size: ImageSize) { sizes[path] = size }

    private func generated(_ path: String) -> String? {
        if identifiers[path] != nil || madePaths.contains(path) { return path }
        let index = SitePath.join(path, "index.html")
        return identifiers[index] != nil || madePaths.contains(index) ? index : nil
    }

    private mutating func checkFragment(of suffix: String, _ target: String, _ value: String, _ page: SitePage) {
        guard let hash = suffix.firstIndex(of: "#") else { return }
        let fragment = String(suffix[suffix.index(after: hash)...])
        if fragment.isEmpty || fragment == "top" || identifiers[target] == nil || hasIdentifier(fragment, in: target) { return }
        report(
            "broken-anchor", "the page of “\(value)” has no place “#\(fragment)”", value, page,
            solution: nearestName(to: fragment, among: (identifiers[target] ?? []).sorted()).map { "did you mean “#\($0)”?" })
    }

    private func hasIdentifier(_ fragment: String, in path: String) -> Bool {
        guard let known = identifiers[path] else { return false }
        return known.contains(fragment) || PercentEncoding.decode(fragment).map(known.contains) ?? false
    }

    private mutating func report(_ identifier: String, _ summary: String, _ value: String, _ page: SitePage, solution: String? = nil) {
        diagnostics.append(
            Diagnostic(
                .warning, identifier: identifier, summary: summary, path: page.file.path,
                range: page.linkPlaces[value] ?? place(of: value, in: page.file),
                solutions: solution.map { [$0] } ?? []))
    }

    /// The first place where the author wrote the reference: the renderer keeps addresses as written, but for encoding.
    private func place(of value: String, in file: SourceFile) -> SourceRange? {
        for spelling in [value, PercentEncoding.decode(value) ?? value] {
            for lead in ["](", "](<", "\"", ": ", ""] {
                let needle = lead + spelling
                guard let found = file.text.firstRange(of: needle) else { continue }
                let offset = file.text.utf8.distance(from: file.text.startIndex, to: found.lowerBound) + lead.utf8.count
                return SourceRange(
                    start: file.location(atOffset: offset), end: file.location(atOffset: offset + spelling.utf8.count))
            }
        }
        return nil
    }

    private static func hasScheme(_ text: Substring) -> Bool {
        guard let colon = text.firstIndex(of: ":"), let first = text.first, first.isASCII, first.isLetter else { return false }
        return text[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-" || $0 == ".") }
    }
}
