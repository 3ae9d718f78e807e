import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §8 and attacks.md D, as far as prompts, changed passwords and message 60 go.
@Suite("Hostile prompts")
struct HostileInteractiveTests {
    @Test(
        "Answers to a login that asks as the table says, however the bytes arrive", arguments: InteractiveRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }
}
