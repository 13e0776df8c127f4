extension Chart {
    /// What the picture does not show, or shows otherwise than one might think; a sentence each.
    var notes: [String] {
        if problem != nil { return [] }
        return [leftOutNote, outsideNote, addedNote, rangeNote].compactMap(\.self)
    }

    /// Values that are not finite, or not positive on a logarithmic scale.
    private var leftOutNote: String? {
        var notFinite = 0
        var notPositive = 0
        for value in (heatMap?.values ?? []).joined() where !value.isFinite { notFinite += 1 }
        for series in series {
            if series.mark == .histogram {
                notFinite += series.samples.count { !$0.isFinite }
                if x.scale == .logarithmic { notPositive += series.samples.count { $0.isFinite && $0 <= 0 } }
                // Empty bins are no values.
                continue
            }
            for (across, up) in zip(series.x, series.y) {
                if !across.isFinite || !up.isFinite {
                    notFinite += 1
                } else if (y.scale == .logarithmic && up <= 0) || (x.scale == .logarithmic && across <= 0 && series.mark != .bar) {
                    notPositive += 1
                }
            }
        }
        let count = notFinite + notPositive
        if count == 0 { return nil }
        let reasons = [
            notFinite > 0 ? (notPositive > 0 ? "\(NumberText.count(notFinite)) not finite" : "not finite") : nil,
            notPositive > 0
                ? (notFinite > 0 ? "\(NumberText.count(notPositive)) not positive, on a logarithmic scale" : "not positive, on a logarithmic scale")
                : nil,
        ]
        return "\(Self.counted(count, "value")) \(count == 1 ? "is" : "are") not shown: \(reasons.compactMap(\.self).joined(separator: ", "))."
    }

    /// Values beyond the ends that the author gave the axes.
    private var outsideNote: String? {
        let (across, up) = (x.usableRange, y.usableRange)
        func isOutside(_ value: Double, _ range: (low: Double?, high: Double?)) -> Bool {
            value.isFinite && (value < range.low ?? -.infinity || value > range.high ?? .infinity)
        }
        var count = 0
        var all = 0
        var cutBars = 0
        for series in series {
            if series.mark == .histogram {
                all += series.samples.count
                count += series.samples.count { isOutside($0, across) }
                cutBars += series.y.count { $0 > 0 && isOutside($0, up) }
                continue
            }
            all += series.x.count
            // Beside bars a series has a place for each of their names, and no more.
            let places = Double(categories.count) - 0.5
            count += zip(series.x, series.y).count { place, value in
                if series.mark == .bar { return isOutside(value, up) }
                let isBeside = categories.isEmpty ? isOutside(place, across) : place.isFinite && !(-0.5...places).contains(place)
                return isBeside || isOutside(value, up)
            }
        }
        var sentences: [String] = []
        if count > 0 {
            sentences.append(
                "\(NumberText.count(count)) of \(Self.counted(all, "value")) \(count == 1 ? "lies" : "lie") outside the range shown.")
        }
        if cutBars > 0 { sentences.append("\(Self.counted(cutBars, "bar")) \(cutBars == 1 ? "is" : "are") cut at its end.") }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// Bars of one name in one series.
    private var addedNote: String? {
        var names: [String] = []
        for series in series where series.mark == .bar {
            var seen: Set<Double> = []
            var repeated: Set<Double> = []
            for place in series.x where !seen.insert(place).inserted { repeated.insert(place) }
            for place in repeated.sorted() {
                if let name = category(place), !names.contains(name) { names.append(name) }
            }
        }
        guard let first = names.first else { return nil }
        if names.count == 1 { return "The bar “\(first)” is the sum of its values." }
        return "\(NumberText.count(names.count)) bars, such as “\(first)”, are the sums of their values."
    }

    /// Ends that an axis cannot have.
    private var rangeNote: String? {
        let axes = [("horizontal", x), ("vertical", y)].filter { _, axis in
            guard let range = axis.range else { return false }
            let usable = axis.usableRange
            return usable.low == nil || usable.high == nil || range.lowerBound == range.upperBound
        }
        if axes.isEmpty { return nil }
        let names = axes.map(\.0).joined(separator: " and the ")
        return
            "The range that was given for the \(names) axis is not finite, not positive on a logarithmic scale, or empty; its end is chosen by the data."
    }

    /// The name of a bar's place.
    func category(_ place: Double) -> String? {
        guard place >= 0, place < Double(categories.count), place == place.rounded() else { return nil }
        return categories[Int(place)]
    }

    /// A series of bars with the values of each name added.
    func summed(_ series: Series) -> Series {
        guard series.mark == .bar else { return series }
        var result = series
        result.x = []
        result.y = []
        result.writtenX = [:]
        result.writtenY = [:]
        var places: [Double: Int] = [:]
        for (index, (place, value)) in zip(series.x, series.y).enumerated() {
            if let known = places[place] {
                if !value.isFinite { continue }
                result.y[known] = result.y[known].isFinite ? result.y[known] + value : value
                result.writtenY[known] = nil
            } else {
                places[place] = result.x.count
                result.writtenY[result.x.count] = series.writtenY[index]
                result.x.append(place)
                result.y.append(value)
            }
        }
        return result
    }
}
