/// Python's slices.
enum Slicing {
    /// The positions that `start:stop:step` takes of `count` elements.
    static func positions(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int?) throws(TemplateError) -> StrideTo<Int> {
        let step = step ?? 1
        guard step != 0 else { throw TemplateError(.value, "slice step cannot be zero") }
        func clamped(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            let offset = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
            return step > 0 ? min(max(offset, 0), count) : min(max(offset, -1), count - 1)
        }
        let first = clamped(start, step > 0 ? 0 : count - 1)
        let last = clamped(stop, step > 0 ? count : -1)
        // Steps longer than the sequence take one element; clamped so that striding cannot overflow.
        return stride(from: first, to: last, by: min(max(step, -count - 1), count + 1))
    }

    static func slice(_ value: TemplateValue, _ start: Int?, _ stop: Int?, _ step: Int?) throws(TemplateError) -> TemplateValue {
        switch value {
        case .list(let elements): return .list(try positions(elements.count, start, stop, step).map { elements[$0] })
        case .tuple(let elements): return .tuple(try positions(elements.count, start, stop, step).map { elements[$0] })
        case .string(let text): return .string(try slice(text, start, stop, step))
        case .safe(let text): return .safe(try slice(text, start, stop, step))
        case .undefined(let reason): throw TemplateError(.undefined, reason.message)
        default: throw TemplateError(.value, "'\(value.typeName)' object is not subscriptable")
        }
    }

    private static func slice(_ text: String, _ start: Int?, _ stop: Int?, _ step: Int?) throws(TemplateError) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for position in try positions(scalars.count, start, stop, step) { result.append(scalars[position]) }
        return String(result)
    }
}

extension PythonText {
    /// The character at a position, negative ones counted from the end.
    static func character(_ text: String, at position: Int) -> String? {
        let scalars = text.unicodeScalars
        if position >= 0 {
            return scalars.index(scalars.startIndex, offsetBy: position, limitedBy: scalars.endIndex)
                .flatMap { $0 < scalars.endIndex ? String(scalars[$0]) : nil }
        }
        return scalars.index(scalars.endIndex, offsetBy: position, limitedBy: scalars.startIndex).map { String(scalars[$0]) }
    }
}
