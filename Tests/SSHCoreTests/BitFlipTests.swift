import NIOCore
import SSHCore
import SSHCrypto
import Testing

/// Every single bit of three packets, under each cipher and MAC and with the keys of each direction.
@Suite("Flipped bits")
struct BitFlipTests {
    struct Protection: Sendable, CustomStringConvertible {
        let cipher: CipherAlgorithm
        let mac: MACAlgorithm?
        let direction: PacketDirection

        var description: String { "\(cipher.rawValue) \(mac?.rawValue ?? "") \(direction)" }

        static let all = [PacketDirection.clientToServer, .serverToClient].flatMap { direction in
            CipherAlgorithm.allCases.flatMap { cipher in
                cipher.isAuthenticated
                    ? [Protection(cipher: cipher, mac: nil, direction: direction)]
                    : MACAlgorithm.allCases.map { Protection(cipher: cipher, mac: $0, direction: direction) }
            }
        }

        /// Whether nothing is told before the greatest packet could have come (CVE-2008-5161).
        var hides: Bool { cipher.rawValue.hasSuffix("-cbc") && mac?.encryptsFirst == false }

        func keys() throws -> DirectionKeys {
            let keys = SessionKeys(exchangeHash: Array(1...32), sessionID: Array(1...32), hash: .sha256)
            return try keys.derive(
                direction, cipher: cipher, mac: mac, secret: SharedSecret(magnitude: SecretBytes(copying: [9, 8, 7])))
        }

        func makeReader(_ keys: borrowing DirectionKeys) throws -> PacketReader {
            var reader = PacketReader()
            reader.rekey(try Opener(cipher: cipher, mac: mac, keys: keys), resetSequence: true)
            return reader
        }

        /// The packets, one after the other.
        func packets() throws -> [[UInt8]] {
            var writer = PacketWriter(random: .seeded(1))
            writer.rekey(try Sealer(cipher: cipher, mac: mac, keys: try keys()), resetSequence: true)
            return try [1, 20, 60].map { count in
                try writer.write(ByteBuffer(repeating: 2, count: count))
                let bytes = writer.take()
                return try Array(#require(bytes).readableBytesView)
            }
        }
    }

    /// What is read of these bytes, and what ended it.
    private func read(_ bytes: [UInt8], by reader: inout PacketReader) -> (count: Int, error: ProtocolError?) {
        var buffer = ByteBuffer(bytes: bytes)
        var count = 0
        do throws(ProtocolError) {
            while try reader.next(from: &buffer) != nil { count += 1 }
            return (count, nil)
        } catch {
            return (count, error)
        }
    }

    @Test(
        "B4 PK-11 PK-12 PK-13 No packet of which a bit was flipped is ever read, nor any after it",
        arguments: Protection.all)
    func everyBit(_ protection: Protection) throws {
        let packets = try protection.packets()
        let keys = try protection.keys()
        var honest = try protection.makeReader(keys)
        #expect(read(packets.flatMap(\.self), by: &honest) == (3, nil))
        // What a greater length may ask for, and what CBC waits for before it tells.
        let filler = [UInt8](repeating: 0x5A, count: 270_000)
        var wrong: [String] = []
        var rejected = 0
        for index in packets.indices {
            let before = packets[..<index].flatMap(\.self)
            let after = packets[(index + 1)...].flatMap(\.self)
            for bit in 0..<packets[index].count * 8 {
                var packet = packets[index]
                packet[bit / 8] ^= 1 << (bit % 8)
                var reader = try protection.makeReader(keys)
                var (count, error) = read(before + packet + after, by: &reader)
                // All that could come is given to each where that costs little, and to some of the others.
                if error == nil, FloodTests.isFull || bit % 61 == 0 || bit < 32 {
                    (count, error) = more(filler, count, &reader)
                }
                if error != nil { rejected += 1 }
                if count != index || error.map({ $0 != .integrity && $0 != .packet }) == true {
                    wrong.append("bit \(bit) of packet \(index): \(count) read, \(String(describing: error))")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect(rejected > 0)
    }

    /// The pieces, a byte at a time or each as a whole.
    private func read(
        _ pieces: [[UInt8]], byteByByte: Bool, by reader: inout PacketReader
    ) -> (count: Int, error: ProtocolError?) {
        guard byteByByte else { return read(pieces.flatMap(\.self), by: &reader) }
        var total = 0
        for byte in pieces.joined() {
            let (count, error) = read([byte], by: &reader)
            total += count
            if error != nil { return (total, error) }
        }
        return (total, nil)
    }

    @Test(
        "B3 No packet is read that lacks bytes, or has some too many, wherever, nor any after it",
        arguments: Protection.all.filter { $0.direction == .serverToClient }, [false, true])
    func everyLength(_ protection: Protection, _ byteByByte: Bool) throws {
        let packets = try protection.packets()
        let keys = try protection.keys()
        let (first, packet, next) = (packets[0], packets[1], packets[2])
        let filler = [UInt8](repeating: 0x5A, count: 270_000)
        var wrong: [String] = []
        // A byte at a time takes long: not everywhere.
        for index in packet.indices where !byteByByte || index < 8 || index % 7 == 0 {
            let damages: [(String, [UInt8])] = [
                ("cut to \(index)", Array(packet[..<index])),
                ("without \(index)", Array(packet[..<index] + packet[(index + 1)...])),
                ("with one more before \(index)", packet[..<index] + [~packet[index]] + packet[index...]),
                ("from \(index) on once more", packet + packet[index...]),
            ]
            for (what, damaged) in damages where damaged != packet {
                var reader = try protection.makeReader(keys)
                var (count, error) = read([first, damaged, next], byteByByte: byteByByte, by: &reader)
                // What is whole is read; what comes behind it is not.
                let expected = damaged.starts(with: packet) ? 2 : 1
                if error == nil, !protection.hides || index % 13 == 0 { (count, error) = more(filler, count, &reader) }
                if count != expected || error.map({ $0 != .integrity && $0 != .packet }) == true {
                    wrong.append("\(what): \(count) read, \(String(describing: error))")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    private func more(_ bytes: [UInt8], _ count: Int, _ reader: inout PacketReader) -> (Int, ProtocolError?) {
        let (more, error) = read(bytes, by: &reader)
        #expect(error != nil)
        return (count + more, error)
    }
}
