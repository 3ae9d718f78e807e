import NIOCore
import NIOPosix

/// Runs what may block (files, name resolution, a signature) on threads that are meant for it.
enum Blocking {
    static func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = try? await NIOThreadPool.singleton.runIfActive { Result(catching: work) }
        // The shared pool never shuts down; were it gone, working here is still right, only slower.
        return try (result ?? Result(catching: work)).get()
    }

    /// The same for what may take for ever, such as name resolution: a cancelled task stops waiting, and the thread is
    /// left to itself.
    static func runOrLeave<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        NIOThreadPool.singleton.submit { _ in promise.completeWith(Result(catching: work)) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }
}
