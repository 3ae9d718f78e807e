import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §9 and §10, as far as sessions go.
@Suite("Hostile channels")
struct HostileChannelTests {
    @Test(
        "Channel messages end as the table says, however the bytes arrive", arguments: ChannelRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
