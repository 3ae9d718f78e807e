import NIOCore
import SSHCrypto
import SSHWire

/// The points at which a scripted peer speaks.
package enum Step: String, Sendable, CaseIterable {
    case identification
    case kexInit
    case kexGroup
    case kexReply
    case newKeys
    case extInfo
    case serviceAccept
    case authentication
    case channelReply
    case channelData
    case other
}

/// What a scripted peer puts on the wire in place of a payload that it would have sent.
package enum Emission {
    /// Framed and sealed as it should be.
    case payload(ByteBuffer)
    /// Framed and sealed, but never compressed.
    case uncompressed(ByteBuffer)
    /// As it stands.
    case raw([UInt8])
    /// Framed and sealed, and then changed on its way.
    case altered(ByteBuffer, @Sendable (inout [UInt8]) -> Void)
    /// Sealed under another sequence number than its own.
    case sequenced(ByteBuffer, offset: Int)
    /// Sealed after a packet that never leaves.
    case afterLost(ByteBuffer)
    /// Sealed with whatever padding and length: `body` begins with the padding length.
    case forged(body: [UInt8])
    /// Kept back until after what is sent next.
    case delayed(ByteBuffer)
}

extension Emission {
    package static func message(_ message: some Message) -> Emission {
        .payload(message.payload)
    }

    package static func bytes(_ payload: [UInt8]) -> Emission {
        .payload(ByteBuffer(bytes: payload))
    }
}

/// Seals bodies that no honest sealer would make.
package protocol PacketForge: AnyObject {
    func seal(body: [UInt8], sequence: UInt32) throws -> [UInt8]
}

/// Makes a forge for new keys.
package typealias PacketForgeFactory =
    @Sendable (
        CipherAlgorithm, MACAlgorithm?, borrowing DirectionKeys
    ) throws -> any PacketForge
