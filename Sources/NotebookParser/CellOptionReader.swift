internal import NotebookModel
internal import SourceText

/// Sets a cell's options by the names that authors write, ours and those of Quarto, nbdev and knitr that mean the same.
struct CellOptionReader {
    enum Outcome {
        case set
        /// What the option takes, for the message.
        case badValue(expected: String)
        case unknown
        /// Known to others, without an effect here.
        case unsupported
    }

    static let names = [
        "eval", "echo", "output", "warning", "include", "error", "compile-fail", "label", "code-fold", "code-summary",
        "code-line-numbers", "fig-cap", "fig-alt", "tbl-cap", "timeout", "volatile", "tolerance", "absolute-tolerance", "unordered", "depends",
        "process-state",
        "optimize",
    ]

    /// Options of Quarto, nbdev, knitr and Jupytext that concern what Galley has another way for, or not at all.
    private static let unsupported: Set<String> = [
        "cache", "freeze", "column", "layout", "layout-ncol", "layout-nrow", "layout-valign", "lst-cap", "lst-label", "fig-subcap", "fig-link",
        "fig-align", "fig-env", "fig-pos", "fig-scap", "fig-width", "fig-height", "fig-format", "fig-dpi", "code-overflow", "code-copy",
        "export", "exports", "default-exp", "filter-stream", "renderings", "classes", "message", "strip-white", "dependson", "child", "engine",
        "tbl-colwidths", "tbl-subcap", "output-location", "tags", "collapse", "prompt", "comment", "daemon", "daemon-restart", "debug", "keep-md",
        "keep-ipynb", "keep-hidden", "ipynb-shell-interactivity", "plotly-connected",
    ]

    private static let otherNames: Set<String> = ["exec", "hide", "hide-input", "hide-output", "results", "id"]

    /// Dots and underscores count as hyphens, as knitr and nbdev write them.
    private static func normalised(_ name: String) -> String { String(name.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 }) }

    /// Options that keep a cell from running, or something of it from being shown.
    private static let hiding: Set<String> = [
        "eval", "exec", "include", "echo", "output", "hide", "hide-input", "hide-output", "results",
    ]

    /// Whether an option may keep a cell from running, or something of it from being shown.
    static func hides(_ name: String) -> Bool { hiding.contains(normalised(name)) }

    /// Whether `name` is an option of ours or of another notebook tool.
    static func isKnown(_ name: String) -> Bool {
        let key = normalised(name)
        return names.contains(key) || otherNames.contains(key) || unsupported.contains(key)
    }

    /// Sets the option `name`.
    static func set(_ name: String, to value: YAMLTree, in options: inout CellOptions) -> Outcome {
        let key = normalised(name)
        func truth(_ path: WritableKeyPath<CellOptions, Bool>, isInverted: Bool = false) -> Outcome {
            guard let bool = value.truth else { return .badValue(expected: "true or false") }
            options[keyPath: path] = bool != isInverted
            return .set
        }
        func text(_ path: WritableKeyPath<CellOptions, String?>) -> Outcome {
            guard let string = value.string, !value.isNull else { return .badValue(expected: "a text") }
            options[keyPath: path] = string
            return .set
        }
        switch key {
        case "eval", "exec": return truth(\.eval)
        case "include": return truth(\.include)
        case "hide": return truth(\.include, isInverted: true)
        case "error": return truth(\.error)
        case "warning": return truth(\.warning)
        case "compile-fail": return truth(\.compileFail)
        case "volatile": return truth(\.volatile)
        case "optimize": return truth(\.optimize)
        case "unordered": return truth(\.unordered)
        case "process-state": return truth(\.touchesProcess)
        case "echo":
            if value.string == "fenced" {
                options.echo = .fenced
                return .set
            }
            guard let bool = value.truth else { return .badValue(expected: "true, false or fenced") }
            options.echo = bool ? .shown : .hidden
            return .set
        case "hide-input":
            guard let bool = value.truth else { return .badValue(expected: "true or false") }
            options.echo = bool ? .hidden : .shown
            return .set
        case "output":
            if value.string == "asis" {
                options.output = .asis
                return .set
            }
            guard let bool = value.truth else { return .badValue(expected: "true, false or asis") }
            options.output = bool ? .shown : .dropped
            return .set
        case "hide-output":
            guard let bool = value.truth else { return .badValue(expected: "true or false") }
            options.output = bool ? .dropped : .shown
            return .set
        case "results":
            switch value.string {
            case "asis": options.output = .asis
            case "hide", "false", "FALSE", "False": options.output = .dropped
            case "markup", "hold", "show": options.output = .shown
            default: return .badValue(expected: "asis, hide or markup")
            }
            return .set
        case "label", "id": return text(\.label)
        case "code-summary": return text(\.codeSummary)
        case "fig-cap": return text(\.figureCaption)
        case "fig-alt":
            guard !value.isNull, let texts = value.strings else { return .badValue(expected: "a text, or a list with a text for each picture") }
            options.figureAlternatives = texts
            return .set
        case "tbl-cap": return text(\.tableCaption)
        case "code-fold":
            if value.string == "show" {
                options.codeFold = .open
                return .set
            }
            if value.string == "hide" {
                options.codeFold = .closed
                return .set
            }
            guard let bool = value.truth else { return .badValue(expected: "true, false or show") }
            options.codeFold = bool ? .closed : .none
            return .set
        case "code-line-numbers": return setLineNumbers(value, in: &options)
        case "timeout":
            guard let seconds = value.double, seconds > 0, seconds.isFinite else { return .badValue(expected: "a number of seconds above 0") }
            options.timeout = seconds
            return .set
        case "tolerance":
            guard let number = value.double, number >= 0, number.isFinite else { return .badValue(expected: "a number that is not negative") }
            options.tolerance = number
            return .set
        case "absolute-tolerance":
            guard let number = value.double, number >= 0, number.isFinite else { return .badValue(expected: "a number that is not negative") }
            options.absoluteTolerance = number
            return .set
        case "depends":
            guard let paths = value.strings else { return .badValue(expected: "a path or a list of paths") }
            options.dependencies = paths
            return .set
        default: return unsupported.contains(key) ? .unsupported : .unknown
        }
    }

    /// `true`, `false`, or the lines to highlight: `"3-5,8"`.
    private static func setLineNumbers(_ value: YAMLTree, in options: inout CellOptions) -> Outcome {
        if let bool = value.bool {
            options.codeLineNumbers = bool
            return .set
        }
        let expected = "true, false or lines such as \"3-5,8\""
        guard let text = value.string, !text.isEmpty else { return .badValue(expected: expected) }
        var ranges: [ClosedRange<Int>] = []
        // Quarto's bars separate the steps of a slide; a page shows all of them.
        for part in text.split(whereSeparator: { $0 == "," || $0 == "|" }) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 1, first <= last else {
                return .badValue(expected: expected)
            }
            ranges.append(first...last)
        }
        options.codeLineNumbers = true
        options.highlightedLines = ranges.sorted { $0.lowerBound < $1.lowerBound }
        return .set
    }
}
