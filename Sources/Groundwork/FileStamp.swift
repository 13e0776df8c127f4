#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What tells without reading whether a file may have changed.
public struct FileStamp: Sendable, Hashable {
    /// In bytes.
    public var size: Int64
    /// Nanoseconds since 1970.
    public var modified: Int64
    /// Nanoseconds since 1970; programs cannot set it back.
    public var changed: Int64
    public var inode: UInt64
    public var isFolder: Bool

    /// The stamp of what is at `path`, links followed; `nil` when there is nothing.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int64(status.st_size)
        #if canImport(Darwin)
            modified = Self.nanoseconds(status.st_mtimespec)
            changed = Self.nanoseconds(status.st_ctimespec)
        #else
            modified = Self.nanoseconds(status.st_mtim)
            changed = Self.nanoseconds(status.st_ctim)
        #endif
        inode = UInt64(status.st_ino)
        isFolder = (status.st_mode & S_IFMT) == S_IFDIR
    }

    public init(size: Int64, modified: Int64, changed: Int64, inode: UInt64, isFolder: Bool) {
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.isFolder = isFolder
    }

    /// Whether the file changed so lately that the clock of the file system may not tell a later change from it: 30 ms, or
    /// 2 s where the time is a whole second, as on file systems that keep no parts of seconds.
    public var isFresh: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let isCoarse = changed % 1_000_000_000 == 0
        return Self.nanoseconds(now) - changed < (isCoarse ? 2_000_000_000 : 30_000_000)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
}
