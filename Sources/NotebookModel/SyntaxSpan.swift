/// A stretch of source of one kind, for highlighting. Spans are in order and do not overlap.
public struct SyntaxSpan: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case keyword, attribute, type, identifier, string, number, comment, documentation, `operator`, directive, command
    }

    /// UTF-8 offset from the start of the source.
    public var offset: Int
    /// Length in UTF-8 bytes.
    public var length: Int
    public var kind: Kind

    public init(offset: Int, length: Int, kind: Kind) {
        self.offset = offset
        self.length = length
        self.kind = kind
    }
}
