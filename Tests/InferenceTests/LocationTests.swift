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
            #expect("\(error)".contains("no-such-model[.*].gguf"))
            #expect("\(error)".contains("help:"))
        }
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
