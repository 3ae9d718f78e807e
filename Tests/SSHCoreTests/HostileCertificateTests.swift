import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md's KX-21: certificates in a key exchange.
///
/// Whom an authority may vouch for, and when, is for known hosts to say; here it is about what is in the reply.
@Suite("Hostile host certificates")
struct HostileCertificateTests {
    @Test(
        "Answers to a certificate as the table says, however the bytes arrive", arguments: CertificateRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    @Test("KX-21 A certificate that is cut short, wherever, or changed in one bit of any byte, ends the exchange")
    func damage() throws {
        let whole = try CertificateRows.certificate()
        let damaged =
            whole.indices.map { Array(whole[..<$0]) }
            + whole.indices.map { index in
                var blob = whole
                blob[index] ^= UInt8(1 << (index % 8))
                return blob
            }
        for (index, blob) in damaged.enumerated() {
            var (configuration, script) = try HostileCheck.honest()
            try CertificateRows.showing { blob }(&configuration, &script)
            let record = try Conversation(configuration, script: script).run().record
            #expect(record.errors.map(\.kind) == [.hostKeyMismatch], "blob \(index)")
            #expect(record.offeredKeys.isEmpty)
        }
    }
}
