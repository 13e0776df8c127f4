import JSON

/// Reads members of a config.json, with errors that name file and member, and keeps account of which were read.
///
/// A member that is `null` counts as left out, as for transformers.
struct ConfigurationReader {
    let json: JSONValue
    let path: String
    private let defaults: JSONObject
    private(set) var read: Set<ExactText> = []

    /// - Parameter read: what was read of the same members before.
    init(json: JSONValue, path: String, defaults: JSONObject = JSONObject(), read: Set<ExactText> = []) {
        self.json = json
        self.path = path
        self.defaults = defaults
        self.read = read
    }

    func error(_ message: String, help: String = "fetch config.json again from where the weights came from") -> ModelError {
        .configuration(path: path, message: message, help: help)
    }

    /// A value that is known and not implemented.
    func refusal(_ key: String, _ value: JSONValue, _ why: String = "is not implemented") -> ModelError {
        var text = value.text()
        if text.count > 80 { text = String(text.prefix(77)) + "…" }
        return error("\"\(key)\": \(text) \(why)", help: "load a model without it: what it would compute is not what this one was trained to")
    }

    /// The member, else its default.
    mutating func value(_ key: String) -> JSONValue? {
        read.insert(ExactText(key))
        if let value = json[key], !value.isNull { return value }
        return defaults[key]
    }

    /// The member as it stands, `null` too.
    mutating func written(_ key: String) -> JSONValue? {
        read.insert(ExactText(key))
        return json[key]
    }

    mutating func size(_ key: String) throws(ModelError) -> Int {
        guard let size = try optionalSize(key) else { throw error("it has no \"\(key)\"") }
        return size
    }

    mutating func optionalSize(_ key: String) throws(ModelError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let size = value.integerValue, (1...1 << 30).contains(size) else { throw error("\"\(key)\" is \(value.text()), which is no size") }
        return size
    }

    mutating func optionalCount(_ key: String) throws(ModelError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let count = value.integerValue, (0...1 << 30).contains(count) else { throw error("\"\(key)\" is \(value.text()), which is no count") }
        return count
    }

    mutating func flag(_ key: String) throws(ModelError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.boolValue else { throw error("\"\(key)\" is \(value.text()), which is neither true nor false") }
        return flag
    }

    mutating func text(_ key: String) throws(ModelError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw error("\"\(key)\" is \(value.text()), which is no text") }
        return text
    }

    /// A finite number above zero.
    mutating func number(_ key: String) throws(ModelError) -> Float? {
        guard let value = value(key) else { return nil }
        return try positive(value, key)
    }

    func positive(_ value: JSONValue, _ key: String) throws(ModelError) -> Float {
        guard let number = value.doubleValue.map({ Float($0) }), number.isFinite, number > 0 else {
            throw error("\"\(key)\" is \(value.text()), which is no number above 0")
        }
        return number
    }
}
