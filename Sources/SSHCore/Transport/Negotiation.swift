package import SSHCrypto
package import SSHWire

/// What both sides agreed on (RFC 4253 §7.1).
///
/// A MAC is nil where the cipher authenticates by itself.
package struct NegotiatedAlgorithms: Hashable, Sendable {
    package var keyExchange: KeyExchangeAlgorithm
    package var hostKey: SignatureAlgorithm
    package var cipherClientToServer: CipherAlgorithm
    package var cipherServerToClient: CipherAlgorithm
    package var macClientToServer: MACAlgorithm?
    package var macServerToClient: MACAlgorithm?
    package var compressionClientToServer = CompressionAlgorithm.none
    package var compressionServerToClient = CompressionAlgorithm.none
}

/// No common algorithm: in which slot, and what each side offered there.
package struct NegotiationFailure: Hashable, Sendable {
    package enum Slot: String, Hashable, Sendable, CaseIterable {
        case keyExchange = "key exchange"
        case hostKey = "host key"
        case cipherClientToServer = "cipher, client to server"
        case cipherServerToClient = "cipher, server to client"
        case macClientToServer = "MAC, client to server"
        case macServerToClient = "MAC, server to client"
        case compressionClientToServer = "compression, client to server"
        case compressionServerToClient = "compression, server to client"
    }

    package let slot: Slot
    package let ours: NameList
    package let theirs: NameList
}

/// The choice of algorithms as a pure function of both proposals: in each slot the client's first name that the server
/// has too.
///
/// AEAD ciphers make their direction's MAC lists irrelevant.
package enum Negotiation {
    package static func agree(ours: KexInit, theirs: KexInit) throws(ProtocolError) -> NegotiatedAlgorithms {
        let keyExchange = try pick(
            KeyExchangeAlgorithm.self, .keyExchange, ours.keyExchanges, theirs.keyExchanges)
        let hostKey = try pick(SignatureAlgorithm.self, .hostKey, ours.hostKeys, theirs.hostKeys)
        let cipherOut = try pick(
            CipherAlgorithm.self, .cipherClientToServer, ours.ciphersClientToServer, theirs.ciphersClientToServer)
        let cipherIn = try pick(
            CipherAlgorithm.self, .cipherServerToClient, ours.ciphersServerToClient, theirs.ciphersServerToClient)
        return NegotiatedAlgorithms(
            keyExchange: keyExchange,
            hostKey: hostKey,
            cipherClientToServer: cipherOut,
            cipherServerToClient: cipherIn,
            macClientToServer: cipherOut.isAuthenticated
                ? nil
                : try pick(MACAlgorithm.self, .macClientToServer, ours.macsClientToServer, theirs.macsClientToServer),
            macServerToClient: cipherIn.isAuthenticated
                ? nil
                : try pick(MACAlgorithm.self, .macServerToClient, ours.macsServerToClient, theirs.macsServerToClient),
            compressionClientToServer: try pick(
                CompressionAlgorithm.self, .compressionClientToServer, ours.compressionsClientToServer,
                theirs.compressionsClientToServer),
            compressionServerToClient: try pick(
                CompressionAlgorithm.self, .compressionServerToClient, ours.compressionsServerToClient,
                theirs.compressionsServerToClient))
    }

    /// Whether the packet that `theirs` announced to follow was guessed for other algorithms and is to be skipped (§7.1).
    package static func isWrongGuess(ours: KexInit, theirs: KexInit) -> Bool {
        theirs.firstPacketFollows && !isSameFirst(ours, theirs)
    }

    /// Whether a guess is right: both sides prefer the same key exchange and host key.
    package static func isSameFirst(_ ours: KexInit, _ theirs: KexInit) -> Bool {
        ours.keyExchanges.names.first == theirs.keyExchanges.names.first
            && ours.hostKeys.names.first == theirs.hostKeys.names.first
    }

    private static func pick<Algorithm: RawRepresentable<String>>(
        _ type: Algorithm.Type, _ slot: NegotiationFailure.Slot, _ ours: NameList, _ theirs: NameList
    ) throws(ProtocolError) -> Algorithm {
        // Markers are no algorithms: `Algorithm(rawValue:)` knows none of them, so they are never picked.
        for name in ours.names where theirs.contains(name) {
            if let algorithm = Algorithm(rawValue: String(decoding: name.bytes, as: UTF8.self)) { return algorithm }
        }
        throw .negotiation(NegotiationFailure(slot: slot, ours: ours, theirs: theirs))
    }
}
