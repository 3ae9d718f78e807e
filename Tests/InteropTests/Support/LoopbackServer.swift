import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A TCP server of the test's own on a loopback port, gone with its last reference.
final class LoopbackServer: Sendable {
    let port: Int
    /// The loops of the servers that are ours: those of the clients, in the same process, may have work for seconds.
    ///
    /// Many, for a server may have as much.
    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 16)
    private let listener: any Channel
    private let connections: Connections

    private final class Connections: Sendable {
        let channels = Mutex<[any Channel]>([])
    }

    /// `serve` runs on each connection's loop before its first byte is read.
    static func start(
        _ serve: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> LoopbackServer {
        let connections = Connections()
        let listener = try await ServerBootstrap(group: loops)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One that fits itself to small packets would cut those that come together.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65536))
            .childChannelInitializer { child in
                keep(child)
                connections.channels.withLock { $0.append(child) }
                return serve(child)
            }
            .bind(host: Loopback.address, port: 0).get()
        return LoopbackServer(listener, connections)
    }

    /// Keeps a connection from tests that run in a process of their own: it would not end while one of them does.
    static func keep(_ channel: any Channel) {
        _ = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Says `greeting` to whoever connects; then it reads for ever, or ends its side.
    static func saying(_ greeting: [UInt8], thenCloses: Bool = false) async throws -> LoopbackServer {
        try await start { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Greeter(greeting, thenCloses: thenCloses))
            }
        }
    }

    /// Drops whoever says a word, without an orderly end.
    static func resetting() async throws -> LoopbackServer {
        try await start { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Resetter()) }
        }
    }

    private init(_ listener: any Channel, _ connections: Connections) {
        self.listener = listener
        self.connections = connections
        port = listener.localAddress?.port ?? 0
    }

    deinit {
        listener.close(promise: nil)
        closeConnections()
    }

    /// How many clients connected so far.
    var connectionCount: Int { connections.channels.withLock { $0.count } }

    /// How many of them are still there.
    var openConnectionCount: Int { connections.channels.withLock { $0.count(where: \.isActive) } }

    /// Cuts every connection.
    func closeConnections() {
        for channel in connections.channels.withLock({ $0 }) { channel.close(promise: nil) }
    }
}

private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]
    private let thenCloses: Bool

    init(_ greeting: [UInt8], thenCloses: Bool) {
        self.greeting = greeting
        self.thenCloses = thenCloses
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil)
        if thenCloses { context.close(mode: .output, promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Drops whoever says a word.
final class Resetter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Closing with no time to linger sends a reset.
        (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
        }
        context.close(promise: nil)
    }
}
