internal import NotebookModel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Today, for keys of which nobody knows whether they hold a page back: a day that has come holds none.
enum PresentDay {
    /// Where in the world, since a day that names no zone begins at other times in other places.
    enum Place {
        case somewhere, everywhere
    }

    /// Whether a day of the calendar has begun.
    static func hasCome(_ text: String, _ place: Place) -> Bool {
        guard let date = PostDate(text) else { return false }
        return date.start(localOffset: place == .somewhere ? 14 * 60 : -12 * 60) <= PostDate.minutes(ofUnixTime: Int(time(nil)))
    }
}
