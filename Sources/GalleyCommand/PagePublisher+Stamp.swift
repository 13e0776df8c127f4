internal import CellExecutor
internal import Groundwork
internal import Markdown
internal import NotebookRenderer
internal import SiteBuilder
internal import SourceText

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension PagePublisher {
    /// The stamp of a render with these arguments; `nil` where there is no place for one.
    func stamp(argument: String, _ arguments: RunArguments, runs: Bool) -> RenderStamp? {
        guard CellCache.claim(CellCache.standardFolder) else { return nil }
        let command = executablePath()
        var circumstances = [Galley.version, commonMarkVersion, Self.identity(command), "\(includesDrafts) \(runs)"]
        circumstances += [session.runner?.executor.toolchain.identity.hexadecimal ?? "", Theme.templatesFolder(executable: command) ?? ""]
        circumstances += [
            "\(arguments.incremental) \(arguments.sandbox) \(arguments.outputLimit) \(arguments.memoryLimit)",
            "\(arguments.timeout ?? -1) \(arguments.notebookTimeout ?? -1)",
        ]
        circumstances += ["GALLEY_KATEX", "GALLEY_HIGHLIGHT"].map { (name: String) in getenv(name).map { String(cString: $0) } ?? "" }
        circumstances += selection.notebooks
        return RenderStamp(
            cacheFolder: CellCache.standardFolder, place: [currentFolder(), argument, output], circumstances: circumstances)
    }

    private static func identity(_ path: String) -> String {
        let stamp = FileStamp(path)
        return "\(path) \(stamp?.size ?? -1) \(stamp?.modified ?? 0) \(stamp?.changed ?? 0)"
    }

    /// The pages that the last render of the same folder left.
    func pageCache(argument: String) -> PageCache {
        let fields = [Galley.version, commonMarkVersion] + ([executablePath()] + PageRenderer.libraryPaths).map(Self.identity)
        return PageCache(
            path: "\(CellCache.standardFolder)/pages/\(QuickDigest([currentFolder(), argument].joined(separator: "\n")))",
            base: QuickDigest(fields.joined(separator: "\n")))
    }

    /// Says what the last render said, when this one has nothing to do.
    func repeatReport(_ report: RenderStamp.Report) {
        for line in report.lines { session.terminal.line(line) }
        if selection.isFolder {
            session.terminal.note("\(output): \(report.pageCount) pages, unchanged")
        } else {
            for path in selection.notebooks { session.terminal.note("\(path): unchanged") }
        }
    }
}
