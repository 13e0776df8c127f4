#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Tells when files change, by looking at them: a few fifty times a second, many ten times.
///
/// Editors replace, rename and rewrite; what counts is that a path shows another file, size or time than before,
/// the time that programs cannot set back included.
public struct FileWatcher: Sendable {
    private struct Stamp: Hashable {
        var modified: [Int]
        var changed: [Int]
        var size: Int
        var node: UInt64
    }

    private let files: @Sendable () -> [String]

    /// - Parameter files: the paths to look at, asked for anew each time, so that new files are seen.
    public init(files: @escaping @Sendable () -> [String]) {
        self.files = files
    }

    /// The paths that changed, came or went, each time that some did. Ends when its reader is cancelled.
    public func changes() -> AsyncStream<Set<String>> {
        AsyncStream { continuation in
            let task = Task {
                var known = stamps()
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(known.count > 30 ? 100 : 20))
                    let now = stamps()
                    if now != known {
                        let paths = Set(now.keys).union(known.keys).filter { now[$0] != known[$0] }
                        known = now
                        continuation.yield(paths)
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func stamps() -> [String: Stamp] {
        var stamps: [String: Stamp] = [:]
        for path in files() {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            #if canImport(Glibc)
                let (modified, changed) = (status.st_mtim, status.st_ctim)
            #else
                let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
            #endif
            stamps[path] = Stamp(
                modified: [Int(modified.tv_sec), Int(modified.tv_nsec)], changed: [Int(changed.tv_sec), Int(changed.tv_nsec)],
                size: Int(status.st_size), node: UInt64(status.st_ino))
        }
        return stamps
    }
}
