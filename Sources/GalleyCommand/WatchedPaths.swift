private import Synchronization

/// The paths that a watcher looks at, from its own task.
final class WatchedPaths: Sendable {
    private let content: Mutex<[String]>

    init(_ paths: [String] = []) {
        content = Mutex(paths)
    }

    var paths: [String] {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
