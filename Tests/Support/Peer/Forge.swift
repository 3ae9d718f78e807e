import NIOCore
import SSHCrypto

/// Seals bodies with any padding, which the honest sealer would not.
package final class Forge: PacketForge {
    private var cipher: PacketCipher
    private let tagByteCount: Int

    package init(_ cipher: CipherAlgorithm, _ mac: MACAlgorithm?, _ keys: borrowing DirectionKeys) throws {
        self.cipher = try PacketCipher(cipher, mac: mac, keys: keys, encrypts: true)
        tagByteCount = cipher.isAuthenticated ? 16 : mac?.tagByteCount ?? 0
    }

    package func seal(body: [UInt8], sequence: UInt32) throws -> [UInt8] {
        var packet = ByteBuffer(integer: UInt32(body.count))
        packet.writeBytes(body)
        packet.writeRepeatingByte(0, count: tagByteCount)
        var bytes = Array(packet.readableBytesView)
        try bytes.withUnsafeMutableBufferPointer { pointer in
            guard let base = pointer.baseAddress else { return }
            try cipher.seal(base, bodyByteCount: body.count, sequence: sequence)
        }
        return bytes
    }
}
