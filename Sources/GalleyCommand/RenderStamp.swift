internal import Groundwork
internal import SiteBuilder
internal import SourceText

/// What the last render of the same things with the same options left, kept in the cache folder: the stamps of all that it
/// read and wrote. While all of them hold, there is nothing to do.
struct RenderStamp: Sendable {
    /// Where the stamp is kept.
    let path: String
    /// Everything beside files that the outcome depends on.
    let circumstances: QuickDigest

    private static let mark = "galley render 2"

    /// - Parameters:
    ///   - place: names what is rendered and where to.
    ///   - circumstances: options, tools, environment.
    init(cacheFolder: String, place: [String], circumstances: [String]) {
        path = "\(cacheFolder)/renders/\(QuickDigest(place.joined(separator: "\n")))"
        self.circumstances = QuickDigest(circumstances.joined(separator: "\n"))
    }

    /// What a render that changed nothing has to say.
    struct Report: Sendable {
        /// Diagnostics, as they were shown.
        var lines: [String]
        var pageCount: Int
        /// When the site changes by itself, as pages come or go; see `SiteClock`.
        var changesAt: Int?
    }

    /// The report of the last render, if a render now would do nothing.
    func unchanged() -> Report? {
        guard let bytes = try? readFile(path) else { return nil }
        var reader = ByteReader(bytes)
        do throws(ByteReader.Damage) {
            guard try reader.text() == Self.mark, try reader.digest() == circumstances else { return nil }
            let report = Report(
                lines: try reader.list { (reader) throws(ByteReader.Damage) in try reader.text() }, pageCount: try reader.signed(),
                changesAt: try reader.signed())
            if let moment = report.changesAt, moment <= SiteClock.system.minute { return nil }
            var mustRenew = false
            var entries: [RenderLedger.Entry] = []
            for _ in 0..<(try reader.signed()) {
                let entry = try RenderLedger.Entry(&reader)
                guard entry.holds else { return nil }
                if entry.digest != nil { mustRenew = true }
                entries.append(entry)
            }
            // What had to be read this time need not be the next time, if it has not changed since.
            if mustRenew { save(entries.map { $0.digest == nil ? $0 : Self.settled($0) }, report) }
            return report
        } catch {
            return nil
        }
    }

    private static func settled(_ entry: RenderLedger.Entry) -> RenderLedger.Entry {
        let fresh = RenderLedger.Entry(entry.path)
        // Fresh still, or changed while it was looked at: its content goes on to count.
        return fresh.stamp == entry.stamp && fresh.digest == nil ? fresh : entry
    }

    /// Keeps the stamps; a stamp that cannot be kept costs the next render its time, no more.
    func save(_ entries: [RenderLedger.Entry], _ report: Report) {
        var writer = ByteWriter()
        writer.write(Self.mark)
        writer.write(circumstances)
        writer.write(report.lines) { $0.write($1) }
        writer.write(report.pageCount)
        writer.write(report.changesAt ?? Int.max)
        writer.write(entries) { writer, entry in entry.write(into: &writer) }
        try? makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        try? writeFileAtomically(path, writer.bytes)
    }
}
