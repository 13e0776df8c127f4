/// A text cut into the numbers that were measured and what stands between them, which is to be equal byte for byte.
///
/// A number is measured when it has a fraction or an exponent: `3.14`, `1,234.5`, `1.1e-17`, `12.5%`, `13.6eV`. Whole numbers are counts,
/// and neither dates, times, versions nor addresses of networks are measured, whatever points they have.
///
/// - Complexity: Linear in the text's length.
struct MeasuredText {
    /// What stands between the numbers: one more than there are numbers.
    private(set) var words: [[UInt8]] = [[]]
    private(set) var numbers: [Double] = []
    private let text: [UInt8]
    private var index = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
        while index < self.text.count {
            if !readNumber() { skipWord() }
        }
    }

    /// Whether two texts differ in their measured numbers alone, and in these by no more than is allowed.
    ///
    /// - Parameter aroundZero: The absolute difference that is allowed between numbers of different signs, or a number and 0: what is left
    ///   where sums cancel. Two small numbers of one sign may be constants of nature.
    static func areEqual(_ left: String, _ right: String, relative: Double, absolute: Double, aroundZero: Double) -> Bool {
        let (a, b) = (MeasuredText(left), MeasuredText(right))
        guard a.numbers.count == b.numbers.count, a.words == b.words else { return false }
        return zip(a.numbers, b.numbers).allSatisfy { x, y in
            x == y || abs(x - y) <= max(absolute, relative * max(abs(x), abs(y)))
                || ((x == 0 || y == 0 || x.sign != y.sign) && abs(x - y) <= aroundZero)
        }
    }

    // MARK: Reading

    private func byte(_ place: Int) -> UInt8 { text.indices.contains(place) ? text[place] : 0 }
    private func isDigit(_ place: Int) -> Bool { (0x30...0x39).contains(byte(place)) }
    private func isLetter(_ place: Int) -> Bool { (0x41...0x5A).contains(byte(place) & 0xDF) || byte(place) == UInt8(ascii: "_") }

    /// Takes what is no measured number as it stands: letters and digits that belong together, or one byte.
    private mutating func skipWord() {
        let start = index
        index += 1
        if isLetter(start) {
            while isLetter(index) || isDigit(index) { index += 1 }
            // v1.2.3, x1000.5 and layer2.0 are names.
            if isDigit(index - 1) { index = endOfChain(index) }
        }
        words[words.count - 1] += text[start..<index]
    }

    /// Takes a number at `index`, measured or not; `false` where there is none.
    private mutating func readNumber() -> Bool {
        let start = index
        let signLength = signLength(at: start)
        let first = start + signLength
        let beginsWithPoint = byte(first) == UInt8(ascii: ".") && isDigit(first + 1)
        guard isDigit(first) || (beginsWithPoint && !(isDigit(first - 1) || isLetter(first - 1) || byte(first - 1) == UInt8(ascii: "."))) else {
            return false
        }
        if let end = endOfClockOrDate(first) { return keep(to: end) }
        var digits: [UInt8] = []
        var end = readWhole(first, into: &digits)
        var isMeasured = false
        if byte(end) == UInt8(ascii: "."), isDigit(end + 1) {
            isMeasured = true
            digits.append(UInt8(ascii: "."))
            end += 1
            end = readDigits(end, into: &digits)
            // 1.2.3 is a version, or a date, or an address.
            if byte(end) == UInt8(ascii: "."), isDigit(end + 1) { return keep(to: endOfChain(end)) }
        }
        if let exponentEnd = endOfExponent(end) {
            isMeasured = true
            digits += text[end..<exponentEnd]
            end = exponentEnd
        }
        // 05.01 is the fifth of January.
        let isPadded = digits.count > 1 && digits[0] == UInt8(ascii: "0") && digits[1] != UInt8(ascii: ".")
        // 2.36-9 is a package, 3.1rc2 a release, 1.5,000 no number at all.
        let isJoined = isMeasured && (endOfRevision(end) ?? endOfReleaseName(end) ?? endOfList(end)) != nil
        if isJoined { return keep(to: endOfRevision(end) ?? endOfReleaseName(end) ?? endOfList(end) ?? end) }
        guard isMeasured, !isPadded, !isVersion(start..<end, digits), let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite
        else {
            return keep(to: end)
        }
        // The sign belongs to the number, so that -0.0 and 0.0 are the same.
        numbers.append(signLength > 0 && byte(start) != UInt8(ascii: "+") ? -value : value)
        words.append([])
        index = end
        return true
    }

    private mutating func keep(to end: Int) -> Bool {
        words[words.count - 1] += text[index..<end]
        index = end
        return true
    }

    /// The bytes of a sign that begins here: `-`, `+` or U+2212, unless it stands behind what it may join to the number.
    private func signLength(at start: Int) -> Int {
        let before = start > 0 ? byte(start - 1) : 0x20
        let joins =
            (0x30...0x39).contains(before) || isLetter(start - 1) || before == UInt8(ascii: ")") || before == UInt8(ascii: "]") || before >= 0x80
        if joins { return 0 }
        if byte(start) == UInt8(ascii: "-") || byte(start) == UInt8(ascii: "+") { return 1 }
        return text[start...].starts(with: [0xE2, 0x88, 0x92]) ? 3 : 0
    }

    private func readDigits(_ start: Int, into digits: inout [UInt8]) -> Int {
        var end = start
        while isDigit(end) { end += 1 }
        digits += text[start..<end]
        return end
    }

    /// Whole digits, with their thousands set apart or not. In a list without spaces, as JSON has it, commas set elements apart.
    private func readWhole(_ start: Int, into digits: inout [UInt8]) -> Int {
        var end = readDigits(start, into: &digits)
        let isInList = start > 0 && (byte(start - 1) == UInt8(ascii: "[") || byte(start - 1) == UInt8(ascii: ","))
        guard (1...3).contains(end - start), digits.first != UInt8(ascii: "0") else { return end }
        var mark: [UInt8]?
        while let length = separatorLength(end) {
            let separator = Array(text[end..<(end + length)])
            let group = end + length
            guard mark == nil || mark == separator, !(isInList && separator == [UInt8(ascii: ",")]), isDigit(group), isDigit(group + 1),
                isDigit(group + 2), !isDigit(group + 3)
            else { break }
            mark = separator
            digits += text[group..<(group + 3)]
            end = group + 3
        }
        return end
    }

    /// The bytes of what sets thousands apart: a comma, an apostrophe, an underscore, or a space that does not break.
    private func separatorLength(_ place: Int) -> Int? {
        switch byte(place) {
        case UInt8(ascii: ","), UInt8(ascii: "'"), UInt8(ascii: "_"): return 1
        default: break
        }
        guard place < text.count else { return nil }
        return [[0xC2, 0xA0], [0xE2, 0x80, 0xAF], [0xE2, 0x80, 0x99]].first { text[place...].starts(with: $0) }?.count
    }

    private func endOfExponent(_ start: Int) -> Int? {
        guard byte(start) | 0x20 == UInt8(ascii: "e") else { return nil }
        let hasSign = byte(start + 1) == UInt8(ascii: "-") || byte(start + 1) == UInt8(ascii: "+")
        var end = start + (hasSign ? 2 : 1)
        guard isDigit(end) else { return nil }
        while isDigit(end) { end += 1 }
        // What goes on with letters is a word, such as the digits of a digest.
        return isLetter(end) && !hasSign ? nil : end
    }

    /// `2024-01-05`, `05/01/2024`, `12:30`, `12:30:45.5`: digits that are joined as no measured number is.
    private func endOfClockOrDate(_ start: Int) -> Int? {
        for (mark, widths) in [(UInt8(ascii: "-"), [4, 2, 2]), (UInt8(ascii: "/"), [4, 2, 2]), (UInt8(ascii: "/"), [2, 2, 4])] {
            var end = start
            let isDate = widths.enumerated().allSatisfy { position, width in
                if position > 0 {
                    guard byte(end) == mark else { return false }
                    end += 1
                }
                guard (end..<(end + width)).allSatisfy(isDigit) else { return false }
                end += width
                return !isDigit(end)
            }
            if isDate { return end }
        }
        var end = start
        while isDigit(end) { end += 1 }
        guard end - start <= 2, byte(end) == UInt8(ascii: ":"), isDigit(end + 1), isDigit(end + 2), !isDigit(end + 3) else { return nil }
        end += 3
        while byte(end) == UInt8(ascii: ":"), isDigit(end + 1), isDigit(end + 2) { end += 3 }
        if byte(end) == UInt8(ascii: "."), isDigit(end + 1) { return endOfChain(end) }
        return end
    }

    /// The end of `.2.3` and so on.
    private func endOfChain(_ start: Int) -> Int {
        var end = start
        while byte(end) == UInt8(ascii: "."), isDigit(end + 1) {
            end += 1
            while isDigit(end) { end += 1 }
        }
        return end
    }

    /// `-9` after a fraction, where nothing goes on as a number does: the revision of a package.
    private func endOfRevision(_ start: Int) -> Int? {
        guard byte(start) == UInt8(ascii: "-"), isDigit(start + 1) else { return nil }
        var end = start + 1
        while isDigit(end) { end += 1 }
        return byte(end) == UInt8(ascii: ".") && isDigit(end + 1) || endOfExponent(end) != nil ? nil : end
    }

    /// `rc1`, `b2`, `.dev3`, `-beta.4`: letters and digits that make a version of the number before.
    private func endOfReleaseName(_ start: Int) -> Int? {
        let begin = byte(start) == UInt8(ascii: "-") || byte(start) == UInt8(ascii: ".") || byte(start) == UInt8(ascii: "+") ? start + 1 : start
        var end = begin
        while isLetter(end) { end += 1 }
        let word = String(decoding: text[begin..<end], as: UTF8.self).lowercased()
        guard ["alpha", "beta", "a", "b", "rc", "dev", "post", "preview", "pre", "snapshot", "lts"].contains(word) else { return nil }
        if byte(end) == UInt8(ascii: ".") { end += 1 }
        guard isDigit(end) || begin > start else { return nil }
        while isDigit(end) { end += 1 }
        return end
    }

    /// `,000` after a fraction.
    private func endOfList(_ start: Int) -> Int? {
        guard byte(start) == UInt8(ascii: ","), isDigit(start + 1), isDigit(start + 2), isDigit(start + 3), !isDigit(start + 4),
            byte(start + 4) != UInt8(ascii: "."), byte(start + 4) != UInt8(ascii: ",")
        else { return nil }
        return start + 4
    }

    /// What is counted with points, though it is no version of anything, and what says that a version follows.
    private static let countNames: Set<String> = [
        "version", "release", "ver", "v", "rev", "revision", "fig", "figure", "table", "tbl", "section", "sec", "chapter", "eq", "equation",
        "appendix", "example", "listing", "theorem", "lemma", "exercise",
    ]
    /// What has versions, and may be measured, too.
    private static let versionedNames: Set<String> = [
        "python", "swift", "cuda", "cudnn", "rocm", "opengl", "vulkan", "glibc", "musl", "macos", "ios", "ubuntu", "debian", "fedora", "alpine",
        "linux", "gcc", "clang", "llvm", "cmake", "ruby", "perl", "php", "java", "rust", "julia", "scala", "kotlin", "http", "tls", "openssl",
        "unicode", "numpy", "pandas", "scipy", "torch", "pytorch", "tensorflow", "jax", "transformers", "galley", "xcode",
    ]
    private static let units: Set<String> = [
        "s", "ms", "us", "ns", "min", "h", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "x", "hz", "khz", "mhz", "ghz", "w", "j", "fps", "tok",
        "tokens", "it", "flops", "gflops", "tflops", "seconds", "milliseconds", "microseconds", "times",
    ]

    /// Whether the word before says that a number is a version, or that of a part of a text.
    ///
    /// A version has at most two digits after its point, one mark between it and its name, and no unit: `numpy 12.5 ms` was measured.
    private func isVersion(_ number: Range<Int>, _ digits: [UInt8]) -> Bool {
        var end = number.lowerBound
        while end > 0, [0x20, UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: ".")].contains(byte(end - 1)) { end -= 1 }
        // U+00A7, the sign of sections.
        if end >= 2, byte(end - 2) == 0xC2, byte(end - 1) == 0xA7 { return true }
        let gap = number.lowerBound - end
        if gap == 0, [UInt8(ascii: "-"), UInt8(ascii: "/")].contains(byte(end - 1)) { end -= 1 }
        var begin = end
        while begin > 0, isLetter(begin - 1) || isDigit(begin - 1) { begin -= 1 }
        let word = String(decoding: text[begin..<end], as: UTF8.self).lowercased()
        if Self.countNames.contains(word) { return true }
        let fraction = digits.count - (digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.count) - 1
        return Self.versionedNames.contains(word) && gap <= 1 && (1...2).contains(fraction) && !hasUnit(number.upperBound)
    }

    private func hasUnit(_ end: Int) -> Bool {
        let start = byte(end) == 0x20 ? end + 1 : end
        // Signs such as the one of micro are not of ASCII.
        if byte(start) == UInt8(ascii: "%") || byte(start) >= 0x80 { return true }
        var end = start
        while isLetter(end) { end += 1 }
        return Self.units.contains(String(decoding: text[start..<end], as: UTF8.self).lowercased())
    }
}
