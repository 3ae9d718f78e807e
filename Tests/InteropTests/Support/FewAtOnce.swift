import Synchronization
import Testing

/// Lets a handful of test cases of all suites run at a time: dropbear drops the sixth connection that has not logged in.
struct FewAtOnce: SuiteTrait, TestTrait, TestScoping {
    static let limit = 4

    var isRecursive: Bool { true }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.places.take()
        do {
            try await function()
        } catch {
            Self.places.giveBack()
            throw error
        }
        Self.places.giveBack()
    }

    private static let places = Places()

    /// A counting semaphore for tasks.
    private final class Places: Sendable {
        private struct State {
            var free = FewAtOnce.limit
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func take() async {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.free == 0 {
                        state.waiting.append(continuation)
                        return false
                    }
                    state.free -= 1
                    return true
                }
                if isFree { continuation.resume() }
            }
        }

        func giveBack() {
            let next: CheckedContinuation<Void, Never>? = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.free += 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
    }
}

extension Trait where Self == FewAtOnce {
    /// A handful of test cases at a time.
    static var fewAtOnce: FewAtOnce { FewAtOnce() }
}
