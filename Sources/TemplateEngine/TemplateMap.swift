/// A dictionary that keeps the order in which keys were entered, as Python's does.
///
/// Small maps are searched from end to end; from nine keys on there is a hash table.
public struct TemplateMap: Sendable, ExpressibleByDictionaryLiteral, Sequence {
    public typealias Element = (key: TemplateValue, value: TemplateValue)

    public private(set) var keys: [TemplateValue] = []
    public private(set) var values: [TemplateValue] = []
    private var positions: [TemplateValue: Int] = [:]
    private static let scanned = 8

    public init() {}

    public init(dictionaryLiteral elements: (String, TemplateValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    public init(_ elements: some Sequence<(String, TemplateValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    public subscript(name: String) -> TemplateValue? {
        get {
            if keys.count > Self.scanned { return positions[.string(name)].map { values[$0] } }
            for i in keys.indices {
                if case .string(let key) = keys[i], sameText(key, name) { return values[i] }
                if case .safe(let key) = keys[i], sameText(key, name) { return values[i] }
            }
            return nil
        }
        set { self[.string(name)] = newValue }
    }

    /// Setting `nil` removes the key (O(*n*)).
    public subscript(key: TemplateValue) -> TemplateValue? {
        get { position(of: key).map { values[$0] } }
        set {
            if let position = position(of: key) {
                if let newValue {
                    values[position] = newValue
                } else {
                    keys.remove(at: position)
                    values.remove(at: position)
                    positions = [:]
                    index(from: 0)
                }
            } else if let newValue {
                keys.append(key)
                values.append(newValue)
                index(from: keys.count - 1)
            }
        }
    }

    private mutating func index(from start: Int) {
        guard keys.count > Self.scanned else { return }
        for i in (positions.isEmpty ? 0 : start)..<keys.count { positions[keys[i]] = i }
    }

    private func position(of key: TemplateValue) -> Int? {
        if keys.count > Self.scanned { return positions[key] }
        return keys.firstIndex { $0 == key }
    }

    public func makeIterator() -> AnyIterator<Element> {
        var i = 0
        return AnyIterator {
            guard i < keys.count else { return nil }
            defer { i += 1 }
            return (keys[i], values[i])
        }
    }
}

/// Equality of code points: Swift's own `==` also equates canonically equivalent texts.
@inline(__always)
func sameText(_ a: String, _ b: String) -> Bool {
    a == b && a.utf8.elementsEqual(b.utf8)
}
