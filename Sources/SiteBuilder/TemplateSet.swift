import SourceText
import TemplateEngine

/// A theme's templates, parsed once.
struct TemplateSet: Sendable {
    private let environment: TemplateEnvironment
    private let files: [String: SourceFile]

    init(theme: Theme) {
        files = theme.templates
        environment = TemplateEnvironment(
            loader: TemplateDictionaryLoader(theme.templates.mapValues(\.text)), autoescape: true,
            syntax: TemplateSyntaxOptions(trimBlocks: false))
    }

    func render(_ name: String, _ context: TemplateMap) throws(TemplateError) -> [UInt8] {
        try environment.template(named: name).renderBytes(context)
    }

    /// The error at its place in the theme's file.
    func diagnostic(_ error: TemplateError) -> Diagnostic {
        error.diagnostic(path: files[error.template]?.path)
    }
}
