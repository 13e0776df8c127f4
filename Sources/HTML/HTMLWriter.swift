internal import Groundwork

/// Writes HTML into one byte buffer.
///
/// Text and attribute values are escaped; only ``raw(_:)`` is not. Elements are closed in the reverse order of
/// opening, and nothing is held but the names of those open.
public struct HTMLWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Writes a start tag. Attributes are written in the order given; those that are `nil` are left out, an empty
    /// string writes the name alone.
    public mutating func open(_ name: StaticString, _ attributes: [HTMLAttribute] = []) {
        bytes.append(UInt8(ascii: "<"))
        append(name)
        for attribute in attributes { write(attribute) }
        bytes.append(UInt8(ascii: ">"))
    }

    /// Writes a start tag with a `class` and no other attribute.
    public mutating func open(_ name: StaticString, class classes: String) {
        bytes.append(UInt8(ascii: "<"))
        append(name)
        write(HTMLAttribute("class", classes))
        bytes.append(UInt8(ascii: ">"))
    }

    public mutating func close(_ name: StaticString) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Writes an element that holds text only.
    public mutating func element(_ name: StaticString, _ attributes: [HTMLAttribute] = [], text: String) {
        open(name, attributes)
        self.text(text)
        close(name)
    }

    /// Writes text, with `&`, `<`, `>` and `"` escaped.
    public mutating func text(_ text: some StringProtocol) { escape(text.utf8, into: &bytes) }

    /// Writes text given as UTF-8.
    public mutating func text(utf8: some Collection<UInt8>) { escape(utf8, into: &bytes) }

    /// Writes markup as it stands. The caller vouches for it.
    public mutating func raw(_ markup: some StringProtocol) { bytes.append(contentsOf: markup.utf8) }

    /// Writes markup as it stands, without making a string. The caller vouches for it.
    public mutating func raw(bytes markup: some Sequence<UInt8>) { bytes.append(contentsOf: markup) }

    public mutating func newLine() { bytes.append(0x0A) }

    /// Ends the current line, if it has anything on it.
    public mutating func freshLine() {
        if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
    }

    private mutating func write(_ attribute: HTMLAttribute) {
        guard let value = attribute.value else { return }
        bytes.append(0x20)
        bytes.append(contentsOf: attribute.name.utf8)
        if value.isEmpty, attribute.isBoolean { return }
        bytes.append(contentsOf: "=\"".utf8)
        escape(value.utf8, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ word: StaticString) {
        bytes.append(contentsOf: word.withUTF8Buffer { Array($0) })
    }
}

/// One attribute of an element.
public struct HTMLAttribute: Sendable, Hashable {
    public var name: String
    /// `nil` leaves the attribute out.
    public var value: String?
    /// Whether an empty value is written as the name alone.
    public var isBoolean = false

    public init(_ name: String, _ value: String?) {
        self.name = name
        self.value = value
    }

    /// An attribute whose presence is its value, such as `open` or `checked`.
    public init(_ name: String, isPresent: Bool) {
        self.name = name
        value = isPresent ? "" : nil
        isBoolean = true
    }
}
