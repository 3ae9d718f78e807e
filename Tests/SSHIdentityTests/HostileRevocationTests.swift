import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// Binary revocation lists that nobody's ssh-keygen wrote.
@Suite struct HostileRevocationTests {
    private static let header = Array("SSHKRL\n\0".utf8) + [0, 0, 0, 1] + .init(repeating: 0, count: 24 + 8)

    /// A part of a list: its number and what it holds.
    private func part(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
        [number] + string(body)
    }

    /// A list of one section of certificates, of any authority.
    private func list(_ parts: [UInt8]) -> [UInt8] {
        Self.header + part(1, string([]) + string([]) + parts)
    }

    private func bytes(_ numbers: UInt64...) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    }

    private func certificate(serial: UInt64) throws -> Certificate {
        var draft = try CertificateDraft()
        draft.serial = serial
        return try Certificate(blob: draft.blob())
    }

    private func fault(of list: [UInt8]) -> RevokedKeys.Fault? {
        do throws(RevokedKeys.Fault) {
            _ = try RevokedKeys(contents: list)
            return nil
        } catch {
            return error
        }
    }

    /// One of everything.
    private func everything() throws -> [UInt8] {
        let key = try testKey(1).blob
        let keyID = try CertificateDraft().keyID
        let serials = part(0x20, bytes(7, 9)) + part(0x21, bytes(100, .max)) + part(0x22, bytes(20) + string([5, 1]))
        let certificates = serials + part(0x23, string(keyID)) + part(0x39, string([1]) + [0] + string([2]))
        return list(certificates) + part(2, string(key)) + part(3, string([UInt8](repeating: 1, count: 20)))
            + part(5, string([UInt8](repeating: 1, count: 32))) + part(255, string([1]) + [0] + string([2]))
    }

    @Test("A list of everything is read, extensions that may be ignored among it")
    func readable() throws {
        let revoked = try RevokedKeys(contents: everything())
        #expect(revoked.isRevoked(try testKey(1)))
        #expect(!revoked.isRevoked(try testKey(3)))
        #expect(revoked.isRevoked(try certificate(serial: 0)))
    }

    @Test("A list that is cut anywhere is an error or, between two sections, a shorter list; a byte more is an error")
    func truncations() throws {
        let whole = try everything()
        var ends: Set<Int> = [Self.header.count]
        var body = ByteBuffer(bytes: whole.dropFirst(Self.header.count))
        while body.readableBytes > 0 {
            _ = try body.readByte()
            _ = try body.readString()
            ends.insert(whole.count - body.readableBytes)
        }
        for count in 1...whole.count {
            #expect((fault(of: Array(whole.prefix(count))) == nil) == ends.contains(count), "\(count)")
        }
        #expect(fault(of: whole + [0]) == .malformed)
    }

    @Test("Changed bytes are an error or another list, never a trap")
    func mutations() throws {
        let whole = try everything()
        let subject = try certificate(serial: 7)
        var random = SplitMix(state: 4)
        var readCount = 0
        for _ in 0..<20_000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let revoked = try? RevokedKeys(contents: changed) else { continue }
            _ = revoked.isRevoked(subject)
            readCount += 1
        }
        #expect(readCount > 1000 && readCount < 19_000)
    }

    @Test("Serials are revoked by list, range and bitmap, to the last number; zero never is")
    func serials() throws {
        let cases: [(parts: [UInt8], revoked: [UInt64], others: [UInt64])] = [
            (part(0x20, bytes(1, .max)), [1, .max], [0, 2, .max - 1]),
            (part(0x21, bytes(1, .max)), [1, 1 << 63, .max], [0]),
            (part(0x21, bytes(5, 5)), [5], [4, 6]),
            (part(0x22, bytes(0) + string([2])), [1], [0, 2]),
            (part(0x22, bytes(10) + string([0, 0x81, 0])), [18, 25], [0, 9, 10, 17, 19, 24, 26, .max]),
            (part(0x22, bytes(.max - 1) + string([2])), [.max], [0, .max - 1]),
            (part(0x22, bytes(3) + string([])), [], [0, 3]),
            (part(0x22, bytes(1) + string([1] + .init(repeating: 0, count: 1 << 20))), [1 + 8 << 20], [1, 8 << 20]),
        ]
        for (index, example) in cases.enumerated() {
            let list = try RevokedKeys(contents: list(example.parts))
            for serial in example.revoked { #expect(list.isRevoked(try certificate(serial: serial)), "\(index)") }
            for serial in example.others { #expect(!list.isRevoked(try certificate(serial: serial)), "\(index)") }
        }
    }

    @Test("Serial zero, a range that runs backwards and a bitmap past the last number are errors, as in OpenSSH")
    func impossibleSerials() {
        for parts in [
            part(0x20, bytes(1, 0)), part(0x21, bytes(0, 5)), part(0x21, bytes(6, 5)), part(0x21, bytes(1, 2, 3)),
            part(0x22, bytes(0) + string([1])), part(0x22, bytes(.max) + string([2])),
            part(0x22, bytes(1) + string([0x80])),
            part(0x23, string([0])),
        ] {
            #expect(fault(of: list(parts)) == .malformed)
        }
    }

    @Test("A section or an extension that must be understood is named, a signature too")
    func unsupported() {
        let critical = string([1]) + [1] + string([2])
        #expect(fault(of: list(part(0x39, critical))) == .unsupported(section: 0x39))
        #expect(fault(of: list(part(0x24, []))) == .unsupported(section: 0x24))
        #expect(fault(of: Self.header + part(255, critical)) == .unsupported(section: 255))
        #expect(fault(of: Self.header + part(4, [1]) + string([2])) == .unsupported(section: 4))
        #expect(fault(of: Self.header + part(6, [])) == .unsupported(section: 6))
    }

    @Test("Digests of another length, another version and loose bytes are errors")
    func malformed() {
        #expect(fault(of: Self.header + part(3, string([UInt8](repeating: 1, count: 32)))) == .malformed)
        #expect(fault(of: Self.header + part(5, string([UInt8](repeating: 1, count: 20)))) == .malformed)
        #expect(fault(of: Self.header + part(255, string([1]) + [0] + string([2]) + [3])) == .malformed)
        var later = Self.header
        later[11] = 2
        #expect(fault(of: later) == .malformed)
        #expect(fault(of: Self.header) == nil)
    }
}
