import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// hostile.md §2: framing, in the clear and under every kind of cipher.
@Suite("Hostile packets")
struct HostilePacketTests {
    @Test(
        "B1 B2 B5 B6 PK-01 to PK-14 end as the table says, in every mode, however the bytes arrive",
        arguments: PacketRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
