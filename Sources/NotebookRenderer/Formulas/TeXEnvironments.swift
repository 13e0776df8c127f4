/// The environments of LaTeX that KaTeX does not know, by those that it does.
enum TeXEnvironments {
    private static let replacements: [(name: String, begin: String, end: String)] = [
        ("multline*", "\\begin{gathered}", "\\end{gathered}"),
        ("multline", "\\begin{equation}\\begin{gathered}", "\\end{gathered}\\end{equation}"),
        ("flalign*", "\\begin{align*}", "\\end{align*}"), ("flalign", "\\begin{align}", "\\end{align}"),
        ("eqnarray*", "\\begin{darray}{rcl}", "\\end{darray}"), ("eqnarray", "\\begin{darray}{rcl}", "\\end{darray}"),
        ("displaymath", "", ""),
    ]

    static func known(_ tex: String) -> String {
        var tex = tex
        for (name, begin, end) in replacements where tex.contains("\\begin{\(name)}") {
            tex = tex.split(separator: "\\begin{\(name)}", omittingEmptySubsequences: false).joined(separator: begin)
            tex = tex.split(separator: "\\end{\(name)}", omittingEmptySubsequences: false).joined(separator: end)
        }
        return tex
    }
}
