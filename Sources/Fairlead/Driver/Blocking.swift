import NIOPosix

/// Runs what may block (files, name resolution, a signature) on threads that are meant for it.
enum Blocking {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        // The shared pool never shuts down; were it gone, working here is still right, only slower.
        (try? await NIOThreadPool.singleton.runIfActive(work)) ?? work()
    }
}
