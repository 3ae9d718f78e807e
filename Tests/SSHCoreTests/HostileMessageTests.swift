import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §2, from PK-18 on: whole packets with the wrong thing in them.
@Suite("Hostile messages")
struct HostileMessageTests {
    @Test(
        "PK-18 to PK-32 end as the table says, however the bytes arrive", arguments: MessageRows.rows, Delivery.allCases
    )
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
