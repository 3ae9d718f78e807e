import Fairlead
import NIOCore
import PeerSupport
import TestSupport

extension LoopbackServer {
    /// A server that can lie at any step, behind a real socket.
    static func scripted(
        _ configuration: @escaping @Sendable () throws -> PeerConfiguration?
    ) async throws -> LoopbackServer {
        try await start { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let configuration = try configuration() else {
                    return try channel.pipeline.syncOperations.addHandler(Resetter())
                }
                try channel.pipeline.syncOperations.addHandler(PeerHandler(ScriptedPeer(configuration)))
            }
        }
    }

    /// Logs in to a scripted server by its password, whatever its host key.
    var configuration: SSHConfiguration {
        SSHConfiguration(
            host: Loopback.address, port: port, user: "user", hostVerification: .custom { _ in true },
            credentials: [.password(Secret(copying: "correct horse".utf8))])
    }
}

/// A scripted peer behind a socket; `said` runs each time that it had its say.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: ScriptedPeer
    private let said: (ScriptedPeer, any Channel) -> Void

    init(_ peer: ScriptedPeer, said: @escaping (ScriptedPeer, any Channel) -> Void = { _, _ in }) {
        (self.peer, self.said) = (peer, said)
    }

    func channelActive(context: ChannelHandlerContext) {
        peer.start()
        flush(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.receive(unwrapInboundIn(data))
        flush(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// In one piece, so that what belongs together arrives together.
    private func flush(_ context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        for packet in peer.takeOutbound() { bytes.writeImmutableBuffer(packet) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        said(peer, context.channel)
    }
}
