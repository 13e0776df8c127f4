/// A date of a post, as its front matter gives it: a day, or a day with a time (ISO 8601).
struct PostDate: Hashable, Comparable {
    let year: Int
    let month: Int
    let day: Int
    /// The time of day with its zone as written, `T00:00:00Z` where there is none.
    let time: String
    /// Minutes since 0001-01-01 UTC, for order.
    private let minute: Int

    /// `nil` when the text is no date of the calendar.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            year >= 1, (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year)
        else { return nil }
        var minutes = 0
        var time = "T00:00:00Z"
        if bytes.count > 10 {
            guard bytes[10] == 0x54 || bytes[10] == 0x20, bytes.count >= 16, bytes[13] == 0x3A,
                let hour = number(11..<13), let minute = number(14..<16), hour < 24, minute < 60
            else { return nil }
            var end = 16
            var seconds = "00"
            if bytes.count >= 19, bytes[16] == 0x3A {
                guard let second = number(17..<19), second <= 60 else { return nil }
                seconds = String(decoding: bytes[17..<19], as: UTF8.self)
                end = 19
                if end < bytes.count, bytes[end] == 0x2E {
                    end += 1
                    while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
                }
            }
            minutes = hour * 60 + minute
            var zone = String(decoding: bytes[end...], as: UTF8.self)
            if zone.hasPrefix(" ") { zone.removeFirst() }
            if zone.isEmpty || zone == "Z" || zone == "z" {
                zone = "Z"
            } else {
                let offset = Array(zone.utf8)
                guard offset.count >= 5, offset[0] == 0x2B || offset[0] == 0x2D,
                    let hours = Int(String(decoding: offset[1..<3], as: UTF8.self)),
                    let rest = Int(String(decoding: offset.suffix(2), as: UTF8.self)), hours <= 14, rest < 60
                else { return nil }
                minutes -= (offset[0] == 0x2D ? -1 : 1) * (hours * 60 + rest)
                zone = "\(offset[0] == 0x2D ? "-" : "+")\(Self.twoDigits(hours)):\(Self.twoDigits(rest))"
            }
            time = "T\(Self.twoDigits(hour)):\(Self.twoDigits(minute)):\(seconds)\(zone)"
        }
        self.year = year
        self.month = month
        self.day = day
        self.time = time
        self.minute = Self.dayNumber(year, month, day) * 1440 + minutes
    }

    static func < (left: PostDate, right: PostDate) -> Bool { left.minute < right.minute }

    /// `2026-11-23`.
    var iso: String { "\(Self.padded(year, 4))-\(Self.twoDigits(month))-\(Self.twoDigits(day))" }

    /// RFC 3339, as Atom and JSON Feed want it.
    var timestamp: String { iso + time }

    /// `23 November 2026` with the month's name from `months`, which has twelve.
    func long(months: [String]) -> String { "\(day) \(name(in: months)) \(year)" }

    /// `23 Nov`.
    func short(months: [String]) -> String { "\(day) \(name(in: months).prefix(3))" }

    private func name(in months: [String]) -> String {
        months.indices.contains(month - 1) ? months[month - 1] : Self.twoDigits(month)
    }

    private static func twoDigits(_ value: Int) -> String { padded(value, 2) }

    private static func padded(_ value: Int, _ width: Int) -> String {
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
