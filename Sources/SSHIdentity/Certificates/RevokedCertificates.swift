import NIOCore
import SSHWire

/// What a binary revocation list says of one authority's certificates (OpenSSH PROTOCOL.krl §3).
///
/// Ranges and bitmaps stay as they are: a range of all serials costs what one serial does.
struct RevokedCertificates {
    enum Kind: UInt8 {
        case serials = 0x20
        case serialRange = 0x21
        case serialBitmap = 0x22
        case keyIDs = 0x23
    }

    static let extensionNumber: UInt8 = 0x39

    private var serials: [ClosedRange<UInt64>] = []
    private var bitmaps: [SerialBitmap] = []
    private var keyIDs: Set<[UInt8]> = []

    mutating func read(_ kind: Kind, from part: inout ByteBuffer) throws(WireError) {
        switch kind {
        case .serials:
            while part.readableBytes > 0 {
                let serial = try part.readUInt64()
                try revoke(serial, serial)
            }
        case .serialRange:
            let first = try part.readUInt64()
            try revoke(first, try part.readUInt64())
        case .serialBitmap: bitmaps.append(try SerialBitmap(from: &part))
        case .keyIDs: while part.readableBytes > 0 { keyIDs.insert(try part.readText()) }
        }
    }

    /// Zero is the serial of a certificate that was given none, and cannot be revoked.
    private mutating func revoke(_ first: UInt64, _ last: UInt64) throws(WireError) {
        guard first > 0, first <= last else { throw .outOfRange }
        serials.append(first...last)
    }

    func holds(_ certificate: Certificate) -> Bool {
        if keyIDs.contains(certificate.keyIDBytes) { return true }
        let serial = certificate.serial
        guard serial > 0 else { return false }
        return serials.contains { $0.contains(serial) } || bitmaps.contains { $0.holds(serial) }
    }
}

/// Serials as bits of one large number, from a first one on.
///
/// As long as the file makes it: OpenSSH 9.2 writes bitmaps of more than 16,384 bits and then cannot read them.
private struct SerialBitmap {
    private let first: UInt64
    private let bits: MPInt

    init(from part: inout ByteBuffer) throws(WireError) {
        first = try part.readUInt64()
        let number = try part.readStringBytes()
        guard number.first ?? 0 < 0x80 else { throw .outOfRange }
        bits = MPInt(magnitude: number)
        guard let span = UInt64(exactly: bits.bitCount), span == 0 || !first.addingReportingOverflow(span - 1).overflow,
            !holds(0)
        else { throw .outOfRange }
    }

    func holds(_ serial: UInt64) -> Bool {
        guard serial >= first, let position = Int(exactly: serial - first), position < bits.bitCount else {
            return false
        }
        return bits.magnitude[bits.magnitude.count - 1 - position / 8] >> (position % 8) & 1 == 1
    }
}
