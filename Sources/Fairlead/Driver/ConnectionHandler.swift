import NIOCore
import SSHCore

/// The NIO end of a connection: hands every event to the actor, which runs on the same loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: SSHConnection
    private let winner: RaceWinner
    /// Another address of the host may be faster: then this one's server hears nothing, and nobody hears of it.
    private var isFirst = false
    private var cause: SSHError?

    init(_ connection: SSHConnection, _ winner: RaceWinner) {
        self.connection = connection
        self.winner = winner
    }

    func channelActive(context: ChannelHandlerContext) {
        isFirst = winner.accepts(connection)
        guard isFirst else { return context.close(promise: nil) }
        connection.assumeIsolated { $0.transportOpened() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isFirst else { return }
        var bytes = unwrapInboundIn(data)
        connection.assumeIsolated { $0.received(&bytes) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, isFirst else { return }
        connection.assumeIsolated { $0.transportWritable() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard isFirst else { return }
        let cause = cause
        connection.assumeIsolated { $0.transportClosed(cause) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError {
            cause = SSHError(
                .lost, .system(errno: error.errnoCode), "Connection lost: \(PlatformFiles.errorText(error.errnoCode))")
        }
        context.close(promise: nil)
    }
}
