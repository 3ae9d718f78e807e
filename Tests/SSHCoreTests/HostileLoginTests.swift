import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §8, as far as passwords and public keys go.
@Suite("Hostile logins")
struct HostileLoginTests {
    @Test(
        "Answers to a login end as the table says, however the bytes arrive", arguments: LoginRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    @Test(
        "AU-19 The size of a password's packet does not tell its length",
        arguments: ["aes128-gcm@openssh.com", "aes128-ctr"])
    func passwordLength(_ cipher: String) throws {
        // With blocks of 64 bytes, of which these lengths touch two; smaller ones would be more, and tell more.
        let sizes = try (1...65).map { count in
            var (configuration, script) = try HostileCheck.honest()
            configuration.cipherNames = [Name(cipher)]
            script.credentials = [.password([UInt8](repeating: 0x61, count: count))]
            return try Conversation(configuration, script: script).run().record.clientBytes.count
        }
        let block = try #require(sizes.last) - sizes[0]
        #expect(Set(sizes).count == 2 && block == 64, "\(sizes)")
    }
}
