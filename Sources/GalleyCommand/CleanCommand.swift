internal import ArgumentParser
internal import CellExecutor

/// `galley clean`
struct CleanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove compiled cells from the cache folder.",
        discussion: """
            They lie in galley/ under XDG_CACHE_HOME, or under ~/.cache. Records and pages stay, and so does whatever Galley did not
            put there: no link is followed, and a folder that is not marked as Galley's cache is left alone.

            Examples:
              galley clean
            """)

    func run() throws {
        let folder = CellCache.standardFolder
        do {
            guard let outcome = try CellCache.clean(folder) else {
                print("there is no cache at \(folder)")
                return
            }
            print("removed \(outcome.bytes / 1_000_000) MB from \(folder)")
            guard !outcome.left.isEmpty else { return }
            let shown =
                outcome.left.prefix(10).map { "  \(folder)/\($0)" } + (outcome.left.count > 10 ? ["  and \(outcome.left.count - 10) more"] : [])
            Terminal(isQuiet: false).line(
                (["warning: left as it is, as Galley did not make it or cannot remove it:"] + shown).joined(separator: "\n"))
        } catch {
            Terminal(isQuiet: false).line(
                "error: \(folder) is not marked as Galley's cache, so nothing was removed\n  help: look at it, and remove it yourself if nobody needs it"
            )
            throw ExitStatus.environment
        }
    }
}
