internal import Groundwork

extension TemplateValue {
    /// The value as HTML: safe text as it is, everything else escaped.
    var html: String {
        if case .safe(let text) = self { text } else { escaped(text, .markupSafe) }
    }
}
