import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §3.
@Suite("Hostile proposals")
struct HostileNegotiationTests {
    @Test(
        "KI-02 to KI-21 end as the table says, however the bytes arrive", arguments: NegotiationRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    @Test("KI-01 A KEXINIT cut anywhere is refused", arguments: Delivery.allCases)
    func truncated(_ delivery: Delivery) throws {
        let (honest, script) = try HostileCheck.honest()
        let whole = try Conversation(honest, script: script).run().peer.wire[0].count - 4
        for count in 1..<whole {
            var configuration = honest
            configuration.hook = { _, step, payload in
                guard step == .kexInit, count < payload.readableBytes else { return [.payload(payload)] }
                return [.bytes(Array(payload.readableBytesView.prefix(count)))]
            }
            let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
            guard conversation.record.isOver else {
                #expect(count >= whole - 20, "only the padding was cut")
                continue
            }
            #expect(conversation.record.errors == [.malformed(.kexInit, .truncated)])
            #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
        }
    }

    @Test(
        "KI-22 A host that is known by its RSA key is asked for it, whatever the server prefers",
        arguments: Delivery.allCases)
    func knownTypeFirst(_ delivery: Delivery) throws {
        let known = try PublicKey(TestKeys.rsa().verificationKey)
        var hosts = KnownHosts()
        hosts.add(file: "known_hosts", contents: Array("host.example \(known.openSSHLine)\n".utf8))
        var (configuration, script) = try HostileCheck.honest()
        configuration.hostKeys = [try TestKeys.ed25519(), try TestKeys.rsa()]
        configuration.hostKeyNames = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]
        let names = AlgorithmPolicy.standard.hostKeys
        script.configuration.algorithms.hostKeys = hosts.preferredOrder(of: names, host: "host.example", port: 22)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.offeredKeys == [known])
        #expect(conversation.record.isLoggedIn)
    }
}
