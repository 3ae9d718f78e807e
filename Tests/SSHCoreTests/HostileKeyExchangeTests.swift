import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §4: the order of the exchange, shares, signatures and host keys.
@Suite("Hostile key exchanges")
struct HostileKeyExchangeTests {
    @Test(
        "C2 C9 KX-01 to KX-32 end as the table says, however the bytes arrive", arguments: KeyExchangeRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
