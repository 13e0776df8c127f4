import SourceText
import TemplateEngine
import Testing

@Suite("Errors in templates")
struct TemplateErrorTests {
    private func failure(
        _ source: String, name: String = "page.html", variables: TemplateMap = [:],
        environment: TemplateEnvironment = TemplateEnvironment()
    ) -> TemplateError? {
        do throws(TemplateError) {
            _ = try Template(source, name: name, environment: environment).render(variables)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "Name the template, the line and what was probably meant",
        arguments: [
            ("a\n{{ x|uper }}", "page.html:2:1: error: there is no filter 'uper'\n  help: Did you mean 'upper'?"),
            ("{{ x is definde }}", "page.html:1:1: error: there is no test 'definde'\n  help: Did you mean 'defined'?"),
            ("\n\n{% incldue 'x' %}", "page.html:3:1: error: there is no tag 'incldue'\n  help: Did you mean 'include'?"),
            ("{% for a in b %}\n{% if a %}\n{% endif %}\n", "page.html:1:1: error: 'for' is never closed\n  help: Close it with '{% endfor %}'."),
            ("{{ 'a' + 1 }}", "page.html:1:1: error: can only concatenate str (not \"int\") to str\n  help: Join values of any kind with '~'."),
            ("{#\n\n", "page.html:1:1: error: this comment is never closed\n  help: Close it with '#}'."),
            ("x\n{{ y\n", "page.html:2:1: error: this tag is never closed\n  help: Close it with '}}'."),
            ("{{ a.b.c }}", "page.html:1:1: error: 'a' is undefined"),
            ("{% set x = {} %}\n{{ x.y.z }}", "page.html:2:1: error: 'dict object' has no attribute 'y'"),
            ("{% endif %}", "page.html:1:1: error: 'endif' closes nothing that is open here"),
            (
                "{% set x.y = 1 %}",
                "page.html:1:1: error: cannot assign attribute on non-namespace object\n  help: Make it with '{% set x = namespace(y=…) %}'."
            ),
            ("{{ 5|round(presicion=1) }}", "page.html:1:1: error: 'round' has no parameter 'presicion'\n  help: Did you mean 'precision'?"),
            ("{{ 'x'\n  |int\n  |nope }}", "page.html:3:1: error: there is no filter 'nope'"),
        ])
    func messages(source: String, expected: String) throws {
        let error = try #require(failure(source))
        let shown = error.diagnostic().description
        #expect(shown == expected)
        #expect(error.template == "page.html")
    }

    @Test("An error in an included or extended template names that file")
    func places() throws {
        let loader = TemplateDictionaryLoader([
            "part.html": "ok\n{{ nothing.here }}", "base.html": "<p>\n\n{% block a %}{% endblock %}\n{{ none + 1 }}",
            "macros.html": "{% macro m(x) %}\n{{ x.y.z }}{% endmacro %}", "broken.html": "fine\n{{ 1 + }}",
        ])
        let environment = TemplateEnvironment(loader: loader)
        let cases: [(String, String, Int)] = [
            ("a\n{% include 'part.html' %}", "part.html", 2),
            ("{% extends 'base.html' %}", "base.html", 4),
            ("{% extends 'base.html' %}\n{% block a %}\n{{ 1 / 0 }}{% endblock %}", "page.html", 3),
            ("{% from 'macros.html' import m %}\n{{ m({}) }}", "macros.html", 2),
            ("\n{% include 'broken.html' %}", "broken.html", 2),
            ("\n{% include 'prat.html' %}", "page.html", 2),
        ]
        for (source, file, line) in cases {
            let error = try #require(failure(source, environment: environment), "\(source)")
            #expect((error.template, error.line) == (file, line), "\(source): \(error)")
        }
        let missing = failure("{% include 'prat.html' %}", environment: environment)
        #expect(missing?.solutions == ["Did you mean 'part.html'?"])
        #expect(missing?.kind == .missingTemplate)
    }

    @Test("Undefined values are as strict as asked")
    func undefined() throws {
        var environment = TemplateEnvironment(undefined: .strict)
        #expect(failure("{{ x }}", environment: environment)?.message == "'x' is undefined")
        #expect(failure("{% if x %}{% endif %}", environment: environment)?.kind == .undefined)
        #expect(failure("{{ x is defined }}{{ x|default(1) }}", environment: environment) == nil)
        environment.undefined = .chainable
        #expect(failure("{{ x.y.z[1] }}", environment: environment) == nil)
        environment.undefined = .lenient
        #expect(failure("{{ x }}{% for a in x %}{% endfor %}", environment: environment) == nil)
        #expect(failure("{{ x.y }}", environment: environment)?.kind == .undefined)
    }

    @Test("Templates that do too much are stopped")
    func limits() throws {
        let limits = TemplateLimits(steps: 20_000, outputBytes: 10_000, depth: 60)
        let loader = TemplateDictionaryLoader(["self.html": "{% include 'self.html' %}", "up.html": "{% extends 'up.html' %}"])
        let environment = TemplateEnvironment(loader: loader, limits: limits)
        let sources = [
            "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}", "{% for a in range(5000) %}xxxx{% endfor %}",
            "{{ 'x' * 20000 }}", "{{ 'x'|center(20000) }}", "{{ 'ab'|replace('', 'x' * 9000) }}", "{{ ['x' * 5000] | join(',') ~ 'y' * 9999 }}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% include 'self.html' %}", "{% extends 'up.html' %}",
            "{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
            "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            "{{ '{:20000}'.format(1) }}", "{{ '%20000d' % 1 }}", "{{ '%.20000f' % 1.5 }}", "{{ 'a\\tb'.expandtabs(20000) }}", "{{ [1] * 100000 }}",
            "{{ 'a\\nb'|indent(20000) }}",
            "{{ [0]|batch(100000, 0)|list }}", "{{ 'x'.join(['y' * 9000, 'z' * 9000]) }}", "{{ range(100000)|list|length }}",
            String(repeating: "{{ (", count: 1) + String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 501) + "}}",
            String(repeating: "{% if 1 %}", count: 500) + String(repeating: "{% endif %}", count: 500),
            "{{ " + String(repeating: "-", count: 500) + "1 }}", "{{ " + String(repeating: "not ", count: 500) + "1 }}",
            "{{ 1" + String(repeating: " + 1", count: 5000) + " }}", "{{ x" + String(repeating: "|upper", count: 5000) + " }}",
            "{{ x" + String(repeating: "[0]", count: 5000) + " }}",
            "{{ " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500) + " }}",
            "{{ " + String(repeating: "1 if 1 else ", count: 500) + "1 }}",
        ]
        for source in sources {
            let error = try #require(failure(source, environment: environment), "\(source.prefix(80))")
            #expect(error.kind == .limit, "\(source.prefix(80)): \(error)")
            #expect(error.line > 0)
        }
    }

    @Test("Random templates end in text or in an error, never in a trap")
    func randomTemplates() throws {
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(truncatingIfNeeded: state >> 33) % bound
        }
        let pieces = [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "-%}", "{%-", "for", " in ", "if", "else", "endif", "endfor", "set", "endset", "macro",
            "endmacro", "block",
            "endblock", "call", "filter", "with", "raw", "endraw", "x", "y", "items", "loop", "namespace", "(", ")", "[", "]", "{", "}", ",", ":",
            ".", "|", "~", "*", "**", "/",
            "//", "%", "==", "!=", "<", ">", "=", "is", "not", "and", "or", "'a'", "\"b\"", "'", "\"", "1", "0", "-1", "9223372036854775807",
            "-9223372036854775808", "1.5", "1e308",
            "none", "true", "upper", "join", "sort", "int", "round", "slice", "batch", "format", "replace", "center", "truncate", "indent",
            "wordwrap", "tojson", "groupby", "map",
            "select", "attr", "range", "dict", "cycler", "super", "self", "caller", "varargs", "split", "find", "count", "items()", "é", "😀", "\u{0}",
            "\n", " ", "\\", "\\x", "%s%d",
        ]
        let variables: TemplateMap = ["x": 5, "y": "text", "items": [1, "two", [3.5], ["k": nil]]]
        let environment = TemplateEnvironment(autoescape: true, limits: TemplateLimits(steps: 5_000, outputBytes: 5_000, depth: 50))
        var rendered = 0
        for round in 0..<20_000 {
            var source = ["{{ ", "{% ", ""][round % 3]
            for _ in 0..<next(14) + 1 { source += pieces[next(pieces.count)] + [" ", ""][next(2)] }
            source += [" }}", " %}", ""][round % 3]
            if failure(source, variables: variables, environment: environment) == nil { rendered += 1 }
        }
        #expect(rendered > 100)
    }
}
