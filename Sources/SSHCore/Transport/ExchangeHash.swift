import SSHWire
package import NIOCore
package import SSHCrypto

/// The inputs of the exchange hash H, in their order (RFC 4253 §8, RFC 5656 §4, RFC 4419 §3).
package struct ExchangeHash {
    package var clientIdentification: [UInt8]
    package var serverIdentification: [UInt8]
    package var clientKexInit: ByteBuffer
    package var serverKexInit: ByteBuffer
    package var hostKey: [UInt8]
    /// What group exchange adds: sizes asked for, prime and generator (RFC 4419 §3).
    package var group = ByteBuffer()
    package var clientShare: [UInt8]
    package var serverShare: [UInt8]

    package init(
        clientIdentification: [UInt8], serverIdentification: [UInt8], clientKexInit: ByteBuffer,
        serverKexInit: ByteBuffer, hostKey: [UInt8], clientShare: [UInt8], serverShare: [UInt8]
    ) {
        self.clientIdentification = clientIdentification
        self.serverIdentification = serverIdentification
        self.clientKexInit = clientKexInit
        self.serverKexInit = serverKexInit
        self.hostKey = hostKey
        self.clientShare = clientShare
        self.serverShare = serverShare
    }

    package func value(_ algorithm: HashAlgorithm, secret: borrowing SharedSecret) throws(CryptoError) -> [UInt8] {
        var strings = ByteBuffer()
        strings.writeString(clientIdentification)
        strings.writeString(serverIdentification)
        strings.writeString(clientKexInit)
        strings.writeString(serverKexInit)
        strings.writeString(hostKey)
        strings.writeImmutableBuffer(group)
        strings.writeString(clientShare)
        strings.writeString(serverShare)
        var digest = try Digest(algorithm)
        try digest.update(strings)
        try digest.update(secret.encoded)
        return try digest.finalize()
    }
}
