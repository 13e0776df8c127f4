#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Dates for templates.
public enum CalendarText {
    /// Seconds since 1970.
    public static let now: @Sendable () -> Int = { Int(time(nil)) }

    /// The local time as C's `strftime` writes it; empty where a format makes more than 1,024 bytes.
    static func text(_ seconds: Int, format: String) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        guard localtime_r(&moment, &parts) != nil else { return "" }
        var buffer = [CChar](repeating: 0, count: 1024)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<length].map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }
}
