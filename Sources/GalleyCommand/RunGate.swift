package import NotebookModel

/// Lets so many notebooks run at a time, and fewer of those that use a GPU: two of them would share its memory.
package struct RunGate: Sendable {
    private let all: Gate
    private let gpu: Gate

    package init(jobs: Int, gpuJobs: Int) {
        all = Gate(count: jobs)
        gpu = Gate(count: gpuJobs)
    }

    package func enter(usesGPU: Bool) async {
        // The narrow gate first: who waits there keeps nobody else from running.
        if usesGPU { await gpu.enter() }
        await all.enter()
    }

    package func leave(usesGPU: Bool) async {
        await all.leave()
        if usesGPU { await gpu.leave() }
    }
}

/// Lets so many through at a time.
actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { free = max(1, count) }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

extension Notebook {
    /// Whether a cell or a parameter names a GPU, such as `.cuda`.
    ///
    /// - Parameter values: The parameters' values in this run, in the place of the front matter's.
    package func usesGPU(_ values: [Parameter]) -> Bool {
        let given = Dictionary(values.map { ($0.name, $0.value) }) { $1 }
        return frontMatter.parameters.contains { (given[$0.name] ?? $0.value).text.contains("cuda") }
            || cells.contains { $0.options.eval && $0.source.contains(".cuda") }
    }
}

/// Maps with at most `jobs` at work, keeping the order.
func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], jobs: Int, _ transform: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [(Int, Result)] = []
        for (index, element) in elements.enumerated() {
            if index >= jobs, let done = try await group.next() { results.append(done) }
            group.addTask { (index, try await transform(element)) }
        }
        for try await done in group { results.append(done) }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
