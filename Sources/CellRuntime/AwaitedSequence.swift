internal import CellWire

// Loops that wait, at the top level of a cell. Not for authors: the names may change.

/// The elements of an asynchronous sequence, each waited for by the cell's thread.
public func _galleyAwaited<Elements: AsyncSequence>(_ elements: Elements) -> AwaitedSequence<Elements> {
    AwaitedSequence(elements)
}

/// Throws what ended the last such sequence early.
public func _galleyAwaitedEnd() throws {
    let error = PendingError.monitor.locked {
        defer { PendingError.error = nil }
        return PendingError.error
    }
    if let error { throw error }
}

/// What a cell's `for await` runs over.
public struct AwaitedSequence<Elements: AsyncSequence>: Sequence, IteratorProtocol {
    private let iterator: SharedIterator<Elements.AsyncIterator>

    init(_ elements: Elements) {
        iterator = SharedIterator(elements.makeAsyncIterator())
    }

    public mutating func next() -> Elements.Element? {
        do {
            return try awaitValue { [iterator] in try await iterator.next() }
        } catch {
            PendingError.monitor.locked { PendingError.error = error }
            return nil
        }
    }
}

private final class SharedIterator<Base: AsyncIteratorProtocol>: @unchecked Sendable {
    // Sendable because the loop waits for each element before it asks for the next.
    private var base: Base

    init(_ base: Base) {
        self.base = base
    }

    func next() async throws -> Base.Element? { try await base.next() }
}

private enum PendingError {
    static let monitor = Monitor()
    // Used with the monitor's lock held.
    nonisolated(unsafe) static var error: (any Error)?
}
