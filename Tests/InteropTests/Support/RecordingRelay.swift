import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A TCP relay to a server on this machine that writes down every byte of both directions.
final class RecordingRelay: Sendable {
    /// What one client and the server said to each other.
    final class Recording: Sendable {
        fileprivate let sent = Mutex<[UInt8]>([])
        fileprivate let received = Mutex<[UInt8]>([])
        fileprivate let isOver = Mutex(false)

        var clientToServer: [UInt8] { sent.withLock { $0 } }
        var serverToClient: [UInt8] { received.withLock { $0 } }
        /// Whether the client has closed, so that no byte can follow.
        var clientHasClosed: Bool { isOver.withLock { $0 } }
    }

    private final class Log: Sendable {
        let recordings = Mutex<[Recording]>([])
    }

    private let server: LoopbackServer
    private let log: Log

    /// Starts one; with a `segment`, what the server says is passed on in pieces of so many bytes, and with a `delay`
    /// everything, either way, comes so much later.
    static func start(to port: Int, segment: Int? = nil, delay: Duration = .zero) async throws -> RecordingRelay {
        let log = Log()
        let server = try await LoopbackServer.start { client in
            let recording = Recording()
            log.recordings.withLock { $0.append(recording) }
            return ClientBootstrap(group: client.eventLoop)
                .channelInitializer { upstream in
                    upstream.eventLoop.makeCompletedFuture {
                        try upstream.pipeline.syncOperations.addHandler(
                            Leg(to: client, into: recording, isClient: false, segment, delay))
                    }
                }
                .connect(host: Loopback.address, port: port)
                .flatMap { upstream in
                    client.eventLoop.makeCompletedFuture {
                        try client.pipeline.syncOperations.addHandler(
                            Leg(to: upstream, into: recording, isClient: true, nil, delay))
                    }
                }
        }
        return RecordingRelay(server, log)
    }

    private init(_ server: LoopbackServer, _ log: Log) {
        self.server = server
        self.log = log
    }

    var port: Int { server.port }
    /// One for each client, in the order of their coming.
    var recordings: [Recording] { log.recordings.withLock { $0 } }

    func closeConnections() {
        server.closeConnections()
    }

    /// The recording of the only client, once it has gone.
    func finishedRecording() async throws -> Recording {
        try await poll(for: "the client to close its connection") {
            recordings.count == 1 && recordings[0].clientHasClosed ? recordings[0] : nil
        }
    }
}

/// One direction of a relayed connection.
private final class Leg: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let recording: RecordingRelay.Recording
    private let isClient: Bool
    private let segment: Int?
    private let delay: TimeAmount

    init(
        to other: any Channel, into recording: RecordingRelay.Recording, isClient: Bool, _ segment: Int?,
        _ delay: Duration
    ) {
        self.segment = segment
        self.delay = TimeAmount(delay)
        self.other = other
        self.recording = recording
        self.isClient = isClient
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if isClient {
            recording.sent.withLock { $0 += Array(bytes.readableBytesView) }
        } else {
            recording.received.withLock { $0 += Array(bytes.readableBytesView) }
        }
        while let segment, bytes.readableBytes > segment, let piece = bytes.readSlice(length: segment) {
            pass(piece)
        }
        pass(bytes)
    }

    private func pass(_ bytes: ByteBuffer) {
        guard delay > .zero else { return other.writeAndFlush(bytes, promise: nil) }
        // What is due at the same time comes in the order in which it was scheduled.
        _ = other.eventLoop.scheduleTask(in: delay) { [other] in other.writeAndFlush(bytes, promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isClient { recording.isOver.withLock { $0 = true } }
        guard delay > .zero else { return other.close(promise: nil) }
        _ = other.eventLoop.scheduleTask(in: delay) { [other] in other.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
