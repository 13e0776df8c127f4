import CellRuntime
import Charts
import TestSupport
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
        #expect(html.contains("<th scope=\"row\">bfloat16</th><td>269.030016 MB</td>"))
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
        for value in ["0.1", "0.2", "0.3", "0.4", "0.7"] { #expect(chart.svg.contains(">\(value)</text>"), "\(value)") }
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

    // MARK: What is shown is what was given

    @Test("the data table has a row for each value, also of equal x")
    func rowsOfEqualPlaces() throws {
        let html = try #require(text(Chart().point(x: [1, 1, 1, 2, 2], y: [1.0, 2, 3, 4, 5]), "text/html"))
        for value in 1...5 { #expect(html.contains("<td>\(value)</td>")) }
        #expect(count("<tr>", in: html) == 6)
        let both = try #require(text(Chart().line(x: [1, 1], y: [1, 2]).line(x: [1, 3], y: [7, 8]), "text/plain"))
        #expect(both.split(separator: "\n").dropFirst().map { $0.split(separator: " ") } == [["1", "1", "7"], ["1", "2", "–"], ["3", "–", "8"]])
    }

    @Test("data has integers whole and floats with their own digits")
    func exactData() throws {
        let plain = try #require(text(Chart().line([9_007_199_254_740_993, Int.max]), "text/plain"))
        #expect(plain.contains("9007199254740993") && plain.contains("9223372036854775807"))
        #expect(try #require(text(Chart().bar(["a": Float(0.1)]), "text/plain")).contains("0.1\n") == false)
        #expect(try #require(text(Chart().bar(["a": Float(0.1)]), "text/plain")).hasSuffix("0.1"))
        let losses = Chart(y: "loss").line([2.34561, 2.34612, 2.34655])
        let html = try #require(text(losses, "text/html"))
        for value in ["2.34561", "2.34612", "2.34655"] { #expect(html.contains("<td>\(value)</td>")) }
        #expect(html.contains("from 2.34561 to 2.34655"))
    }

    @Test("bars of one name are added, and both values are in the data")
    func equalNames() throws {
        let chart = Chart("b").bar(["a": 3, "b": 2, "a": 7])
        #expect(chart.svg.contains(">10</text>") && !chart.svg.contains(">7</text>"))
        let html = try #require(text(chart, "text/html"))
        #expect(html.contains("<td>3</td>") && html.contains("<td>7</td>"))
        #expect(html.contains("The bar “a” is the sum of its values."))
    }

    @Test("a line that leaves the range is cut at its edge, and what lies outside is counted")
    func clippedLine() throws {
        let chart = Chart(y: ChartAxis("loss", range: 0...5)).line([1.0, 2, 40, 2, 1])
        let path = try #require(chart.svg.split(separator: "<path").first { $0.contains("stroke-linejoin") && !$0.contains("fill-opacity") })
        #expect(count("M", in: String(path.split(separator: "\"")[1])) == 1)
        #expect(count("stroke-linejoin", in: chart.svg) == 2)
        #expect(try #require(text(chart, "text/html")).contains("1 of 5 values lies outside the range shown."))
        let all = Chart(y: ChartAxis("loss", range: 4...5)).line([0.0, 10, 0, 10])
        #expect(count("stroke-linejoin", in: all.svg) == 3)
        #expect(try #require(text(all, "text/plain")).contains("4 of 4 values lie outside the range shown."))
    }

    @Test("points and bins outside the range are counted, and no bar leaves the plot")
    func clippedMarks() throws {
        let points = Chart(y: ChartAxis("v", range: 0...5)).point(x: [1, 2, 3], y: [1.0, 9, 1])
        #expect(count("<circle", in: points.svg) == 2)
        #expect(try #require(text(points, "text/html")).contains("1 of 3 values lies outside the range shown."))
        let bins = Chart("h", x: ChartAxis("x", range: 2...3)).histogram([0.0, 1, 2, 2.5, 3, 4, 5], bins: 5)
        #expect(try #require(text(bins, "text/html")).contains("4 of 7 values lie outside the range shown."))
        for part in bins.svg.split(separator: "<rect").dropFirst() {
            let numbers = part.split(separator: "\"").compactMap { Double($0) }
            #expect(numbers[0] >= 0 && numbers[0] + numbers[2] <= 440)
        }
        let area = Chart(y: ChartAxis("v", range: 0...5)).area([1.0, 9, 1]).svg
        #expect(!area.contains("-1") || !area.split(separator: "d=\"").contains { $0.prefix { $0 != "\"" }.contains("-") })
    }

    @Test("a histogram has as many bins as were asked for, counted as numpy does")
    func bins() throws {
        #expect(count("<rect", in: Chart().histogram(0..<256, bins: 256).svg) == 256)
        let plain = try #require(text(Chart().histogram([1.0, 2, 3, 4], bins: 3), "text/plain"))
        #expect(plain.split(separator: "\n").dropFirst().map { $0.split(separator: " ") } == [["1", "2", "1"], ["2", "3", "1"], ["3", "4", "2"]])
        #expect(Chart().histogram([1.0, 2], bins: 0).svg.contains("not 0."))
        #expect(Chart().histogram([1.0, 2], bins: .max).svg.contains("bins"))
    }

    @Test("two histograms share their bins")
    func sharedBins() throws {
        let chart = Chart("h").histogram([1.0, 2, 3, 4], bins: 4, name: "a").histogram([2.0, 4, 6, 8], bins: 4, name: "b")
        let rows = try #require(text(chart, "text/plain")).split(separator: "\n").dropFirst(2).map { $0.split(separator: " ") }
        #expect(rows == [["1", "2.75", "2", "1"], ["2.75", "4.5", "2", "1"], ["4.5", "6.25", "0", "1"], ["6.25", "8", "0", "1"]])
    }

    @Test("what is not finite is noted in every kind of chart")
    func notFinite() throws {
        let values = [1.0, .nan, 2, 3, .infinity]
        for chart in [
            Chart().line(values), Chart().point(x: values, y: values), Chart().area(values), Chart().histogram(values),
            Chart().bar(values.enumerated().map { ("\($0)", $1) }),
            Chart().heatMap(rows: ["a"], columns: ["1", "2", "3", "4", "5"], values: [values]),
        ] {
            #expect(try #require(text(chart, "text/html")).contains("2 values are not shown: not finite."))
            #expect(try #require(text(chart, "text/plain")).contains("2 values are not shown: not finite."))
        }
        let empty = Chart("h", y: ChartAxis("n", scale: .logarithmic)).histogram([1.0, 1, 1, 5, 9, 9], bins: 8)
        #expect(try #require(text(empty, "text/html")).contains("not shown") == false)
    }

    @Test("a heat map of equal or small values has the values in its cells")
    func heatMapCells() {
        func cells(_ values: [[Double]]) -> String {
            Chart().heatMap(rows: values.indices.map { "r\($0)" }, columns: values[0].indices.map { "c\($0)" }, values: values).svg
        }
        #expect(count(">0.25</text>", in: cells([[0.25, 0.25], [0.25, 0.25]])) == 5)
        #expect(count(">0.5</text>", in: cells([[0.5, 0.5]])) == 3)
        #expect(count(">0.73</text>", in: cells([[0.73]])) == 2)
        let small = cells([[0.0001, 0.00015, 0.0002]])
        for text in ["0.00010", "0.00015", "0.00020"] { #expect(small.contains(">\(text)</text>")) }
        let tiny = cells([[1e-9, 2.5e-9]])
        for text in ["1e-9", "2.5e-9"] { #expect(tiny.contains(">\(text)</text>")) }
    }

    @Test("what cannot be drawn says why, with the sizes, and draws nothing")
    func refused() throws {
        let uneven = Chart("mis").heatMap(rows: ["a"], columns: ["x", "y"], values: [[1.0, 2, 900], [3, 4]])
        let html = try #require(text(uneven, "text/html"))
        #expect(html.contains("2 rows of values for 1 row name") && html.contains("900"))
        #expect(count("<rect", in: uneven.svg) == 0)
        let wide = Chart().heatMap(rows: ["a"], columns: ["x"], values: [[1, 2]])
        #expect(try #require(text(wide, "text/plain")).contains("row 1 of the heat map has 2 values for 1 column name"))
        #expect(Chart().heatMap(rows: ["a"], columns: ["x"], values: [[1]]).line([1, 2]).svg.contains("do not share"))
        #expect(Chart().bar(["a": 1]).histogram([1, 2]).svg.contains("do not share"))
    }

    @Test("a picture by itself has plain colours")
    func standalone() {
        let svg = Chart("Saved").line([1, 3, 2], name: "a").line([2, 2, 2], name: "b").svg
        #expect(!svg.contains("var(") && !svg.contains("currentColor"))
        #expect(svg.contains("stroke=\"#2f7fe0\"") && svg.contains("fill=\"#23211e\""))
    }

    @Test("thirty-six lines differ by colour and dashes, and neighbours by their marks")
    func manyLines() {
        let chart = (0..<36).reduce(Chart("many")) { $0.line((0..<30).map(Double.init), name: "series \($1)") }
        var styles: Set<String> = []
        for part in chart.svg.split(separator: "<path").dropFirst() where part.contains("stroke-linejoin") {
            let attributes = part.split(separator: "\"").map(String.init)
            let colour = attributes.firstIndex { $0.hasSuffix(" stroke=") }.map { attributes[$0 + 1] } ?? ""
            let dashes = attributes.firstIndex { $0.hasSuffix("stroke-dasharray=") }.map { attributes[$0 + 1] } ?? ""
            styles.insert(colour + "/" + dashes)
        }
        #expect(styles.count == 36)
    }

    @Test("a long line keeps its picture and its table small")
    func longLine() throws {
        let chart = Chart("l").line((0..<100_000).map { Double($0 % 37) })
        #expect(chart.svg.utf8.count < 100_000)
        let html = try #require(text(chart, "text/html"))
        #expect(html.utf8.count < 600_000 && html.contains("95\u{202F}000 more rows are not in this table."))
    }

    @Test("random charts draw inside their pictures and name no number that is none")
    func random() {
        var generator = SeededGenerator(seed: 3)
        for round in 0..<300 {
            let scale = DecimalDigits(coefficient: 1, power: Int.random(in: -300...300, using: &generator)).double
            let values = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                round % 7 == 0
                    ? Double.random(in: -1...1, using: &generator) > 0.9 ? .nan : scale : Double.random(in: -1...1, using: &generator) * scale
            }
            let ends = [Double.random(in: -1...1, using: &generator) * scale, Double.random(in: -1...1, using: &generator) * scale]
            let range = round % 3 == 0 ? (ends.min() ?? 0)...(ends.max() ?? 1) : nil
            let axis = ChartAxis("v", scale: round % 5 == 0 ? .logarithmic : .linear, range: range)
            for chart in [
                Chart(y: axis).line(values), Chart(x: axis).point(x: values, y: values), Chart(x: axis).histogram(values, bins: 7),
                Chart(y: axis).area(values),
                Chart(y: axis).bar(values.enumerated().map { ("\($0 % 5)", $1) }),
                Chart(y: axis).heatMap(rows: ["r"], columns: values.map { "\($0)" }, values: [values]),
            ] {
                let svg = chart.svg
                #expect(svg.hasSuffix("</svg>"))
                for part in svg.split(separator: " d=\"").dropFirst() {
                    let path = part.prefix { $0 != "\"" }
                    if path.contains("l") { continue }
                    let numbers = path.split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
                    #expect(numbers.allSatisfy { (0...1000).contains($0) }, "\(path)")
                }
            }
        }
    }
}
