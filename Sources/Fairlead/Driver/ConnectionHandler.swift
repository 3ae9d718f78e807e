import NIOCore
import SSHCore

/// The NIO end of a connection: hands every event to the actor, which runs on the same loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: SSHConnection
    private var cause: SSHError?

    init(_ connection: SSHConnection) {
        self.connection = connection
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.assumeIsolated { $0.transportOpened() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        connection.assumeIsolated { $0.received(&bytes) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        connection.assumeIsolated { $0.transportWritable() }
    }

    func channelInactive(context: ChannelHandlerContext) {
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
