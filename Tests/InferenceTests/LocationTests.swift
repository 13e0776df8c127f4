import Inference
import TestSupport
import Testing

@Suite("Finding models")
struct LocationTests {
    @Test("A name that leads nowhere says where it was looked for")
    func missing() async throws {
        do {
            _ = try await Model.load("no-such-model", device: .cpu)
            Issue.record("a model that does not exist was loaded")
        } catch {
            #expect("\(error)".contains("no-such-model[.Q4_K_M and the like].gguf"))
            #expect("\(error)".contains("help:"))
        }
    }

    @Test("A name finds the model of that name, in whatever quantisation, and no other")
    func names() {
        let names = [
            "SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct-GGUF", "Qwen3-0.6B-Q8_0.gguf", "Qwen3-0.6B-Base-Q8_0.gguf", "Llama-3.2-1B.gguf",
            "Llama-3.2-1B-UD-Q4_K_XL.gguf", "phi-4.F16.gguf", "phi-4-mini.i1-IQ2_XXS.gguf", "gemma-3-270m-q4_k_m.gguf", "two.Q4_0.gguf",
            "two.Q8_0.gguf",
        ]
        let found: [(String, [String])] = [
            ("SmolLM2-135M-Instruct", ["SmolLM2-135M-Instruct.Q4_1.gguf"]), ("smollm2-135m-instruct", ["SmolLM2-135M-Instruct.Q4_1.gguf"]),
            ("SmolLM2-135M-Instruct.Q4_1", ["SmolLM2-135M-Instruct.Q4_1.gguf"]),
            ("SmolLM2-135M-Instruct.Q4_1.gguf", ["SmolLM2-135M-Instruct.Q4_1.gguf"]),
            ("Qwen3-0.6B", ["Qwen3-0.6B-Q8_0.gguf"]), ("Llama-3.2-1B", ["Llama-3.2-1B.gguf"]), ("phi-4", ["phi-4.F16.gguf"]),
            ("phi-4-mini", ["phi-4-mini.i1-IQ2_XXS.gguf"]), ("gemma-3-270m", ["gemma-3-270m-q4_k_m.gguf"]),
            ("two", ["two.Q4_0.gguf", "two.Q8_0.gguf"]),
        ]
        for (name, files) in found { #expect(ModelLocation.match(name, in: names) == files, "\(name)") }
        let strangers = [
            "SmolLM2-135M", "SmolLM2", "Qwen3", "Qwen3-0", "Qwen3-0.6", "Llama-3.2", "Llama-3", "phi", "gemma-3", "gemma-3-270", "two.Q4", "q4_0", "",
            ".gguf",
        ]
        for name in strangers { #expect(ModelLocation.match(name, in: names).isEmpty, "\(name)") }
    }

    @Test("A folder that is no model says which file it lacks")
    func noModel() throws {
        do {
            _ = try Model.load(path: ReferenceData.packageRoot, device: .cpu)
            Issue.record("a folder without a model was loaded")
        } catch {
            #expect("\(error)".contains("help:"))
        }
    }
}
