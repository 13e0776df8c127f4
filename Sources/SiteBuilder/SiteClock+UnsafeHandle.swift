private import NotebookModel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The time at which a site is built: pages are published from a moment on, and until one.
public struct SiteClock: Sendable, Hashable {
    /// Minutes since 0001-01-01 UTC.
    public var minute: Int
    /// Minutes that the place's clock is ahead of UTC; dates that name no zone mean it.
    public var localOffset: Int

    public init(minute: Int, localOffset: Int) {
        self.minute = minute
        self.localOffset = localOffset
    }

    /// A day's beginning in UTC, for tests.
    package init?(_ day: String) {
        guard let date = PostDate(day) else { return nil }
        self.init(minute: date.start(localOffset: 0), localOffset: 0)
    }

    /// The system's time, in its time zone.
    public static var system: SiteClock {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return SiteClock(minute: PostDate.minutes(ofUnixTime: Int(seconds)), localOffset: Int(parts.tm_gmtoff) / 60)
    }
}
