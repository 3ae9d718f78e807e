import Fairlead
import Foundation
import NIOCore
import NIOPosix
import PeerSupport
import SSHWire
import Synchronization
import TestSupport
import Testing

/// A server that grants all the room there is and takes what comes faster than we can make it.
@Suite(.fewAtOnce) struct HugeWindowTests {
    private static let byteCount = 64 << 20

    private final class Upload: Sendable {
        let isRunning = Atomic<Bool>(false)
        let turnCount = Atomic<Int>(0)
    }

    @Test("During an upload that nothing slows down the loop has its turns: it reads, and its timers run")
    func turns() async throws {
        let upload = Upload()
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                configuration.channelWindow = .max
                configuration.program = { _ in
                    upload.isRunning.store(true, ordering: .relaxed)
                    return []
                }
                let drain = Drain(of: Self.byteCount) { upload.isRunning.load(ordering: .relaxed) }
                try channel.pipeline.syncOperations.addHandlers([drain, PeerHandler(ScriptedPeer(configuration))])
            }
        }
        let folder = try TemporaryDirectory()
        let path = try folder.write([UInt8](repeating: 0, count: Self.byteCount), to: "input")
        let input = try FileHandle(forReadingFrom: URL(filePath: path))
        let loop = LoopbackServer.loops.next()
        let timer = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { _ in
            if upload.isRunning.load(ordering: .relaxed) { upload.turnCount.add(1, ordering: .relaxed) }
        }
        let descriptors = SessionDescriptors(input: input.fileDescriptor, output: 1, errorOutput: 2)
        // The server leaves when it has all.
        await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration, on: loop) { connection in
                let session = try await JoinedSession(
                    on: connection, program: .command(Array("take".utf8)), environment: [:], terminal: nil,
                    descriptors: descriptors)
                await session.begin()
                _ = try await session.finish()
            }
        }
        timer.cancel()
        try input.close()
        // One for each MiB, where the machine lets it.
        let turnCount = upload.turnCount.load(ordering: .relaxed)
        #expect(turnCount >= Self.byteCount >> 22, "\(turnCount) turns")
    }
}

/// Throws away what comes while `isOpen`, and closes when it has seen enough.
private final class Drain: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var left: Int
    private let isOpen: () -> Bool

    init(of byteCount: Int, while isOpen: @escaping () -> Bool) { (left, self.isOpen) = (byteCount, isOpen) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen() else { return context.fireChannelRead(data) }
        left -= unwrapInboundIn(data).readableBytes
        if left <= 0 { context.close(promise: nil) }
    }
}
