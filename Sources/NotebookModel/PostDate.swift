/// A date of a page, as its front matter or its file's name gives it: a day, or a day with a time.
public struct PostDate: Sendable, Hashable, Comparable {
    public let year: Int
    public let month: Int
    public let day: Int
    /// The time of day with its zone as written, `T00:00:00Z` where there is none.
    private let time: String
    /// Minutes since 0001-01-01 UTC, for order.
    private let minute: Int
    /// Whether the text says which time zone it means.
    private let hasZone: Bool
    /// Whether day and month could be the other way round: `03/06/2024` is read as Americans and Quarto do.
    public let isAmbiguous: Bool

    /// Reads ISO 8601 (`2026-11-23`, also with one digit, `/` or `.`), `23 November 2026`, `Nov 23, 2026`, `11/23/2026`, `23.11.2026`,
    /// each also with a time and a zone after it.
    ///
    /// - Returns: `nil` when the text is no date of the calendar.
    public init?(_ text: String) {
        var scanner = DateScanner(text)
        guard let (year, month, day, isAmbiguous) = scanner.day(), let (minutes, time, hasZone) = scanner.time() else { return nil }
        guard year >= 1, year <= 9999, (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.time = time
        self.isAmbiguous = isAmbiguous
        self.hasZone = hasZone
        minute = Self.dayNumber(year, month, day) * 1440 + minutes
    }

    /// The day that a file's name begins with, as Jekyll, Hexo and Hugo have it: `2026-11-23-title.md`. The name of a page bundle
    /// (`2026-11-23-title/index.md`) is its folder's.
    ///
    /// - Parameter path: with `/` between folders.
    public init?(fileName path: String) {
        let parts = path.split(separator: "/")
        guard let file = parts.last else { return nil }
        let stem = file.prefix { $0 != "." }
        let name = stem == "index" && parts.count > 1 ? parts[parts.count - 2] : stem
        guard let day = Self.day(beginning: name) else { return nil }
        self.init(day)
    }

    /// Whether a file's name begins with what looks like a day and is none of the calendar: `2026-02-30-title.md`.
    public static func isBroken(fileName path: String) -> Bool {
        path.split(separator: "/").last.flatMap { day(beginning: $0.prefix { $0 != "." }) }.map { PostDate($0) == nil } ?? false
    }

    /// The three numbers that a name begins with, whatever stands behind them but a further digit or letter.
    private static func day(beginning name: Substring) -> String? {
        let fields = name.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].utf8.count == 4, (1...2).contains(fields[1].utf8.count) else { return nil }
        func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
        let day = fields[2].prefix(while: isDigit)
        let next = fields[2].dropFirst(day.count).first
        guard (1...2).contains(day.count), fields.prefix(2).allSatisfy({ $0.allSatisfy(isDigit) }), next.map({ !$0.isLetter || $0 == "T" }) ?? true
        else { return nil }
        return "\(fields[0])-\(fields[1])-\(day)"
    }

    /// Whether a text stands for the day of the render, as Quarto and R Markdown have it: it is never to come.
    public static func isRelative(_ text: String) -> Bool {
        let word = text.lowercased()
        return ["today", "now", "last-modified"].contains(word.filter { !$0.isWhitespace }) || word.contains("sys.date") || word.contains("sys.time")
    }

    public static func < (left: PostDate, right: PostDate) -> Bool { left.minute < right.minute }

    /// Minutes since 0001-01-01 UTC at which it begins.
    ///
    /// - Parameter localOffset: minutes that the clock of a place is ahead of UTC; it counts where the date names no zone.
    public func start(localOffset: Int) -> Int { hasZone ? minute : minute - localOffset }

    /// Minutes since 0001-01-01 UTC of a time in seconds since 1970.
    public static func minutes(ofUnixTime seconds: Int) -> Int { dayNumber(1970, 1, 1) * 1440 + seconds / 60 }

    /// `2026-11-23`.
    public var iso: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }

    /// RFC 3339, as Atom and JSON Feed want it.
    public var timestamp: String { iso + time }

    /// `23 November 2026` with the month's name from `months`, which has twelve.
    public func long(months: [String]) -> String { "\(day) \(name(in: months)) \(year)" }

    /// `23 Nov`.
    public func short(months: [String]) -> String { "\(day) \(name(in: months).prefix(3))" }

    private func name(in months: [String]) -> String {
        months.indices.contains(month - 1) ? months[month - 1] : Self.padded(month, 2)
    }

    fileprivate static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let past = year - 1
        var number = past * 365 + past / 4 - past / 100 + past / 400
        for earlier in 1..<max(month, 1) { number += days(inMonth: earlier, of: year) }
        return number + day
    }
}

/// Reads the parts of a date, whose numbers are not looked at for sense.
private struct DateScanner {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
        skipSpace()
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    mutating func day() -> (year: Int, month: Int, day: Int, isAmbiguous: Bool)? {
        if let word = word() {
            if Self.weekdays.contains(where: { $0.hasPrefix(word) }), word.count >= 3 {
                _ = take(",") || take(".")
                skipSpace()
                return day()
            }
            // November 23, 2026
            guard let month = Self.month(word) else { return nil }
            _ = take(".")
            skipSpace()
            guard let (day, _) = number(1...2) else { return nil }
            skipOrdinal()
            _ = take(",")
            skipSpace()
            guard case (let year, 4)? = number(4...4) else { return nil }
            return (year, month, day, false)
        }
        guard let (first, width) = number(1...4) else { return nil }
        guard let mark = rest.first else { return nil }
        if width == 4 {
            guard "-/.".contains(mark), take(mark), let (month, _) = number(1...2), take(mark), let (day, _) = number(1...2) else { return nil }
            return (first, month, day, false)
        }
        guard width <= 2 else { return nil }
        if mark == "/" || mark == "." {
            guard take(mark), let (second, _) = number(1...2), take(mark), case (let year, 4)? = number(4...4) else { return nil }
            // A number beyond 12 is the day, wherever it stands.
            if mark == "." || first > 12 { return (year, second, first, false) }
            return (year, first, second, second <= 12 && first != second)
        }
        // 23 November 2026
        skipOrdinal()
        if mark == "-" { _ = take("-") } else { skipSpace() }
        guard let name = word(), let month = Self.month(name) else { return nil }
        _ = take(".") || take(",") || take("-")
        skipSpace()
        guard case (let year, 4)? = number(4...4) else { return nil }
        return (year, month, first, false)
    }

    /// What follows the day: nothing, or a time. `nil` for anything else.
    mutating func time() -> (minutes: Int, text: String, hasZone: Bool)? {
        let hasMark = take("T") || take("t") || take(",")
        skipSpace()
        if rest.isEmpty { return hasMark ? nil : (0, "T00:00:00Z", false) }
        guard var (hour, _) = number(1...2), take(":"), case (let minute, 2)? = number(2...2), minute < 60 else { return nil }
        var second = 0
        if take(":") {
            guard case (let value, 2)? = number(2...2), value <= 60 else { return nil }
            second = value
            if take(".") || take(",") { while let next = rest.first, next.isASCII, next.isNumber { rest.removeFirst() } }
        }
        skipSpace()
        let half = rest.prefix(2).lowercased()
        if half == "am" || half == "pm" {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (half == "pm" ? 12 : 0)
            rest = rest.dropFirst(2)
            skipSpace()
        }
        guard hour < 24, let zone = zone() else { return nil }
        let text = "T\(PostDate.padded(hour, 2)):\(PostDate.padded(minute, 2)):\(PostDate.padded(second, 2))\(zone.text)"
        return (hour * 60 + minute - zone.offset, text, zone.isGiven)
    }

    private mutating func zone() -> (offset: Int, text: String, isGiven: Bool)? {
        if rest.isEmpty { return (0, "Z", false) }
        if ["z", "utc", "gmt"].contains(rest.lowercased()) { return (0, "Z", true) }
        guard let sign = rest.first, sign == "+" || sign == "-" || sign == "\u{2212}" else { return nil }
        rest.removeFirst()
        guard let (first, width) = number(1...4), width != 3 else { return nil }
        let hours = width == 4 ? first / 100 : first
        var minutes = width == 4 ? first % 100 : 0
        if width < 4, take(":") {
            guard case (let value, 2)? = number(2...2) else { return nil }
            minutes = value
        }
        guard rest.isEmpty, hours <= 14, minutes < 60 else { return nil }
        let offset = hours * 60 + minutes
        return (sign == "+" ? offset : -offset, "\(sign == "+" ? "+" : "-")\(PostDate.padded(hours, 2)):\(PostDate.padded(minutes, 2))", true)
    }

    // MARK: Parts

    private static func month(_ word: String) -> Int? {
        guard word.count >= 3 else { return nil }
        return months.firstIndex { $0.hasPrefix(word) || word == "sept" && $0 == "september" }.map { $0 + 1 }
    }

    private mutating func word() -> String? {
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        guard !letters.isEmpty else { return nil }
        rest = rest[letters.endIndex...]
        return letters.lowercased()
    }

    private mutating func number(_ width: ClosedRange<Int>) -> (value: Int, width: Int)? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard width.contains(digits.count), let value = Int(digits) else { return nil }
        rest = rest[digits.endIndex...]
        return (value, digits.count)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == " " || $0 == "\t" }
        while rest.last == " " { rest.removeLast() }
    }

    private mutating func skipOrdinal() {
        for suffix in ["st", "nd", "rd", "th"] where rest.hasPrefix(suffix) { rest = rest.dropFirst(2) }
    }
}
