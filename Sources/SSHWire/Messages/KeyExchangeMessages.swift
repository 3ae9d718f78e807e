package import NIOCore

/// One side's proposal of algorithms (RFC 4253 §7.1).
///
/// Its exact bytes enter the exchange hash, so whoever receives one keeps the payload as well.
package struct KexInit: Message, Hashable {
    package static let number = MessageNumber.kexInit
    package static let cookieByteCount = 16

    package var cookie: [UInt8]
    package var keyExchanges: NameList
    package var hostKeys: NameList
    package var ciphersClientToServer: NameList
    package var ciphersServerToClient: NameList
    package var macsClientToServer: NameList
    package var macsServerToClient: NameList
    package var compressionsClientToServer: NameList = ["none"]
    package var compressionsServerToClient: NameList = ["none"]
    package var languagesClientToServer: NameList = []
    package var languagesServerToClient: NameList = []
    package var firstPacketFollows = false

    package init(cookie: [UInt8], keyExchanges: NameList, hostKeys: NameList, ciphers: NameList, macs: NameList) {
        self.cookie = cookie
        self.keyExchanges = keyExchanges
        self.hostKeys = hostKeys
        ciphersClientToServer = ciphers
        ciphersServerToClient = ciphers
        macsClientToServer = macs
        macsServerToClient = macs
    }

    /// The same compressions in both directions.
    package mutating func offer(compressions: NameList) {
        compressionsClientToServer = compressions
        compressionsServerToClient = compressions
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        cookie = try body.readFixed(count: Self.cookieByteCount)
        keyExchanges = try NameList(from: &body)
        hostKeys = try NameList(from: &body)
        ciphersClientToServer = try NameList(from: &body)
        ciphersServerToClient = try NameList(from: &body)
        macsClientToServer = try NameList(from: &body)
        macsServerToClient = try NameList(from: &body)
        compressionsClientToServer = try NameList(from: &body)
        compressionsServerToClient = try NameList(from: &body)
        languagesClientToServer = try NameList(from: &body)
        languagesServerToClient = try NameList(from: &body)
        firstPacketFollows = try body.readBoolean()
        _ = try body.readUInt32()
    }

    /// The lists that are chosen from, in wire order.
    package var algorithmLists: [NameList] {
        [
            keyExchanges, hostKeys, ciphersClientToServer, ciphersServerToClient, macsClientToServer,
            macsServerToClient,
            compressionsClientToServer, compressionsServerToClient,
        ]
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeBytes(cookie)
        for list in algorithmLists { list.encode(into: &body) }
        languagesClientToServer.encode(into: &body)
        languagesServerToClient.encode(into: &body)
        body.writeBoolean(firstPacketFollows)
        body.writeInteger(UInt32(0))
    }
}

/// The new keys are in force for everything that follows (RFC 4253 §7.3).
package struct NewKeys: Message, Hashable {
    package static let number = MessageNumber.newKeys

    package init() {}

    package init(from body: inout ByteBuffer) throws(WireError) {}

    package func encode(into body: inout ByteBuffer) {}
}

/// The client's public share: KEX_ECDH_INIT, or KEXDH_INIT with its mpint, which looks the same on the wire (RFC 5656 §4,
/// RFC 8731 §3, RFC 4253 §8).
package struct KexECDHInit: Message, Hashable {
    package static let number = MessageNumber.kexECDHInit

    package var publicShare: [UInt8]

    package init(publicShare: [UInt8]) {
        self.publicShare = publicShare
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        publicShare = try body.readStringBytes()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(publicShare)
    }
}

/// The server's host key, public share, and signature over the exchange hash (RFC 5656 §4, RFC 8731 §3, RFC 4253 §8).
package struct KexECDHReply: Message, Hashable {
    package static let number = MessageNumber.kexECDHReply

    package var hostKey: [UInt8]
    package var publicShare: [UInt8]
    package var signature: [UInt8]

    package init(hostKey: [UInt8], publicShare: [UInt8], signature: [UInt8]) {
        self.hostKey = hostKey
        self.publicShare = publicShare
        self.signature = signature
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        hostKey = try body.readStringBytes()
        publicShare = try body.readStringBytes()
        signature = try body.readStringBytes()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(hostKey)
        body.writeString(publicShare)
        body.writeString(signature)
    }
}
