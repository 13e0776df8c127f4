import NotebookRenderer
import SourceText
import Testing

@Suite("Equations and their numbers")
struct EquationTests {
    @Test("TeX's delimiters and amsmath's environments are formulas, prices are not", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func delimiters() {
        let page = render(
            """
            It costs $5 and then $10 more, or $20.00, with \\(a+b\\) and \\\\(c+d\\\\).

            \\[
            e = mc^2
            \\]

            \\begin{equation}
            g = 9.81
            \\end{equation}

            \\begin{multline} a \\\\ b \\end{multline}
            """)
        #expect(page.bodyText.hasPrefix("<p>It costs $5 and then $10 more, or $20.00, with <math"))
        #expect(page.bodyText.split(separator: "<math ").count == 6)
        #expect(page.diagnostics.isEmpty)
    }

    @Test("Rows of environments, labelled formulas and Galley's own labels have one row of numbers", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func numbers() {
        let page = render(
            """
            $$
            a
            $$ {#eq-a}

            \\begin{align}
            b &= 1 \\label{eq:b} \\\\
            c &= 2 \\notag \\\\
            d &= 3 \\label{eq:d}
            \\end{align}

            $$
            e \\label{e}
            $$

            $$
            f \\tag{F} \\label{f}
            $$

            \\begin{align*}
            g
            \\end{align*}

            See @eq-a, \\eqref{eq:b}, \\ref{eq:d}, \\eqref{e}, \\eqref{f} and $\\eqref{e}$.
            """)
        let text = page.bodyText
        #expect(text.contains("<span class=\"equation-number\">(1)</span>"))
        #expect(text.contains("<mtext>(2)</mtext>"))
        #expect(text.contains("<mtext>(3)</mtext>"))
        #expect(text.contains("<span class=\"equation-number\">(4)</span>"))
        #expect(text.contains("id=\"eq:b\""))
        #expect(text.contains("<a href=\"#eq:b\" class=\"reference\">(2)</a>, <a href=\"#eq:b\" class=\"reference\">3</a>"))
        #expect(text.contains("<a href=\"#e\" class=\"reference\">(4)</a>, <a href=\"#f\" class=\"reference\">(F)</a>"))
        #expect(text.contains("<mtext>(4)</mtext>"))
        #expect(!text.contains("<mtext>(5)</mtext>"))
        #expect(page.diagnostics.isEmpty, "\(page.diagnostics)")
    }

    @Test("A reference to nothing is told and stays", .enabled(if: hasKaTeX, "KaTeX is not installed"))
    func unknown() {
        let page = render("See \\eqref{nothing}, in C:\\temp.\n")
        #expect(page.bodyText.contains("See \\eqref{nothing}, in C:\\temp."))
        #expect(page.diagnostics.map(\.identifier) == ["unknown-reference"])
    }

    @Test("What is in a formula as HTML is text in a label, too")
    func hostile() {
        let page = render("$$\nx \\label{\"><img src=x>}\n$$\n")
        #expect(!page.bodyText.contains("<img"))
    }

    @Test("A wide formula in a line scrolls by itself")
    func wide() {
        #expect(
            render("A $a_1 + a_2 + a_3 + a_4 + a_5 + a_6$.").bodyText.contains(
                "<span class=\"math-scroll\" style=\"display:inline-grid;max-width:100%"))
        #expect(!render("A $a_1$.").bodyText.contains("<span"))
    }
}
