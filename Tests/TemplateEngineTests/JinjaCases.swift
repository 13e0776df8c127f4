import JSON
import TemplateEngine
import Testing

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The cases that `Fixtures/make_cases.py` rendered with Jinja2.
enum JinjaCases {
    static let data: JSONValue? = {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard let file = fopen(folder + "/Fixtures/jinja-cases.json", "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return try? JSONValue(parsing: bytes)
    }()

    static var files: TemplateDictionaryLoader {
        var sources: [String: String] = [:]
        for (name, source) in data?["files"]?.objectValue ?? [:] { sources[name] = source.stringValue }
        return TemplateDictionaryLoader(sources)
    }

    static var variables: TemplateMap {
        if let data, case .map(let map) = value(data["variables"] ?? .null) { map } else { [:] }
    }

    static func value(_ json: JSONValue) -> TemplateValue {
        switch json {
        case .null: .none
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(Int(value))
        case .number(let value): .double(value)
        case .string(let value): .string(value)
        case .array(let elements): .list(elements.map(value))
        case .object(let members): .map(TemplateMap(members.map { ($0.key, value($0.value)) }))
        }
    }

    static func render(_ item: JSONValue) throws -> String {
        let options = Set((item["options"]?.arrayValue ?? []).compactMap(\.stringValue))
        let environment = TemplateEnvironment(
            loader: files, autoescape: options.contains("autoescape"),
            syntax: TemplateSyntaxOptions(
                trimBlocks: options.contains("trim_blocks"), lstripBlocks: options.contains("lstrip_blocks"),
                keepTrailingNewline: options.contains("keep_trailing_newline")))
        return try Template(item["template"]?.stringValue ?? "", environment: environment).render(variables)
    }
}

@Suite("What Jinja2 renders")
struct JinjaCasesTests {
    @Test("Every template of the fixture renders as in Jinja2, or fails where it fails")
    func cases() throws {
        let cases = try #require(JinjaCases.data?["cases"]?.arrayValue)
        #expect(cases.count > 800)
        for item in cases {
            let template = item["template"]?.stringValue ?? ""
            let options = item["options"]?.arrayValue.map { " \($0.compactMap(\.stringValue))" } ?? ""
            if let expected = item["output"]?.stringValue {
                do {
                    let output = try JinjaCases.render(item)
                    #expect(output.utf8.elementsEqual(expected.utf8), "\(template)\(options)\n→ \(output)\n≠ \(expected)")
                } catch {
                    Issue.record("\(template)\(options)\n→ \(error)")
                }
            } else {
                let error = #expect(throws: TemplateError.self, "\(template) fails in Jinja2 with \(item["error"]?.stringValue ?? "")") {
                    try JinjaCases.render(item)
                }
                #expect(error.map { $0.line > 0 } ?? true, "the error of \(template) has no line: \(error?.message ?? "")")
            }
        }
    }
}
