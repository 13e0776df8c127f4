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

/// Formulas as MathML by KaTeX, and code in other languages than Swift by highlight.js, while the page is built.
///
/// Both libraries are read from where the system keeps them when first needed, once a process.
struct Typesetting {
    /// The MathML of a formula.
    func math(_ tex: String, isDisplay: Bool) -> Result<[UInt8], TypesettingProblem> {
        guard tex.utf8.count <= 64 * 1024 else { return .failure(.badSource("it is longer than 64 KiB")) }
        switch Self.katex.render([tex, isDisplay ? "display" : ""]) {
        case .text(let bytes): return .success(bytes)
        case .thrown(let message): return .failure(.badSource(Self.short(message)))
        case .unavailable(let reason): return .failure(.unavailable(reason))
        }
    }

    /// Code as escaped text with elements of class `hljs-…`; `nil` when the language is not known.
    func highlighted(_ source: String, language: String) -> [UInt8]? {
        // Time grows faster than length for some grammars; a page that long is read as data.
        guard source.utf8.count <= 100_000, !Self.plainLanguages.contains(language) else { return nil }
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

    private static let katex = ScriptEngine {
        let places = [
            "/usr/share/javascript/katex/katex.min.js", "/usr/share/nodejs/katex/dist/katex.min.js",
            "/opt/homebrew/lib/node_modules/katex/dist/katex.min.js", "/usr/local/lib/node_modules/katex/dist/katex.min.js",
        ]
        guard let source = file(variable: "GALLEY_KATEX", places: places) else { return .unavailable("KaTeX is not installed") }
        let after = """

            ;var render = function (tex, mode) {
                var html = katex.renderToString(tex, {
                    output: 'mathml', displayMode: mode === 'display', throwOnError: true, strict: 'ignore', trust: false, maxExpand: 1000
                });
                return html.replace(/^<span class="katex">/, '').replace(/<\\/span>$/, '');
            };
            """
        return .source(source + Array(after.utf8))
    }

    private static let grammars = file(
        variable: "GALLEY_HIGHLIGHT",
        places: [
            "/usr/share/javascript/highlight.js/highlight.min.js", "/usr/share/nodejs/highlight.js/build/highlight.min.js",
            "/opt/homebrew/lib/node_modules/@highlightjs/cdn-assets/highlight.min.js",
            "/usr/local/lib/node_modules/@highlightjs/cdn-assets/highlight.min.js",
        ]
    ).map(GrammarLibrary.init)

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

    private static func file(variable: String, places: [String]) -> [UInt8]? {
        let chosen = getenv(variable).map { [String(cString: $0)] }
        return (chosen ?? places).lazy.compactMap { try? readFile($0) }.first
    }
}
