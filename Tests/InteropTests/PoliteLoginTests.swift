import NIOCore
import PeerSupport
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

@testable import Fairlead

/// Servers that hang up on what is sent ahead (ruling 6): the second try waits for each answer.
@Suite(.fewAtOnce) struct PoliteLoginTests {
    /// A peer that may hang up after any read.
    private final class ImpatientPeer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let peer: ScriptedPeer
        private let hangsUp: (ScriptedPeer, ByteBuffer) -> Bool

        init(_ configuration: PeerConfiguration, hangsUp: @escaping (ScriptedPeer, ByteBuffer) -> Bool) {
            peer = ScriptedPeer(configuration)
            self.hangsUp = hangsUp
        }

        func channelActive(context: ChannelHandlerContext) {
            peer.start()
            flush(context)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            peer.receive(bytes)
            if hangsUp(peer, bytes) { return context.close(promise: nil) }
            flush(context)
        }

        private func flush(_ context: ChannelHandlerContext) {
            var bytes = ByteBuffer()
            for packet in peer.takeOutbound() { bytes.writeImmutableBuffer(packet) }
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
    }

    private func server(
        _ change: @escaping @Sendable (_ number: Int, inout PeerConfiguration) -> Void = { _, _ in },
        hangsUp: @escaping @Sendable (Int, ScriptedPeer, ByteBuffer) -> Bool
    ) async throws -> LoopbackServer {
        let count = Mutex(0)
        return try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                let number = count.withLock {
                    $0 += 1
                    return $0
                }
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                change(number, &configuration)
                try channel.pipeline.syncOperations.addHandler(
                    ImpatientPeer(configuration) { hangsUp(number, $0, $1) })
            }
        }
    }

    private func run(_ server: LoopbackServer) async throws {
        var configuration = server.configuration
        let key = try PublicKey(TestKeys.ed25519().verificationKey)
        configuration.hostVerification = .pinned([key.fingerprint.sha256])
        let result = try await withSSHConnection(configuration) { try await $0.run("said") }
        #expect(result.output.text == "said")
    }

    @Test("one that wants to be the first to propose gets our identification alone, and then our KEXINIT")
    func identification() async throws {
        let server = try await server(
            { _, configuration in configuration.waitsForClient = true },
            hangsUp: { _, peer, bytes in
                peer.received.isEmpty == false && bytes.readableBytesView.starts(with: "SSH-".utf8)
            })
        try await run(server)
        #expect(server.connectionCount == 2)
    }

    @Test("one that wants its service granted first gets the login's first request after that")
    func service() async throws {
        let attempts = Mutex<[Int]>([])
        let server = try await server(
            { number, configuration in configuration.acceptsService = number > 1 },
            hangsUp: { number, peer, _ in
                if number > 1, peer.received.last?.number == 5 { attempts.withLock { $0.append(peer.attempts.count) } }
                return number == 1 && !peer.attempts.isEmpty
            })
        try await run(server)
        #expect(server.connectionCount == 2)
        #expect(attempts.withLock { $0 } == [0])
    }

    @Test("one that cannot do with a guess gets none the second time")
    func guess() async throws {
        let server = try await server(hangsUp: { number, peer, _ in
            number > 1 && peer.messages(KexInit.self).contains(where: \.firstPacketFollows)
        })
        let folder = try TemporaryDirectory()
        var configuration = server.configuration
        let key = try PublicKey(TestKeys.ed25519().verificationKey)
        configuration.hostVerification = .pinned([key.fingerprint.sha256])
        configuration.memoryPath = folder.file("logins")
        try configuration.select("curve25519-sha256", for: .keyExchange)
        try configuration.select("ssh-ed25519", for: .hostKey)
        for count in [1, 3] {
            let result = try await withSSHConnection(configuration) { try await $0.run("said") }
            #expect(result.output.text == "said")
            #expect(server.connectionCount == count)
        }
    }
}
