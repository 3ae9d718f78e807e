import NIOCore
import SSHCore

/// The NIO end of a connection: hands every event to the actor, which runs on the same loop.
///
/// A stream is read in few and large pieces: after a read that left nothing, where much has come lately, the next one
/// waits a moment. To be woken for every few packets costs more than to receive them; the socket's own buffer takes what
/// comes meanwhile. What a person types and sees is too little for that, and beside other sessions there is no rest.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let restByteCount = 64 * 1024
    private static let rest = TimeAmount.microseconds(300)

    private let connection: SSHConnection
    private let winner: RaceWinner
    /// Another address of the host may be faster: then this one's server hears nothing, and nobody hears of it.
    private var isFirst = false
    private var cause: SSHError?
    /// What came lately: each read counts half as much as the next.
    private var recentByteCount = 0
    private var isResting = false
    /// Somebody wanted to read meanwhile.
    private var isReadDue = false

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
        rest(after: bytes.readableBytes, context)
        connection.assumeIsolated { $0.received(&bytes) }
    }

    func read(context: ChannelHandlerContext) {
        isReadDue = isResting
        if !isResting { context.read() }
    }

    private func rest(after byteCount: Int, _ context: ChannelHandlerContext) {
        recentByteCount = recentByteCount / 2 + byteCount
        guard byteCount < Connector.receiveByteCount, recentByteCount >= Self.restByteCount, !isResting,
            connection.assumeIsolated({ $0.sessions.count }) == 1
        else { return }
        isResting = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.rest) { [weak self] in
            guard let self else { return }
            isResting = false
            if isReadDue { read(context: context) }
        }
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
