import Synchronization

/// What became of something that must end by itself; past a generous deadline it hangs, which this throws.
package func watched<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(120), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Result<Value, any Error> {
    let outcome = Outcome<Value>()
    let task = Task {
        do {
            outcome.set(.success(try await body()))
        } catch {
            outcome.set(.failure(error))
        }
    }
    defer { task.cancel() }
    return try await poll(for: "the end of \(what)", within: limit) { outcome.value }
}

private final class Outcome<Value: Sendable>: Sendable {
    private let state = Mutex<Result<Value, any Error>?>(nil)

    var value: Result<Value, any Error>? { state.withLock { $0 } }

    func set(_ value: Result<Value, any Error>) { state.withLock { $0 = value } }
}

extension Result {
    package var error: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
