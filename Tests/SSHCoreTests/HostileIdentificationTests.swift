import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import Testing

/// hostile.md §1.
@Suite("Hostile identifications")
struct HostileIdentificationTests {
    @Test(
        "B10 B13 ID-01 to ID-24 end as the table says, however the bytes arrive", arguments: IdentificationRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
