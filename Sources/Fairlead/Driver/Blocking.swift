import NIOCore
import NIOPosix

/// Runs what may block (files, name resolution, a signature) on threads that are meant for it.
enum Blocking {
    static func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        // Not NIO's own way to wait for it, which does nothing for a task that is cancelled.
        let result = await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
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
