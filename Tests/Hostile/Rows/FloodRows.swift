import NIOCore
import PeerSupport
import SSHWire

/// hostile.md's floods as a peer with a socket plays them; `FloodTests` plays them in process, and sees more there.
package enum FloodRows {
    /// `million` messages of each kind: ruling 44 wants that many in one delivery, and a thousand in the others.
    package static func rows(million: Int) -> [HostileRow] {
        [
            flood("PK-20", "unknown messages, and none of the answers read", million, [[200]], reads: false),
            flood("PK-20", "unknown messages, and the answers read", million, [[200]]),
            flood(
                "PK-23", "IGNORE and DEBUG", million,
                [[2, 0, 0, 0, 0], [2, 0, 0, 0, 1, 0x78], debug]),
            flood("PK-31", "small packets", million, [[81]]),
            flood("SK-18", "PINGs, and none of the answers read", million, [ping], reads: false),
            flood("GR-02", "requests for an answer, and none of the answers read", million, [keepalive], reads: false),
        ]
    }

    /// To be shown always, and long.
    private static let debug: [UInt8] =
        [4, 1] + bigEndian(2002) + [0x1B, 0x5B] + [UInt8](repeating: 0x41, count: 2000) + bigEndian(0)

    private static let ping = [192] + bigEndian(100) + [UInt8](repeating: 7, count: 100)

    private static let keepalive = [80] + bigEndian(21) + Array("keepalive@openssh.com".utf8) + [1]

    private static func flood(
        _ id: String, _ what: String, _ count: Int, _ payloads: [[UInt8]], reads: Bool = true
    ) -> HostileRow {
        HostileRow(id, "a flood of \(what)", .works) { configuration, _ in
            configuration.cipherNames = ["aes128-gcm@openssh.com"]
            configuration.program = { _ in [] }
        }.acting(.floods(count, payloads.map { ByteBuffer(bytes: $0) }, reads: reads)) { _ in }
    }
}
