import CellRuntime
import Charts
import Testing

@Suite("Ticks and numbers")
struct TickTests {
    private func labels(_ chart: Chart) -> [String] {
        chart.svg.split(separator: "<text").dropFirst().compactMap { part in
            part.split(separator: ">", maxSplits: 1).last?.split(separator: "<").first.map(String.init)
        }
    }

    @Test("bytes are written with one decimal prefix for the whole axis")
    func bytes() {
        let labels = labels(Chart(y: ChartAxis("", unit: .bytes)).line([0, 538_060_032]))
        #expect(labels.starts(with: ["0 MB", "200 MB", "400 MB", "600 MB"]))
    }

    @Test("binary bytes step in powers of two")
    func binaryBytes() {
        let labels = labels(Chart(y: ChartAxis("", unit: .binaryBytes)).line([0, 1 << 30]))
        #expect(
            labels.starts(with: ["0 MiB", "256 MiB", "512 MiB", "768 MiB", "1\u{202F}024 MiB"])
                || labels.starts(with: ["0 GiB", "0.25 GiB", "0.5 GiB", "0.75 GiB"])
                || labels.starts(with: ["0.00 GiB", "0.25 GiB", "0.50 GiB", "0.75 GiB", "1.00 GiB"]))
    }

    @Test("seconds take SI prefixes below one")
    func seconds() {
        let labels = labels(Chart(y: ChartAxis("", unit: .si("s"))).line([0, 0.004]))
        #expect(labels.starts(with: ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"]))
    }

    @Test("marks of a logarithmic axis have no more decimals than they need")
    func logarithmicDecimals() {
        let chart = Chart(y: ChartAxis("", scale: .logarithmic)).line([0.02, 0.5])
        #expect(labels(chart).contains("0.1") && labels(chart).contains("0.01"))
        let seconds = Chart(y: ChartAxis("", unit: .si("s"), scale: .logarithmic)).line([0.001, 0.0000025, 10])
        #expect(labels(seconds).prefix(3) == ["1 µs", "100 µs", "10 ms"])
    }

    @Test("a logarithmic axis has a mark for each decade and leaves out what is not positive")
    func logarithmic() {
        let chart = Chart(y: ChartAxis("", scale: .logarithmic)).line([1, 100, 10_000, 0])
        #expect(labels(chart).starts(with: ["1", "10", "100", "1000", "10\u{202F}000"]))
        let html = chart.displayRepresentations.first { $0.type == "text/html" }
        guard case .text(let text)? = html?.content else {
            Issue.record("no HTML")
            return
        }
        #expect(text.contains("1 value is not shown"))
    }

    @Test("an axis of equal values still has a range")
    func equalValues() {
        let labels = labels(Chart().line([5, 5, 5]))
        #expect(labels.contains("5"))
    }

    @Test("negative bars hang from zero")
    func negative() {
        let labels = labels(Chart().bar(["a": -3, "b": 2]))
        #expect(labels.contains("0"))
        #expect(labels.contains("−3") || labels.contains("−4"))
    }
}
