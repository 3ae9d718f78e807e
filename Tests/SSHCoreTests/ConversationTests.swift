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
