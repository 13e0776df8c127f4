/// How a kernel is launched.
package struct LaunchShape: Sendable, Hashable {
    package var grid: (x: Int, y: Int)
    package var threads: Int
    package var sharedBytes: Int
    /// Whether all blocks must be resident at once.
    package var isCooperative: Bool
    /// Whether blocks may begin before the launch ahead has ended: the kernel waits by itself (`awaitEarlier` in Common.cuh).
    package var overlaps: Bool

    package init(grid: (x: Int, y: Int), threads: Int, sharedBytes: Int = 0, isCooperative: Bool = false, overlaps: Bool = false) {
        self.grid = grid
        self.threads = threads
        self.sharedBytes = sharedBytes
        self.isCooperative = isCooperative
        self.overlaps = overlaps
    }

    package static func == (left: LaunchShape, right: LaunchShape) -> Bool {
        left.grid == right.grid && left.threads == right.threads && left.sharedBytes == right.sharedBytes
            && left.isCooperative == right.isCooperative && left.overlaps == right.overlaps
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(grid.x)
        hasher.combine(grid.y)
        hasher.combine(threads)
        hasher.combine(sharedBytes)
    }
}
