import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@Suite("A whole connection in process")
struct ConversationTests {
    @Test("A login and a command work, however the bytes arrive", arguments: Delivery.allCases)
    func loginAndCommand(_ delivery: Delivery) throws {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        configuration.program = { _ in [.error([1, 2]), .echoInput, .exitStatus(3), .endOfOutput, .close] }
        var script = ClientScript()
        script.commands = [Array("run".utf8)]
        script.input = Array("some input".utf8)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        let record = conversation.record
        #expect(record.errors.isEmpty && record.misuses.isEmpty)
        #expect(record.proofs == [.password])
        #expect(record.output.values.first == Array("some input".utf8))
        #expect(record.errorOutput.values.first == [1, 2])
        #expect(record.exits == [.status(3)])
        #expect(record.ended.count == 1 && record.closed.count == 1)
        #expect(conversation.peer.failure == nil)
    }

    @Test("The same seed gives the same bytes, twice over a login and a command")
    func replay() throws {
        func bytes(_ seed: UInt64) throws -> [UInt8] {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.acceptedPassword = ClientScript.password
            var script = ClientScript()
            script.commands = [Array("run".utf8)]
            script.seed = seed
            let conversation = try Conversation(configuration, script: script).run()
            #expect(conversation.record.exits == [.status(0)])
            return conversation.record.clientBytes
        }
        #expect(try bytes(1) == bytes(1))
        #expect(try bytes(1) != bytes(2))
    }
}

@Suite("The tests' own eyes")
struct PositiveControlTests {
    @Test("A planted canary is found, and a control character is not called harmless")
    func canaries() {
        let planted = Array("....canary-user....".utf8)
        #expect(contains(planted, ClientScript.user) && !contains(planted, ClientScript.password))
        #expect(contains(ClientScript.user, ClientScript.user) && !contains([], ClientScript.user))
        #expect(isHarmless("plain text, ÄÖÜ 漢字"))
        for text in ["\u{1B}[31m", "\u{9B}31m", "\u{202E}abc", "a\u{7F}", "a\nb"] { #expect(!isHarmless(text)) }
    }

    @Test("A connection without encryption of the login would show the canary: the peer does see it")
    func peerSeesCanaries() throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script).run()
        let opened = conversation.peer.received.map { Array($0.payload.readableBytesView) }
        for canary in [ClientScript.user, ClientScript.password, HostileCheck.command] {
            #expect(opened.contains { contains($0, canary) })
        }
    }

    @Test("Whatever is done to an honest packet, the pipe delivers every byte in order", arguments: Delivery.allCases)
    func pipe(_ delivery: Delivery) {
        var pipe = DripPipe(delivery, seed: 9)
        let pieces = (0..<50).map { ByteBuffer(bytes: (0...$0).map { UInt8($0) }) }
        for piece in pieces { pipe.push(piece) }
        var delivered: [UInt8] = []
        while let piece = pipe.take() { delivered += Array(piece.readableBytesView) }
        #expect(delivered == pieces.flatMap { Array($0.readableBytesView) })
    }
}
