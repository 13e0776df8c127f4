internal import CCellHost
internal import CellWire

// What the executor writes into compiled cells. Not for authors: the names may change.

/// Shows the value of a cell's last expression, unless there is none.
public func _galleyResult<Value>(_ value: Value) {
    if Value.self == Void.self || Value.self == Never.self { return }
    // A task that was started is no value to look at.
    if value is any CancellableTask { return }
    let parts = displayParts(of: value)
    for (index, part) in parts.enumerated() { CellOutputs.show(part, role: index == parts.count - 1 ? .result : .display) }
}

/// What cannot be copied cannot be shown.
@_disfavoredOverload
public func _galleyResult<Value: ~Copyable>(_ value: consuming Value) {}

@_disfavoredOverload
public func _galleyDiscard<Value: ~Copyable>(_ value: consuming Value) {}

/// Takes the value of a cell's last expression where a semicolon follows it.
public func _galleyDiscard<Value>(_ value: Value) {}

/// The value of an expression in prose.
public func _galleyInline<Value>(_ value: Value) {
    for part in displayParts(of: value) { CellOutputs.show(part, role: .result) }
}

/// Stands between the cells of an image that holds several: ends the cell before and begins the one
/// that is `next` places after the image's first.
public func _galleyBoundary(_ next: Int) {
    HostSession.current?.cross(into: next)
}

/// Runs an asynchronous operation to its end while the cell waits.
///
/// `await` at a cell's top level is turned into this. As in a program, the top level is on the main actor: the operation begins on
/// the calling thread at once, and while it is suspended the thread serves the main queue. What is in the queue when a cell ends
/// waits there until a later cell waits.
public func awaitValue<Value, Failure: Error>(
    _ operation: nonisolated(nonsending) @escaping () async throws(Failure) -> Value
) throws(Failure) -> Value {
    let outcome = Outcome<Value, Failure>()
    let work = UncheckedOperation(operation)
    guard let session = HostSession.current, galley_runs_cells() != 0 else {
        Task.detached { await outcome.set(work.result()) }
        return try outcome.get().get()
    }
    let task = Task.immediate { @MainActor in outcome.set(await work.result()) }
    session.waiting(for: task)
    defer { session.waitingEnded() }
    session.serveMainQueue { outcome.isSet }
    return try outcome.get().get()
}

/// Does what is the main actor's, for a cell, which runs there.
///
/// A value of the main actor's may be given on, since nothing else runs there meanwhile.
@discardableResult
public func _galleyMain<Value>(_ body: @MainActor () throws -> Value) rethrows -> Value {
    try MainActor.assumeIsolated { try UncheckedValue(value: body()) }.value
}

private struct UncheckedValue<Value>: @unchecked Sendable {
    // Sendable because it does not leave the thread.
    let value: Value
}

private struct UncheckedOperation<Value, Failure: Error>: @unchecked Sendable {
    // Sendable because the cell that made the closure waits until it has ended.
    private let operation: nonisolated(nonsending) () async throws(Failure) -> Value

    init(_ operation: nonisolated(nonsending) @escaping () async throws(Failure) -> Value) {
        self.operation = operation
    }

    nonisolated(nonsending) func result() async -> Result<Value, Failure> {
        do throws(Failure) {
            return .success(try await operation())
        } catch {
            return .failure(error)
        }
    }
}

private final class Outcome<Value, Failure: Error>: @unchecked Sendable {
    // Sendable because the value is written before `latch` opens and read after.
    private var result: Result<Value, Failure>?
    private let latch = Latch()

    func set(_ result: Result<Value, Failure>) {
        self.result = result
        latch.open()
    }

    var isSet: Bool { latch.isOpened }

    func get() -> Result<Value, Failure> {
        latch.wait()
        guard let result else { preconditionFailure("the latch opened without a result") }
        return result
    }
}
