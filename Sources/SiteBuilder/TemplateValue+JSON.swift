import Groundwork
import JSON
internal import SourceText
import TemplateEngine

extension TemplateValue {
    init(json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = Int(exactly: value).map(TemplateValue.integer) ?? .double(Double(value))
        case .number(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map(TemplateValue.init(json:)))
        case .object(let members): self = .map(TemplateMap(members.map { ($0.key, TemplateValue(json: $0.value)) }))
        }
    }
}

func contentDigest(_ text: String) -> String { ContentKey(ofBytes: text.utf8).hexadecimal }
