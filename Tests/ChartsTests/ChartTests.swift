import CellRuntime
import Charts
import Testing

private let extremes: [[Double]] = [
    [], [.nan], [.infinity, -.infinity], [0], [1e308, -1e308], [.leastNonzeroMagnitude], [1e-300, 1e300],
]

@Suite("Charts")
struct ChartTests {
    private let memory = Chart("Memory by dtype", y: ChartAxis("memory", unit: .bytes))
        .bar(["float32": 538_060_032, "bfloat16": 269_030_016, "nf4": 75_500_000])

    private func text(_ chart: Chart, _ type: String) -> String? {
        guard case .text(let text)? = chart.displayRepresentations.first(where: { $0.type == type })?.content else { return nil }
        return text
    }

    private func count(_ needle: String, in text: String) -> Int { text.split(separator: needle, omittingEmptySubsequences: false).count - 1 }

    @Test("a bar for each value, with its figure")
    func bars() {
        #expect(count("<rect", in: memory.svg) == 3)
        #expect(memory.svg.contains(">538 MB<"))
        #expect(memory.svg.contains(">75.5 MB<"))
    }

    @Test("an area is outlined along its values, not along the axis")
    func area() throws {
        let svg = Chart().area(x: [0, 1, 2], y: [1, 3, 2]).svg
        let paths = svg.split(separator: "<path").map(String.init).filter { $0.contains("stroke-linejoin") || $0.contains("fill-opacity=\".3\"") }
        try #require(paths.count == 2)
        #expect(paths[0].contains("fill-opacity") && paths[0].contains("z\"") && !paths[0].contains("stroke"))
        #expect(paths[1].contains("stroke=") && !paths[1].contains("z\""))
    }

    @Test("points may come as sequences of x and y, as pairs, or as elements with the way to each")
    func points() {
        struct Run { var size: Int, seconds: Double }
        let runs = [Run(size: 1, seconds: 0.5), Run(size: 2, seconds: 0.75), Run(size: 4, seconds: 1.5)]
        let (sizes, seconds) = (runs.map(\.size), runs.map(\.seconds))
        let pairs = zip(sizes, seconds)
        #expect(Chart().line(pairs).line(runs, x: \.size, y: \.seconds) == Chart().line(x: sizes, y: seconds).line(x: sizes, y: seconds))
        #expect(Chart().point(pairs).point(runs, x: \.size, y: \.seconds) == Chart().point(x: sizes, y: seconds).point(x: sizes, y: seconds))
        #expect(Chart().area(pairs).area(runs, x: \.size, y: \.seconds) == Chart().area(x: sizes, y: seconds).area(x: sizes, y: seconds))
    }

    @Test("the same chart gives the same text")
    func deterministic() {
        let again = Chart("Memory by dtype", y: ChartAxis("memory", unit: .bytes))
            .bar(["float32": 538_060_032, "bfloat16": 269_030_016, "nf4": 75_500_000])
        #expect(again.svg == memory.svg)
        #expect(again == memory)
    }

    @Test("colours are the page's")
    func themed() throws {
        let html = try #require(text(memory, "text/html"))
        #expect(html.contains("var(--chart-1,"))
        #expect(html.contains("currentColor"))
        #expect(!html.contains("<style"))
    }

    @Test("screen readers get a sentence and a table")
    func accessible() throws {
        let html = try #require(text(memory, "text/html"))
        #expect(html.contains("role=\"img\" aria-label=\"Bar chart: Memory by dtype. 3 values from 75.5 MB to 538 MB\""))
        #expect(html.contains("<th scope=\"row\">bfloat16</th><td>269 MB</td>"))
    }

    @Test("names are escaped")
    func escaping() throws {
        let chart = Chart("<script>alert(1)</script>", x: "a\"b", y: "<i>").bar(["</svg><img src=x onerror=alert(1)>": 1], name: "s").bar(
            ["&": 2], name: "t")
        for representation in chart.displayRepresentations where representation.type != "text/plain" {
            guard case .text(let text) = representation.content else { continue }
            #expect(!text.contains("<script"))
            #expect(!text.contains("<img"))
            #expect(!text.contains("<i>"))
        }
    }

    @Test("values that are not finite break a line and are counted")
    func gaps() throws {
        let chart = Chart().line(x: [0, 1, 2, 3, 4], y: [1, 2, Double.nan, 4, 5])
        #expect(count("stroke-linejoin", in: chart.svg) == 2)
        let html = try #require(text(chart, "text/html"))
        #expect(html.contains("1 value is not shown"))
    }

    @Test("a histogram counts every value once")
    func histogram() throws {
        let values = (0..<1000).map { Double(($0 * 7919) % 1000) / 1000 }
        let chart = Chart().histogram(values, bins: 10)
        #expect(count("<rect", in: chart.svg) == 10)
        let plain = try #require(text(chart, "text/plain"))
        let counts = plain.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(counts.reduce(0, +) == 1000)
    }

    @Test("several series have a legend and differ by more than colour")
    func legend() {
        let chart = Chart("Cache", x: "tokens", y: ChartAxis("memory", unit: .bytes))
            .line(x: [0, 1000], y: [100, 100], name: "weights").line(x: [0, 1000], y: [0, 90], name: "cache")
        #expect(chart.svg.contains(">weights</text>"))
        #expect(chart.svg.contains("stroke-dasharray"))
    }

    @Test("long names turn bars into rows")
    func rows() {
        let chart = Chart().bar(["a rather long name of a data type": 1, "another long name for a data type": 2, "third name of some length": 3])
        #expect(chart.svg.contains("a rather long name of a data type</text>"))
    }

    @Test("a heat map shades every cell")
    func heatMap() {
        let chart = Chart("Attention").heatMap(rows: ["a", "b"], columns: ["x", "y", "z"], values: [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
        #expect(count("<rect", in: chart.svg) == 6 + 8)
        for value in ["0.100", "0.200", "0.300", "0.400", "0.700"] { #expect(chart.svg.contains(">\(value)</text>"), "\(value)") }
    }

    @Test("the highest bar's value stands above the bar")
    func headroom() throws {
        let svg = Chart().bar(["a": 4, "b": 8]).svg
        func number(after mark: String, in text: Substring) -> Double? {
            text.firstRange(of: mark).flatMap { Double(text[$0.upperBound...].prefix { $0 != "\"" }) }
        }
        let tops = svg.split(separator: "<rect").dropFirst().compactMap { number(after: " y=\"", in: $0) }
        let label = try #require(svg.split(separator: "<text").first { $0.contains(">8</text>") && $0.contains("600") })
        #expect(try #require(number(after: " y=\"", in: label)) < (tops.min() ?? 0))
    }

    @Test("extreme and empty input draws without a trap", arguments: extremes)
    func extremeInput(values: [Double]) {
        for axis in [ChartAxis("v"), ChartAxis("v", unit: .binaryBytes), ChartAxis("v", unit: .si("s"), scale: .logarithmic)] {
            let bars = values.enumerated().map { ("\($0)", $1) }
            for chart in [
                Chart(y: axis).line(values), Chart(y: axis).bar(bars), Chart(x: axis).histogram(values),
                Chart(x: axis, y: axis).area(x: values, y: values),
                Chart(y: axis).heatMap(rows: ["r"], columns: values.map { "\($0)" }, values: [values]),
            ] {
                #expect(chart.svg.hasSuffix("</svg>"))
                #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf"))
            }
        }
    }
}
