internal import Groundwork
internal import JSON
internal import SourceText

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

enum TypesettingProblem: Error, Hashable {
    /// The formula is wrong.
    case badSource(String)
    /// KaTeX is not on this machine.
    case unavailable(String)
}

/// Formulas as MathML, and code in other languages than Swift by highlight.js, while the page is built.
///
/// Formulas are read by ``FormulaParser``, and by KaTeX's parser where they hold more than that knows, or are wrong; ``FormulaBuilder``
/// sets what either has read. Both libraries are read from where the system keeps them when first needed, once a process.
struct Typesetting {
    /// The MathML of a formula.
    ///
    /// - Parameters:
    ///   - annotation: what the author wrote, where that differs.
    ///   - firstNumber: the number of the first row that asks for one; without it, rows have none.
    func math(
        _ tex: String, as annotation: String? = nil, isDisplay: Bool, firstNumber: Int? = nil
    ) -> Result<[UInt8], TypesettingProblem> {
        guard tex.utf8.count <= 64 * 1024 else { return .failure(.badSource("it is longer than 64 KiB")) }
        let body: Result<[FormulaNode], TypesettingProblem> =
            if let body = try? FormulaParser.parse(tex, isDisplay: isDisplay) { .success(body) } else { katexTree(tex, isDisplay: isDisplay) }
        return body.map { FormulaBuilder.mathML($0, tex: annotation ?? tex, isDisplay: isDisplay, firstNumber: firstNumber) }
    }

    /// The same as KaTeX reads it, whatever the formula holds.
    func katexMath(_ tex: String, isDisplay: Bool) -> Result<[UInt8], TypesettingProblem> {
        katexTree(tex, isDisplay: isDisplay).map { FormulaBuilder.mathML($0, tex: tex, isDisplay: isDisplay) }
    }

    private func katexTree(_ tex: String, isDisplay: Bool) -> Result<[FormulaNode], TypesettingProblem> {
        switch Self.katex.render([TeXEnvironments.known(tex) + (isDisplay ? "\n" : ""), isDisplay ? "display" : ""]) {
        case .text(let bytes):
            do {
                return .success(try KaTeXTree.formula(JSONValue(parsing: bytes)))
            } catch let unknown as KaTeXTree.Unknown {
                return .failure(.badSource("this version of KaTeX reads \"\(unknown.type)\" in it, which is not known here"))
            } catch {
                return .failure(.badSource("it is nested too deeply"))
            }
        case .thrown(let message): return .failure(.badSource(Self.short(message)))
        case .unavailable(let reason): return .failure(.unavailable(reason))
        }
    }

    /// Code as escaped text with elements of class `hljs-…`; `nil` when the language is not known.
    func highlighted(_ source: String, language: String) -> [UInt8]? {
        // Time grows faster than length for some grammars; a page that long is read as data.
        guard source.utf8.count <= 100_000, !Self.plainLanguages.contains(language) else { return nil }
        if ["python", "py"].contains(language), let markup = PythonHighlighter.markup(of: source) { return markup }
        return libraryHighlighted(source, language: language)
    }

    /// The same by highlight.js, whatever the language.
    func libraryHighlighted(_ source: String, language: String) -> [UInt8]? {
        guard case .text(let bytes) = Self.highlight.render([language, source], parts: { Self.grammars?.parts(for: language) ?? [] }),
            !bytes.isEmpty || source.isEmpty
        else { return nil }
        return bytes
    }

    private static let plainLanguages: Set<String> = ["text", "txt", "plain", "plaintext", "output", "console-output"]

    /// Without the name of the error's class and the position that the author's file does not have.
    private static func short(_ message: String) -> String {
        var text = message[...]
        for prefix in ["ParseError: ", "KaTeX parse error: "] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        return String(text)
    }

    // MARK: Libraries

    static let katexPlaces = [
        "/usr/share/javascript/katex/katex.min.js", "/usr/share/nodejs/katex/dist/katex.min.js",
        "/opt/homebrew/lib/node_modules/katex/dist/katex.min.js", "/usr/local/lib/node_modules/katex/dist/katex.min.js",
    ]
    static let highlightPlaces = [
        "/usr/share/javascript/highlight.js/highlight.min.js", "/usr/share/nodejs/highlight.js/build/highlight.min.js",
        "/opt/homebrew/lib/node_modules/@highlightjs/cdn-assets/highlight.min.js",
        "/usr/local/lib/node_modules/@highlightjs/cdn-assets/highlight.min.js",
    ]

    private static let katex = ScriptEngine {
        guard let source = file(variable: "GALLEY_KATEX", places: katexPlaces) else { return .unavailable("KaTeX is not installed") }
        // KaTeX's matrices and \show need these, and Duktape does not have them.
        let before = """
            var console = { log: function () {}, warn: function () {}, error: function () {} };
            if (!Array.prototype.fill) {
                Array.prototype.fill = function (value) { for (var i = 0; i < this.length; i++) { this[i] = value; } return this; };
            }

            """
        let after = """

            ;var symbols = {};
            var symbolOf = function (text, mode) {
                var key = mode + text;
                if (!(key in symbols)) {
                    var html = katex.renderToString(mode === 'text' ? '\\\\text{' + text + '}' : text, { output: 'mathml', strict: 'ignore' });
                    var found = /<m(?:i|o|n|text)(?: [^>]*)?>([^<]+)</.exec(html);
                    symbols[key] = found ? found[1].replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&') : text;
                }
                return symbols[key];
            };
            var tokens = { mathord: true, textord: true, atom: true };
            var safe = { http: true, https: true, mailto: true, _relative: true };
            var render = function (tex, mode) {
                var tree = katex.__parse(tex, {
                    displayMode: mode === 'display', throwOnError: true, maxExpand: 1000,
                    strict: function (code) {
                        if (code === 'commentAtEnd') { throw new katex.ParseError('a % begins a comment to the end of the line; \\\\% is the sign'); }
                        return 'ignore';
                    },
                    macros: {
                        '\\\\newcommand': '\\\\providecommand', '\\\\renewcommand': '\\\\providecommand',
                        '\\\\DeclareMathOperator': '\\\\@ifstar\\\\galleylimitsoperator\\\\galleyoperator',
                        '\\\\galleyoperator': '\\\\providecommand{#1}{\\\\operatorname{#2}}',
                        '\\\\galleylimitsoperator': '\\\\providecommand{#1}{\\\\operatorname*{#2}}',
                        '\\\\mbox': '\\\\text{#1}', '\\\\textsc': '\\\\text{#1}', '\\\\textsl': '\\\\textit{#1}', '\\\\mathds': '\\\\mathbb{#1}',
                        '\\\\mathbbm': '\\\\mathbb{#1}', '\\\\nicefrac': '{#1}/{#2}', '\\\\hdots': '\\\\ldots',
                        '\\\\require': function (context) { context.consumeArgs(1); return ''; }
                    },
                    trust: function (use) {
                        var isLink = use.command === '\\\\href' || use.command === '\\\\url';
                        if (isLink && use.protocol in safe) { return true; }
                        // KaTeX would show the command's name in red, and leave its arguments out.
                        throw new katex.ParseError(isLink ? 'links go to http, https and mailto only' : use.command + ' is not supported');
                    }
                });
                return JSON.stringify(tree, function (key, value) {
                    if (key === 'loc' || key === 'token' || key === 'html') { return undefined; }
                    if (value && tokens[value.type] && value.text && value.text.length > 1 && value.text.charAt(0) === '\\\\') {
                        value.text = symbolOf(value.text, value.mode);
                    }
                    return value;
                });
            };
            """
        return .source(Array(before.utf8) + source + Array(after.utf8))
    }

    private static let grammars = file(variable: "GALLEY_HIGHLIGHT", places: highlightPlaces).map(GrammarLibrary.init)

    private static let highlight = ScriptEngine {
        guard let grammars else { return .unavailable("highlight.js is not installed") }
        let before = "var self = this, console = { log: function () {}, warn: function () {}, error: function () {} };\n"
        let after = """

            ;var render = function (language, source) {
                if (!hljs.getLanguage(language)) { return ''; }
                var major = parseInt(hljs.versionString || '9', 10);
                if (major >= 11) { return hljs.highlight(source, { language: language, ignoreIllegals: true }).value; }
                return hljs.highlight(language, source, true).value;
            };
            """
        return .source(Array(before.utf8) + grammars.core + Array(after.utf8))
    }

    /// The files that pages depend on, whether they are there or not.
    static var libraryPaths: [String] {
        let chosen = ["GALLEY_KATEX", "GALLEY_HIGHLIGHT"].compactMap { (name: String) in getenv(name).map { String(cString: $0) } }
        return chosen + katexPlaces + highlightPlaces
    }

    private static func file(variable: String, places: [String]) -> [UInt8]? {
        let chosen = getenv(variable).map { [String(cString: $0)] }
        return (chosen ?? places).lazy.compactMap { try? readFile($0) }.first
    }
}

/// Both ways to set a formula, to be compared.
package enum FormulaComparison {
    /// MathML without KaTeX; `nil` for formulas that only KaTeX reads.
    package static func native(_ tex: String, isDisplay: Bool) -> String? {
        guard let body = try? FormulaParser.parse(tex, isDisplay: isDisplay) else { return nil }
        return String(decoding: FormulaBuilder.mathML(body, tex: tex, isDisplay: isDisplay), as: UTF8.self)
    }

    /// MathML as KaTeX reads the formula; `nil` where it finds it wrong, or is not installed.
    package static func katex(_ tex: String, isDisplay: Bool) -> String? {
        guard case .success(let markup) = Typesetting().katexMath(tex, isDisplay: isDisplay) else { return nil }
        return String(decoding: markup, as: UTF8.self)
    }
}

/// Both ways to mark up Python, to be compared.
package enum PythonComparison {
    /// Markup without highlight.js; `nil` for programs that are left to it.
    package static func native(_ source: String) -> String? { PythonHighlighter.markup(of: source).map { String(decoding: $0, as: UTF8.self) } }

    /// Markup by highlight.js; `nil` where it is not installed.
    package static func library(_ source: String) -> String? {
        Typesetting().libraryHighlighted(source, language: "python").map { String(decoding: $0, as: UTF8.self) }
    }
}
