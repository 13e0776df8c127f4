internal import JSON
internal import SourceText
private import Yams

/// A YAML value with the place of each part, counted in the notebook.
struct YAMLTree {
    struct Member {
        var key: YAMLTree
        var value: YAMLTree
    }

    enum Content {
        /// `isPlain` is whether it was written without quotes, so that it may be a number or a truth value.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLTree])
        case mapping([Member])
    }

    var content: Content
    var place: SourceLocation
}

/// Why a text is not YAML.
struct YAMLProblem: Error {
    var message: String
    var place: SourceLocation
}

extension YAMLTree {
    /// How many values a text may hold, aliases expanded: a few lines of aliases can stand for billions.
    private static let maximumCount = 50_000
    private static let maximumDepth = 64

    /// Parses one YAML document that begins at `line` (from 1) of the notebook, shifted by `column` columns.
    ///
    /// - Returns: `nil` for an empty document.
    static func parse(_ text: String, line: Int, column: Int = 0) throws(YAMLProblem) -> YAMLTree? {
        if let simple = simple(text, line: line, column: column) { return simple }
        func place(_ mark: Mark) -> SourceLocation {
            SourceLocation(line: max(mark.line, 1) + line - 1, column: max(mark.column, 1) + column)
        }
        if let depth = nestingProblem(in: text) {
            throw YAMLProblem(message: "nested deeper than \(maximumDepth) levels", place: SourceLocation(line: line + depth, column: 1))
        }
        let node: Node?
        do {
            // Named, because the default encoding is looked up in the environment each time.
            node = try compose(yaml: text, .default, .default, .utf8)
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                throw YAMLProblem(message: problem, place: place(mark))
            case .duplicatedKeysInMapping(let duplicates, let context):
                throw YAMLProblem(
                    message: "the key \(duplicates.sorted().map { "“\($0)”" }.joined(separator: ", ")) stands there twice", place: place(context.mark)
                )
            case .reader(let problem, _, _, _):
                throw YAMLProblem(message: problem, place: SourceLocation(line: line, column: 1))
            default:
                throw YAMLProblem(message: "it cannot be read", place: SourceLocation(line: line, column: 1))
            }
        } catch {
            throw YAMLProblem(message: "it cannot be read", place: SourceLocation(line: line, column: 1))
        }
        guard let node else { return nil }
        var count = 0
        let start = SourceLocation(line: line, column: 1 + column)
        guard let tree = convert(node, count: &count, start: start, place: place) else {
            throw YAMLProblem(message: "aliases make it larger than \(maximumCount) values", place: start)
        }
        return tree
    }

    private static func convert(_ node: Node, count: inout Int, start: SourceLocation, place: (Mark) -> SourceLocation) -> YAMLTree? {
        count += 1
        guard count <= maximumCount else { return nil }
        let position = node.mark.map(place) ?? start
        switch node {
        case .scalar(let scalar):
            return YAMLTree(content: .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any), place: position)
        case .sequence(let sequence):
            var elements: [YAMLTree] = []
            for element in sequence {
                guard let converted = convert(element, count: &count, start: position, place: place) else { return nil }
                elements.append(converted)
            }
            return YAMLTree(content: .sequence(elements), place: position)
        case .mapping(let mapping):
            var members: [Member] = []
            for (key, value) in mapping {
                guard let key = convert(key, count: &count, start: position, place: place),
                    let value = convert(value, count: &count, start: position, place: place)
                else { return nil }
                members.append(Member(key: key, value: value))
            }
            return YAMLTree(content: .mapping(members), place: position)
        case .alias:
            return YAMLTree(content: .scalar("", isPlain: true), place: position)
        }
    }

    private static let maximumIndentation = 256

    /// The line (from 0) on which a text nests too deeply for a recursive reader, judged by brackets, dashes and indentation.
    private static func nestingProblem(in text: String) -> Int? {
        var line = 0
        var brackets = 0
        var dashes = 0
        var indentation = 0
        var atStart = true
        for byte in text.utf8 {
            switch byte {
            case 0x0A:
                line += 1
                dashes = 0
                indentation = 0
                atStart = true
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "?"): if atStart { dashes += 1 }
            case 0x20: if atStart { indentation += 1 }
            default: atStart = false
            }
            if brackets > maximumDepth || dashes > maximumDepth || indentation > maximumIndentation { return line }
        }
        return nil
    }

    // MARK: Reading

    /// The text of a scalar, whatever its type.
    var string: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    var isNull: Bool {
        if case .scalar(let text, true) = content { text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL" } else { false }
    }

    var bool: Bool? {
        guard case .scalar(let text, true) = content else { return nil }
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "on": return true
        case "false", "False", "FALSE", "no", "No", "off": return false
        default: return nil
        }
    }

    /// A truth value as people write it to whichever tool: in quotes, in any case, as a letter or a digit.
    var truth: Bool? {
        guard let string else { return nil }
        switch string.lowercased().filter({ !$0.isWhitespace }) {
        case "true", "yes", "on", "y", "t", "1": return true
        case "false", "no", "off", "n", "f", "0": return false
        default: return nil
        }
    }

    var integer: Int? {
        guard case .scalar(let text, true) = content else { return nil }
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        return Int(text.replacing("_", with: ""))
    }

    var double: Double? {
        guard case .scalar(let text, true) = content, let first = text.utf8.first,
            (0x30...0x39).contains(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: ".")
        else { return nil }
        return Double(text)
    }

    var sequence: [YAMLTree]? {
        if case .sequence(let elements) = content { elements } else { nil }
    }

    var mapping: [(key: YAMLTree, value: YAMLTree)]? {
        if case .mapping(let members) = content { members.map { ($0.key, $0.value) } } else { nil }
    }

    subscript(key: String) -> YAMLTree? { mapping?.first { $0.key.string == key }?.value }

    /// One string, or a list of them.
    var strings: [String]? {
        if isNull { return [] }
        if let string { return [string] }
        guard let sequence else { return nil }
        let strings = sequence.compactMap(\.string)
        return strings.count == sequence.count ? strings : nil
    }

    /// By YAML's core schema; keys that are not scalars are left out.
    var json: JSONValue {
        switch content {
        case .scalar(let text, let isPlain):
            if !isPlain { return .string(text) }
            if isNull { return .null }
            if let bool { return .bool(bool) }
            if let integer { return .integer(Int64(integer)) }
            if let double { return .number(double) }
            return .string(text)
        case .sequence(let elements): return .array(elements.map(\.json))
        case .mapping(let members):
            var object = JSONObject()
            for member in members {
                if let name = member.key.string { object[name] = member.value.json }
            }
            return .object(object)
        }
    }
}
