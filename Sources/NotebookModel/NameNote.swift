package import JSON

/// What the compiler knew of a name in a cell's source.
public struct NameNote: Sendable, Hashable {
    /// UTF-8 offset from the start of the cell's source.
    public var offset: Int
    /// Length in UTF-8 bytes.
    public var length: Int
    /// The name's declaration with its types, such as `let points: [Point]`.
    public var declaration: String
    /// The first sentence or line of its documentation.
    public var summary: String?
    /// Whether the name is declared here rather than used.
    public var isDeclaration: Bool

    public init(offset: Int, length: Int, declaration: String, summary: String? = nil, isDeclaration: Bool = false) {
        self.offset = offset
        self.length = length
        self.declaration = declaration
        self.summary = summary
        self.isDeclaration = isDeclaration
    }
}

extension NameNote {
    /// The declaration, and on a second line the summary.
    package var text: String { summary.map { declaration + "\n" + $0 } ?? declaration }

    /// Notes as the record keeps them: each distinct text once under `notes`, and under `places` a word for each name,
    /// `offset,length,note`, with a `*` where the name is declared. One line holds them all, so that records diff well.
    package static func json(_ names: [NameNote]) -> JSONValue {
        var notes: [JSONValue] = []
        var numbers: [String: Int] = [:]
        var places: [String] = []
        for name in names {
            let text = name.text
            let number = numbers[text] ?? notes.count
            if number == notes.count {
                numbers[text] = number
                notes.append(.string(text))
            }
            places.append("\(name.offset),\(name.length),\(number)" + (name.isDeclaration ? "*" : ""))
        }
        return ["notes": .array(notes), "places": .string(places.joined(separator: " "))]
    }

    /// Reads what ``json(_:)`` wrote; what is damaged is left out, for a page reads without it.
    package static func read(_ value: JSONValue?) -> [NameNote] {
        guard let notes = value?["notes"]?.arrayValue, let places = value?["places"]?.stringValue else { return [] }
        return places.split(separator: " ").compactMap { word in
            let isDeclaration = word.hasSuffix("*")
            let numbers = (isDeclaration ? word.dropLast() : word).split(separator: ",").map { Int($0) }
            guard numbers.count == 3, let offset = numbers[0], let length = numbers[1], let number = numbers[2],
                offset >= 0, length > 0, length < 1 << 16, notes.indices.contains(number),
                let text = notes[number].stringValue
            else { return nil }
            let end = text.firstIndex(of: "\n")
            return NameNote(
                offset: offset, length: length, declaration: String(text[..<(end ?? text.endIndex)]),
                summary: end.map { String(text[text.index(after: $0)...]) }, isDeclaration: isDeclaration)
        }
    }
}
