import Inference
import Testing

@Suite("Options that no token can be chosen by")
struct GenerationOptionsTests {
    private static let wrong: [(name: String, options: GenerationOptions)] = {
        let samplings: [(String, Sampling)] = [
            ("temperature", Sampling(temperature: -1)), ("temperature", Sampling(temperature: .nan)),
            ("temperature", Sampling(temperature: .infinity)), ("temperature", Sampling(temperature: 1e-38)),
            ("topK", Sampling(temperature: 1, topK: -1)), ("topP", Sampling(temperature: 1, topP: 1.5)),
            ("topP", Sampling(temperature: 1, topP: -0.1)), ("topP", Sampling(temperature: 1, topP: .nan)),
            ("minP", Sampling(temperature: 1, minP: 2)), ("repetitionPenalty", Sampling(repetitionPenalty: 0)),
            ("repetitionPenalty", Sampling(repetitionPenalty: -1)), ("repetitionPenalty", Sampling(repetitionPenalty: .nan)),
            ("repetitionPenalty", Sampling(repetitionPenalty: .infinity)), ("repetitionWindow", Sampling(repetitionWindow: -1)),
        ]
        return samplings.map { ($0.0, GenerationOptions(maximumTokens: 1, sampling: $0.1)) } + [
            ("tokens were asked for", GenerationOptions(maximumTokens: 0)), ("alternatives", GenerationOptions(alternatives: -1)),
            ("alternatives", GenerationOptions(alternatives: 65)), ("speculatedTokens", GenerationOptions(speculatedTokens: -1)),
        ]
    }()

    @Test("Each is an error that names it")
    func errors() throws {
        try TinyGGUF().load { model in
            for (name, options) in Self.wrong {
                let error = #expect(throws: ModelError.self) { try model.generate(tokens: [5], options: options) }
                #expect(error.map { "\($0)".contains(name) && "\($0)".contains("help:") } == true, "\(name)")
            }
            let edge = Sampling(temperature: 1e-6, topK: 1, topP: 0, minP: 1, repetitionPenalty: 1e6)
            #expect(throws: Never.self) { try model.generate(tokens: [5], options: GenerationOptions(sampling: edge, alternatives: 64)) }
        }
    }
}
