public import SourceText

/// A template could not be parsed or rendered.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        /// The template is not valid Jinja.
        case syntax
        /// A value was used in a way that it does not allow.
        case value
        /// A value that does not exist was used.
        case undefined
        /// The template itself raised it, through `raise_exception`.
        case raised
        /// A template that is extended, included or imported does not exist.
        case missingTemplate = "missing-template"
        /// The template does too much work, or makes too much text.
        case limit
    }

    public var kind: Kind
    /// One sentence without a full stop at its end; for ``Kind/raised`` the template's own words.
    public var message: String
    /// The name of the template as the loader knows it; empty until the place is known.
    public var template: String
    /// The line, from 1; 0 until the place is known.
    public var line: Int
    /// What to do about it, one sentence each.
    public var solutions: [String]

    public init(_ kind: Kind, _ message: String, template: String = "", line: Int = 0, solutions: [String] = []) {
        self.kind = kind
        self.message = message
        self.template = template
        self.line = line
        self.solutions = solutions
    }

    public var description: String { line > 0 ? "\(template):\(line): \(message)" : message }

    /// The error for the author, in the file that `path` names.
    public func diagnostic(path: String? = nil) -> Diagnostic {
        Diagnostic(
            .error, identifier: "template-\(kind.rawValue)", summary: message, path: path ?? template,
            range: line > 0 ? SourceRange(lines: line...line) : nil, solutions: solutions)
    }

    /// The same error with its place, unless it has one already.
    func located(template: String, line: Int) -> TemplateError {
        guard self.line == 0 else { return self }
        var error = self
        error.template = template
        error.line = line
        return error
    }
}
