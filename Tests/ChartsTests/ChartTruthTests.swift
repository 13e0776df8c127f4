import CellRuntime
import Charts
import Testing

@Suite("What charts say is what they were given")
struct ChartTruthTests {
    private func plain(_ chart: Chart) -> String {
        guard case .text(let text)? = chart.displayRepresentations.last?.content else { return "" }
        return text
    }

    @Test("a histogram on a logarithmic axis has bins of equal ratios and counts what is positive")
    func logarithmicHistogram() {
        let chart = Chart(x: ChartAxis("x", scale: .logarithmic)).histogram([1.0, 10, 100, 1000, 0, -5], bins: 3)
        let text = plain(chart)
        #expect(text.contains("2 values are not shown: not positive"))
        let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains(["1", "10", "1"]) && rows.contains(["10", "100", "1"]))
        #expect(!text.contains("-5") && !text.contains("−5"))
        #expect(!plain(Chart(x: ChartAxis("x", scale: .logarithmic)).histogram([7.0], bins: 3)).isEmpty)
    }

    @Test("bins over the whole range of doubles have finite edges")
    func widestHistogram() {
        let text = plain(Chart().histogram([-1.7e308, 0, 1.7e308], bins: 4))
        #expect(!text.contains("∞") && text.contains("−8.5e307"))
    }

    @Test("more bins than there are numbers are refused, and not made by default")
    func narrowestHistogram() {
        let values = [1.0, 1.0.nextUp, 1.0.nextUp.nextUp]
        #expect(plain(Chart().histogram(values, bins: 4)).contains("too close to each other for 4 bins"))
        #expect(!plain(Chart().histogram(values)).contains("not drawn"))
    }

    @Test("sequences of different lengths are no line")
    func uneven() {
        #expect(plain(Chart().line(x: [1, 2], y: [1, 2, 3])).contains("the line has 2 horizontal values and 3 vertical values"))
        #expect(plain(Chart().point(x: [1, 2, 3], y: [1], name: "p")).contains("the point \"p\" has 3 horizontal values and 1 vertical value"))
    }

    @Test("integers beyond 2^53 have all their digits")
    func largeIntegers() {
        let chart = Chart().bar(["a": Int.min, "b": 1 << 60])
        #expect(plain(chart).contains("9223372036854775808") || plain(chart).contains("9 223 372 036 854 775 808"))
        #expect(plain(chart).contains("1152921504606846976") || plain(chart).contains("1 152 921 504 606 846 976"))
    }

    @Test("the smallest bar on a logarithmic axis has a height")
    func logarithmicBars() {
        let ticks = Chart(y: ChartAxis("", scale: .logarithmic)).bar(["a": 1, "b": 10, "c": 1000]).svg
        #expect(ticks.contains(">0.1<"))
        #expect(!ticks.contains("height=\"0.6\""))
    }

    @Test("marks of a wide logarithmic axis are powers of one step that pass through one")
    func wideLogarithmicAxis() {
        let svg = Chart(y: ChartAxis("", scale: .logarithmic)).line([1e-200, 1, 1e200]).svg
        #expect(svg.contains(">1e-200<") && svg.contains(">1<") && svg.contains(">1e100<"))
    }

    @Test("points beside the last name of bars are counted")
    func beyondNames() {
        #expect(plain(Chart().line([1, 2, 3]).bar(["a": 1, "b": 2])).contains("1 of 5 values lies outside the range shown."))
    }
}
