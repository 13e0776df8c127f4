internal import CCellHost
internal import CellWire

// What the executor writes into compiled cells. Not for authors: the names may change.

/// Shows the value of a cell's last expression, unless there is none.
public func _galleyResult<Value>(_ value: Value) {
    if Value.self == Void.self || Value.self == Never.self { return }
    CellOutputs.show(displayRepresentations(of: value), role: .result)
}

/// Takes the value of a cell's last expression where a semicolon follows it.
public func _galleyDiscard<Value>(_ value: Value) {}

/// The value of an expression in prose.
public func _galleyInline<Value>(_ value: Value) {
    CellOutputs.show(displayRepresentations(of: value), role: .result)
}

/// Stands between the cells of an image that holds several: ends the cell before and begins the one
/// that is `next` places after the image's first.
public func _galleyBoundary(_ next: Int) {
    HostSession.current?.cross(into: next)
}

/// Runs an asynchronous operation to its end while the cell waits.
///
/// `await` at a cell's top level is turned into this.
public func awaitValue<Value, Failure: Error>(
    _ operation: @escaping () async throws(Failure) -> Value
) throws(Failure) -> Value {
    let outcome = Outcome<Value, Failure>()
    let work = UncheckedOperation(operation)
    let task = Task.detached {
        do throws(Failure) {
            outcome.set(.success(try await work.run()))
        } catch {
            outcome.set(.failure(error))
        }
    }
    HostSession.current?.waiting(for: task)
    defer { HostSession.current?.waitingEnded() }
    return try outcome.get().get()
}

private struct UncheckedOperation<Value, Failure: Error>: @unchecked Sendable {
    // Sendable because the cell that made the closure waits until it has ended.
    private let operation: () async throws(Failure) -> Value

    init(_ operation: @escaping () async throws(Failure) -> Value) {
        self.operation = operation
    }

    func run() async throws(Failure) -> Value { try await operation() }
}

private final class Outcome<Value, Failure: Error>: @unchecked Sendable {
    // Sendable because the value is written before `latch` opens and read after.
    private var result: Result<Value, Failure>?
    private let latch = Latch()

    func set(_ result: Result<Value, Failure>) {
        self.result = result
        latch.open()
    }

    func get() -> Result<Value, Failure> {
        latch.wait()
        guard let result else { preconditionFailure("the latch opened without a result") }
        return result
    }
}
