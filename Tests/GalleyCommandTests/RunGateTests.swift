import GalleyCommand
import NotebookModel
import NotebookParser
import SourceText
import Testing

@Suite("Notebooks at a time")
struct RunGateTests {
    private actor Flag {
        private(set) var isSet = false
        func set() { isSet = true }
    }

    @Test("a notebook that uses a GPU waits for the other one, and others do not")
    func gpu() async {
        let gate = RunGate(jobs: 2, gpuJobs: 1)
        let flag = Flag()
        await gate.enter(usesGPU: true)
        let second = Task {
            await gate.enter(usesGPU: true)
            await flag.set()
        }
        await gate.enter(usesGPU: false)
        #expect(await !flag.isSet)
        await gate.leave(usesGPU: false)
        await gate.leave(usesGPU: true)
        await second.value
        #expect(await flag.isSet)
    }

    @Test(
        "a GPU is named by a cell or by a parameter's value",
        arguments: [
            ("```swift\nload(device: .cuda)\n```\n", [], true),
            ("---\nparams:\n  device: cpu\n---\n\n```swift\nload(device)\n```\n", [], false),
            ("---\nparams:\n  device: cpu\n---\n\n```swift\nload(device)\n```\n", [Parameter(name: "device", value: .string("cuda"))], true),
            ("Prose of `.cuda`.\n\n```swift\n#| eval: false\nload(device: .cuda)\n```\n", [], false),
        ])
    func detection(text: String, values: [Parameter], isUsed: Bool) {
        let (parsed, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
        #expect(parsed.notebook.usesGPU(values) == isUsed)
    }
}
