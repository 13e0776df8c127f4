internal import ArgumentParser

/// What the command's exit status says; the numbers are in `galley --help`.
enum ExitStatus {
    static let failure = ExitCode(1)
    static let environment = ExitCode(2)
    static let interrupted = ExitCode(130)
}
