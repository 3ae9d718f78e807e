import NIOCore
import SSHWire

@testable import SSHCrypto

/// Bytes from hexadecimal digits.
func hex(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}

/// A signature blob around a signature proper.
func signatureBlob(_ name: String, _ proper: [UInt8], trailing: [UInt8] = []) -> [UInt8] {
    var body = ByteBuffer()
    body.writeString(utf8: name)
    body.writeString(proper)
    body.writeBytes(trailing)
    return Array(body.readableBytesView)
}

extension SecretBytes {
    /// The content, for comparing.
    borrowing func exposed() -> [UInt8] {
        withUnsafeBytes { Array($0) }
    }
}

/// A way of protecting packets that can be negotiated; nil is the plain one.
struct Protection: Sendable, CustomStringConvertible {
    let cipher: CipherAlgorithm?
    let mac: MACAlgorithm?

    static let all: [Protection] = [Protection(cipher: nil, mac: nil)] + protecting

    static let protecting: [Protection] = CipherAlgorithm.allCases.flatMap { cipher in
        cipher.isAuthenticated
            ? [Protection(cipher: cipher, mac: nil)] : MACAlgorithm.allCases.map { Protection(cipher: cipher, mac: $0) }
    }

    var description: String { (cipher?.rawValue ?? "plain") + (mac.map { "+" + $0.rawValue } ?? "") }

    func keys(_ seed: UInt64 = 1) -> DirectionKeys {
        var random = RandomSource.seeded(seed)
        return DirectionKeys(
            initialVector: random.secret(count: cipher?.ivByteCount ?? 0),
            encryptionKey: random.secret(count: cipher?.keyByteCount ?? 0),
            macKey: random.secret(count: mac?.keyByteCount ?? 0))
    }

    func makeOpener() throws -> Opener {
        guard let cipher else { return Opener() }
        return try Opener(cipher: cipher, mac: mac, keys: keys())
    }

    func makeSealer() throws -> Sealer {
        guard let cipher else { return Sealer() }
        return try Sealer(cipher: cipher, mac: mac, keys: keys())
    }
}

extension Sealer {
    /// A whole packet around the payload, with something before it in the buffer.
    mutating func packet(
        _ payload: [UInt8], sequence: UInt32, before: [UInt8] = [], granularity: Int = 0
    ) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        var random = RandomSource.seeded(9)
        buffer.writeBytes(before)
        buffer.writeRepeatingByte(0, count: 5)
        buffer.writeBytes(payload)
        buffer.reserveCapacity(minimumWritableBytes: maximumOverhead)
        try seal(
            packetAt: before.count, in: &buffer, sequence: sequence, granularity: granularity, random: &random)
        return buffer
    }
}

extension Opener {
    /// Length, then body: what a packet reader does, without its limits.
    mutating func body(of packet: ByteBuffer, at index: Int = 0, sequence: UInt32) throws -> [UInt8] {
        let length = try packetLength(in: packet, at: index, sequence: sequence)
        var plaintext = ByteBuffer()
        do {
            try open(length, in: packet, at: index, sequence: sequence, into: &plaintext)
        } catch {
            if plaintext.readableBytes != 0 { throw PlaintextLeft() }
            throw error
        }
        return Array(plaintext.readableBytesView)
    }
}

struct PlaintextLeft: Error {}
