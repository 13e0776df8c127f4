public import SourceText

/// What is understood beyond CommonMark.
public struct MarkdownExtensions: OptionSet, Sendable, Hashable {
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    public static let tables = MarkdownExtensions(rawValue: 1 << 0)
    public static let strikethrough = MarkdownExtensions(rawValue: 1 << 1)
    public static let autolinks = MarkdownExtensions(rawValue: 1 << 2)
    public static let taskLists = MarkdownExtensions(rawValue: 1 << 3)
    public static let footnotes = MarkdownExtensions(rawValue: 1 << 4)
    public static let math = MarkdownExtensions(rawValue: 1 << 5)
    public static let callouts = MarkdownExtensions(rawValue: 1 << 6)
    public static let attributes = MarkdownExtensions(rawValue: 1 << 7)

    /// The four of the GitHub Flavored Markdown specification.
    public static let gitHubSpecification: MarkdownExtensions = [.tables, .strikethrough, .autolinks, .taskLists]
    public static let all: MarkdownExtensions = [.gitHubSpecification, .footnotes, .math, .callouts, .attributes]
}

extension MarkdownDocument {
    /// Parses a file from `firstLine` on; ranges refer to the file.
    ///
    /// Every text is a document: Markdown has no errors.
    /// - Complexity: linear in the length of the text, as far as libcmark is.
    public init(parsing file: SourceFile, fromLine firstLine: Int = 1, extensions: MarkdownExtensions = .all) {
        let utf8 = file.text.utf8
        let start = utf8.index(utf8.startIndex, offsetBy: file.offset(ofLine: firstLine))
        self.init(bytes: Array(utf8[start...]), lineOffset: firstLine - 1, extensions: extensions)
    }

    /// Parses a text; ranges refer to it.
    public init(parsing text: String, extensions: MarkdownExtensions = .all) {
        self.init(bytes: Array(text.utf8), lineOffset: 0, extensions: extensions)
    }

    private init(bytes: [UInt8], lineOffset: Int, extensions: MarkdownExtensions) {
        // What CommonMark has no syntax for is rewritten into what it has, marked with control characters of the
        // C1 set, which no text uses; then the text is parsed and the marks are made nodes.
        let text = Sentinel.removed(from: bytes)
        let source = SourceLines(text)
        let first = commonMarkNodes(of: text, mapping: IdentityMapping(lineOffset: 0))
        var assembler = ExtensionAssembler(source: source, nodes: first, extensions: extensions)
        let raw: [MarkdownNode]
        let assembly: Assembly?
        if assembler.mayApply, let made = assembler.assemble() {
            assembly = made
            raw = commonMarkNodes(of: made.bytes, mapping: AssemblyMapping(assembly: made))
        } else {
            assembly = nil
            raw = first
        }
        var finisher = TreeFinisher(raw: raw, source: source, assembly: assembly, extensions: extensions)
        nodes = finisher.finish()
        if lineOffset > 0 {
            for index in nodes.indices {
                nodes[index].range.start.line += lineOffset
                nodes[index].range.end.line += lineOffset
            }
        }
    }
}
