import Inference
import JSON
import Tensors

/// Holds greedy answers against those of the reference data, id for id, up to a number of tokens.
func check(_ arguments: Arguments) async throws {
    guard let path = arguments.rest.first else { throw Complaint(text: "check needs the path of chats.json") }
    let model = try arguments.load()
    let cases = try JSONValue(parsing: MappedFile(path: path).contents.copy)["cases"]?.arrayValue ?? []
    guard !cases.isEmpty else { throw Complaint(text: "\(path) has no cases") }
    var wrong = 0
    for item in cases {
        func ids(_ key: String) -> [Int] { item[key]?.arrayValue?.compactMap(\.integerValue) ?? [] }
        let options = GenerationOptions(maximumTokens: max(1, ids("generated_ids").count))
        if try await model.complete(tokens: ids("prompt_ids"), options: options).tokens != ids("generated_ids") { wrong += 1 }
    }
    print(#"{"cases": \#(cases.count), "different": \#(wrong)}"#)
}
