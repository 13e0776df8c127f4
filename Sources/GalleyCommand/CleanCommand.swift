internal import ArgumentParser
internal import CellExecutor

/// `galley clean`
struct CleanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove compiled cells from the cache folder.",
        discussion: """
            They lie in galley/ under XDG_CACHE_HOME, or under ~/.cache. Records and pages stay.

            Examples:
              galley clean
            """)

    func run() throws {
        do {
            let cache = try CellCache()
            let bytes = cache.clean()
            print("removed \(bytes / 1_000_000) MB from \(cache.folder)")
        } catch {
            Terminal(isQuiet: false).line("error: \(error)")
            throw ExitStatus.environment
        }
    }
}
