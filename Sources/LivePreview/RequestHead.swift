/// The head of an HTTP/1.1 request (RFC 9112), read strictly: what is doubtful is refused.
struct RequestHead: Sendable, Hashable {
    var method: String
    /// The target as sent: a path with its query.
    var target: String
    /// Fields with their names in lower case, in the order sent.
    var fields: [(name: String, value: String)]

    static func == (left: RequestHead, right: RequestHead) -> Bool {
        left.method == right.method && left.target == right.target && left.fields.map(\.name) == right.fields.map(\.name)
            && left.fields.map(\.value) == right.fields.map(\.value)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(target)
    }

    /// The value of a field that must not come more than once; `nil` when it is absent or repeated.
    func single(_ name: String) -> String? {
        let values = fields.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// The length of the body; `nil` when it is not plainly given.
    var contentLength: Int? {
        if has("transfer-encoding") { return nil }
        guard has("content-length") else { return 0 }
        guard let text = single("content-length"), (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    /// Where the head ends in `bytes`, past its empty line; `nil` while it is incomplete.
    static func end(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 0x0A {
            if bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D { return index + 1 }
        }
        return nil
    }

    /// `nil` when the bytes are no well-formed head.
    init?(_ bytes: some Collection<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else { return nil }
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        while lines.last == "" { lines.removeLast() }
        guard lines.allSatisfy({ $0.utf8.last == 0x0D }) else { return nil }
        let trimmed = lines.map { String(decoding: $0.utf8.dropLast(), as: UTF8.self) }
        let start = trimmed.first?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard start.count == 3, start[2] == "HTTP/1.1" || start[2] == "HTTP/1.0", start[1].hasPrefix("/"),
            !start[0].isEmpty, start[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) })
        else { return nil }
        method = String(start[0])
        target = String(start[1])
        fields = []
        for line in trimmed.dropFirst() where !line.isEmpty {
            guard let colon = line.utf8.firstIndex(of: 0x3A), colon > line.startIndex else { return nil }
            let name = line[..<colon]
            guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !line.utf8.contains(0x0D) else { return nil }
            let value = line[line.index(after: colon)...].utf8.drop { $0 == 0x20 || $0 == 0x09 }
            var end = value[...]
            while let last = end.last, last == 0x20 || last == 0x09 { end.removeLast() }
            fields.append((name.lowercased(), String(decoding: end, as: UTF8.self)))
        }
    }
}
