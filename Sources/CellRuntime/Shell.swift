internal import CCellHost
internal import Groundwork

/// A `!command` line ended with another status than 0.
public struct ShellError: Error, Sendable, Hashable, CustomStringConvertible {
    public let command: String
    /// The command's exit status; 128 and the signal's number where one ended it.
    public let status: Int

    public var description: String {
        status == -1 ? "the shell could not be started for: \(command)" : "exit status \(status) of: \(command)"
    }
}

/// Runs a command in the shell, as a line that starts with `!` does.
///
/// Both its streams become outputs of the cell, in their places.
/// - Throws: ``ShellError`` where it exits with another status than 0.
public func shell(_ command: String) throws(ShellError) {
    galley_flush_streams()
    HostSession.current?.pump?.mark()
    defer { HostSession.current?.pump?.mark() }
    var launch = ProcessLaunch(["sh", "-c", command], file: "/bin/sh")
    launch.input = .nothing
    launch.leadsGroup = true
    guard let process = try? launch.start() else { throw ShellError(command: command, status: -1) }
    HostSession.current?.waiting(forProcess: process)
    let status = waitForEnd(of: process).status
    HostSession.current?.waiting(forProcess: nil)
    if status != 0 { throw ShellError(command: command, status: status) }
}
