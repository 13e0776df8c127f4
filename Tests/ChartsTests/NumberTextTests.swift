import Charts
import TestSupport
import Testing

@Suite("How numbers are written")
struct NumberTextTests {
    @Test("numbers of few digits stand as they are, others are rounded to three digits")
    func short() {
        for (value, text) in [
            (0.73, "0.73"), (0.25, "0.25"), (1e-7, "1e-7"), (2.5e-6, "2.5e-6"), (0.0001, "0.0001"), (-1.5, "−1.5"), (0, "0"), (-0.0, "0"),
            (1.0 / 3, "0.333"), (2_345_678.9, "2\u{202F}345\u{202F}679"), (1e300, "1e300"), (5e-324, "5e-324"), (.nan, "NaN"), (-.infinity, "−∞"),
            (9_007_199_254_740_992, "9\u{202F}007\u{202F}199\u{202F}254\u{202F}740\u{202F}992"),
        ] as [(Double, String)] {
            #expect(NumberText.short(value, .number) == text)
        }
        #expect(NumberText.short(2.34561, .number, resolution: 1e-5) == "2.34561")
        #expect(NumberText.short(2.345612345, .number, resolution: 1e-7) == "2.3456123")
    }

    @Test("a prefix is chosen after rounding")
    func prefixes() {
        #expect(NumberText.short(1_048_575, .binaryBytes) == "1 MiB")
        #expect(NumberText.short(1_048_576, .binaryBytes) == "1 MiB")
        #expect(NumberText.short(999_999_999, .bytes) == "1 GB")
        #expect(NumberText.short(538_060_032, .bytes) == "538 MB")
        #expect(NumberText.short(0.9999999, .si("s")) == "1 s")
        #expect(NumberText.short(2.5e-6, .si("s")) == "2.5 µs")
        #expect(NumberText.short(0.1234567, .percent) == "12.3 %")
        #expect(NumberText.short(3, .other("tokens/s")) == "3 tokens/s")
    }

    @Test("data has all digits, as other programs read them")
    func exact() {
        #expect(NumberText.exact(0.1 + 0.2, .number) == "0.30000000000000004")
        #expect(NumberText.exact(9_007_199_254_740_992, .number, written: "9007199254740993") == "9007199254740993")
        #expect(NumberText.exact(-1234567.25, .number) == "-1234567.25")
        #expect(NumberText.exact(538_060_032, .bytes) == "538.060032 MB")
        #expect(NumberText.exact(1_048_575, .binaryBytes) == "1048575 B")
        #expect(NumberText.exact(1_572_864, .binaryBytes) == "1.5 MiB")
        #expect(NumberText.exact(0.07, .percent) == "7 %")
        #expect(NumberText.exact(.infinity, .number) == "∞")
    }

    @Test("decimal digits give every value back")
    func digits() throws {
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<1000 {
            let value = Double(bitPattern: UInt64.random(in: 0..<UInt64.max, using: &generator))
            guard value.isFinite else { continue }
            let digits = try #require(DecimalDigits(value))
            #expect(digits.double == value)
            #expect(Double(NumberText.exact(value, .number)) == value)
        }
        #expect(DecimalDigits(coefficient: 995, power: -2).rounded(to: 0) == DecimalDigits(coefficient: 10, power: 0))
        #expect(DecimalDigits(coefficient: 4, power: -1).rounded(to: 0).isZero)
        #expect(DecimalDigits(coefficient: 6, power: -1).rounded(to: 0) == DecimalDigits(coefficient: 1, power: 0))
        #expect(DecimalDigits(text: "1e") == nil && DecimalDigits(text: "") == nil && DecimalDigits(text: "1e99999999999999999999") == nil)
    }
}

@Suite("Ticks over all ranges")
struct TickRangeTests {
    /// What must hold of the marks of any axis.
    private func check(_ ticks: Ticks, _ what: String) {
        #expect(ticks.values.count >= 2 && ticks.values.count <= 40, "\(what): \(ticks.values)")
        #expect(ticks.values.count == ticks.labels.count)
        #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy { $0 < $1 }, "\(what): \(ticks.values)")
        #expect(ticks.values.allSatisfy { ticks.range.contains($0) && $0.isFinite }, "\(what): \(ticks.values) in \(ticks.range)")
        #expect(Set(ticks.labels).count == ticks.labels.count, "\(what): \(ticks.labels)")
        #expect(ticks.range.lowerBound < ticks.range.upperBound, "\(what)")
        #expect(ticks.labels.allSatisfy { $0.count < 30 }, "\(what): \(ticks.labels)")
        let places = ticks.values.compactMap { ticks.position($0) }
        #expect(places.count == ticks.values.count && places.allSatisfy { (-1e-9...1 + 1e-9).contains($0) }, "\(what): \(places)")
    }

    /// What a label says: its number, and what it is relative to.
    private func value(_ label: String, _ ticks: Ticks) -> Double? {
        func number(_ text: String) -> Double? {
            Double(text.replacing("−", with: "-").replacing("\u{202F}", with: "").replacing("+", with: ""))
        }
        guard let offset = ticks.offset else { return number(label) }
        guard let base = number(offset), let rest = number(label) else { return nil }
        return base + rest
    }

    @Test("marks are distinct, in order, inside and say what they are, for a thousand random ranges")
    func random() throws {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<1000 {
            let magnitude = Double.random(in: -300...300, using: &generator)
            let scale = DecimalDigits(coefficient: 1, power: Int(magnitude)).double
            var low = Double.random(in: -1...1, using: &generator) * scale
            var high = Double.random(in: -1...1, using: &generator) * scale
            switch round % 5 {
            case 0: high = low
            // Close values, far from zero.
            case 1: high = low + abs(low) * DecimalDigits(coefficient: 1, power: -Int.random(in: 1...17, using: &generator)).double
            case 2: low = 0
            default: break
            }
            let extent = min(low, high)...max(low, high)
            for isTight in [false, true] {
                for axis in [ChartAxis("v"), ChartAxis("v", range: extent)] {
                    let ticks = Ticks(axis, extent: extent, includesZero: round % 2 == 0, isTight: isTight)
                    check(ticks, "\(extent)")
                    if axis.range == nil, !isTight {
                        #expect(ticks.range.lowerBound <= extent.lowerBound && ticks.range.upperBound >= extent.upperBound, "\(extent)")
                    }
                    for (label, tick) in zip(ticks.labels, ticks.values) {
                        let said = try #require(value(label, ticks), "\(label)")
                        #expect(abs(said - tick) <= max(abs(tick) * 1e-14, .leastNonzeroMagnitude), "\(label) for \(tick)")
                    }
                }
            }
            for unit in [ChartUnit.bytes, .binaryBytes, .si("s"), .percent] {
                check(Ticks(ChartAxis("v", unit: unit), extent: extent), "\(extent) \(unit)")
            }
        }
    }

    @Test("logarithmic marks are distinct, in order and inside, for a thousand random ranges")
    func logarithmic() {
        var generator = SeededGenerator(seed: 8)
        for round in 0..<1000 {
            func power(_ limit: Double) -> Double {
                let exponent = Double.random(in: -limit...limit, using: &generator)
                return DecimalDigits(coefficient: Int.random(in: 100...999, using: &generator), power: Int(exponent) - 2).double
            }
            let (first, second) = (power(round % 2 == 0 ? 300 : 3), power(round % 2 == 0 ? 300 : 3))
            let extent = min(first, second)...max(first, second)
            for unit in [ChartUnit.number, .binaryBytes, .bytes, .si("s")] {
                check(Ticks(ChartAxis("v", unit: unit, scale: .logarithmic), extent: extent), "\(extent) \(unit)")
                check(Ticks(ChartAxis("v", unit: unit, scale: .logarithmic, range: extent), extent: 1...2), "\(extent) \(unit)")
            }
        }
    }

    @Test("ends of a range that an axis cannot have are chosen by the data")
    func ends() {
        for range in [1...Double.infinity, -Double.infinity...Double.infinity, 0...100.0, -5...(-1.0), 3...3.0] {
            for scale in [ChartAxis.Scale.linear, .logarithmic] {
                check(Ticks(ChartAxis("v", scale: scale, range: range), extent: 0.01...50), "\(range) \(scale)")
            }
        }
        let fitting = Ticks(ChartAxis("v", scale: .logarithmic, range: 0...100), extent: 0.01...50)
        #expect(fitting.range == 0.01...100)
        let narrow = Ticks(ChartAxis("v", scale: .logarithmic), extent: 100...102)
        #expect(narrow.range.lowerBound > 99 && narrow.range.upperBound < 103)
    }

    @Test("the labels of small and of close values")
    func labels() {
        func labels(_ extent: ClosedRange<Double>) -> [String] { Ticks("v", extent: extent).labels }
        #expect(labels(0...5e-7) == ["0", "1e-7", "2e-7", "3e-7", "4e-7", "5e-7"])
        #expect(labels(0...1.2e-5) == ["0", "2.5e-6", "5e-6", "7.5e-6", "1e-5", "1.25e-5"])
        #expect(labels(0...1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        let close = Ticks("v", extent: 1_000_000_000...1_000_000_004)
        #expect(close.offset == "1e9" && close.labels == ["0", "+1", "+2", "+3", "+4"])
        let tiny = Ticks(ChartAxis("v", scale: .logarithmic), extent: 1e-12...1e-3)
        #expect(tiny.labels == ["1e-12", "1e-10", "1e-8", "1e-6", "0.0001"])
        let memory = Ticks(ChartAxis("v", unit: .binaryBytes, scale: .logarithmic), extent: 2048...16_777_216)
        #expect(memory.labels == ["32 KiB", "1 MiB"] || memory.labels.allSatisfy { $0.hasSuffix("iB") })
    }
}
