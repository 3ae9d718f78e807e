import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// The peer's side of one key exchange.
struct PeerExchange {
    var ours: (message: KexInit, payload: ByteBuffer)?
    var theirs: (message: KexInit, payload: ByteBuffer)?
    /// The group that we chose, and what it adds to the hash.
    var group: (FiniteFieldGroup, inputs: ByteBuffer)?
    /// The client's guess was wrong.
    var skipsNextPacket = false
    var opener: (keys: [DirectionKeysBox], algorithms: NegotiatedAlgorithms)?
    /// Between our KEXINIT and our NEWKEYS.
    var holdsBackOthers: Bool { ours != nil }
}

/// Keys that wait for the client's NEWKEYS; arrays and tuples hold no noncopyable values.
final class DirectionKeysBox {
    let keys: DirectionKeys

    init(_ keys: consuming DirectionKeys) {
        self.keys = keys
    }
}

extension ScriptedPeer {
    /// Starts a key exchange, whatever else is going on.
    package func startRekey() {
        guard exchange.ours == nil else { return }
        proposeKeyExchange()
    }

    func proposeKeyExchange() {
        var names = configuration.keyExchangeNames
        if configuration.isStrict, sessionID == nil { names.names.append(AlgorithmPolicy.Markers.strictServer) }
        var message = KexInit(
            cookie: random.bytes(count: KexInit.cookieByteCount), keyExchanges: names,
            hostKeys: configuration.hostKeyNames, ciphers: configuration.cipherNames, macs: configuration.macNames)
        message.offer(compressions: configuration.compressionNames)
        configuration.alterKexInit(&message)
        var payload = message.payload
        configuration.alterKexInitPayload(&payload)
        exchange.ours = (message, payload)
        send(.kexInit, payload)
    }

    func received(_ message: KexInit, _ payload: ByteBuffer) throws {
        exchange.theirs = (message, payload)
        if exchange.ours == nil { proposeKeyExchange() }
        exchange.skipsNextPacket =
            exchange.ours.map { Negotiation.isWrongGuess(ours: $0.message, theirs: message) } ?? false
    }

    func received(_ message: KexECDHInit) throws {
        guard let ours = exchange.ours, let theirs = exchange.theirs else { throw PeerError.noExchange }
        let agreed = try Negotiation.agree(ours: theirs.message, theirs: ours.message)
        guard
            let hostKey = configuration.hostKeys.first(where: {
                $0.verificationKey.type == agreed.hostKey.plain.keyType
            })
        else { throw PeerError.noHostKey }
        let share = try PeerShare.answer(
            agreed.keyExchange, group: exchange.group?.0, to: message.publicShare,
            keepsZeros: configuration.keepsZerosOfSecret, random: &random)
        var inputs = ExchangeHash(
            clientIdentification: clientIdentification ?? [], serverIdentification: configuration.identification,
            clientKexInit: theirs.payload, serverKexInit: ours.payload,
            hostKey: configuration.hostKeyBlob ?? hostKey.verificationKey.blob, clientShare: message.publicShare,
            serverShare: share.publicShare)
        if let group = exchange.group { inputs.group = group.inputs }
        let hash = try inputs.value(agreed.keyExchange.hash, secret: share.secret)
        exchangeHashes.append(hash)
        var signed = inputs
        configuration.alterSignedHash(&signed)
        let signature = try hostKey.sign(
            try signed.value(agreed.keyExchange.hash, secret: share.secret),
            algorithm: configuration.signsWith ?? agreed.hostKey)
        var reply = KexECDHReply(hostKey: inputs.hostKey, publicShare: inputs.serverShare, signature: signature)
        configuration.alterReply(&reply)
        guard configuration.repliesToShare else { return }
        if exchange.group == nil { send(.kexReply, reply) } else { send(.kexReply, KexDHGexReply(reply)) }
        try switchKeys(agreed, secret: share.secret, hash: hash)
    }

    func received(_ message: KexDHGexRequest) throws {
        var reply = KexDHGexGroup(prime: configuration.group.prime, generator: configuration.group.generator)
        var inputs = ByteBuffer()
        message.encode(into: &inputs)
        reply.encode(into: &inputs)
        exchange.group = (configuration.group, inputs)
        configuration.alterGroup(&reply)
        send(.kexGroup, reply)
    }

    private func switchKeys(
        _ agreed: NegotiatedAlgorithms, secret: borrowing SharedSecret, hash: [UInt8]
    ) throws {
        let session = sessionID ?? hash
        let isFirst = sessionID == nil
        sessionID = session
        let keys = SessionKeys(exchangeHash: hash, sessionID: session, hash: agreed.keyExchange.hash)
        let outward = try keys.derive(
            .serverToClient, cipher: agreed.cipherServerToClient, mac: agreed.macServerToClient, secret: secret)
        let inward = try keys.derive(
            .clientToServer, cipher: agreed.cipherClientToServer, mac: agreed.macClientToServer, secret: secret)
        send(.newKeys, NewKeys())
        exchange.opener = ([DirectionKeysBox(inward)], agreed)
        exchange.ours = nil
        exchange.theirs = nil
        exchange.group = nil
        if !configuration.keepsOldKeys { try useKeys(agreed, outward) }
        if isFirst, let extensions = configuration.extensions {
            send(.extInfo, ExtInfo(extensions: extensions))
        }
        flushWaiting()
    }

    private func useKeys(_ agreed: NegotiatedAlgorithms, _ keys: borrowing DirectionKeys) throws {
        sealer = try Sealer(cipher: agreed.cipherServerToClient, mac: agreed.macServerToClient, keys: keys)
        forge = try configuration.makeForge?(agreed.cipherServerToClient, agreed.macServerToClient, keys)
        isSealing = true
        algorithms = agreed
        if configuration.isStrict { sendSequence = 0 }
        if isCompressing { try compress(agreed.compressionServerToClient) }
    }

    /// What is sent from now on is compressed, with a history that begins here; or nothing is any more.
    func compress(_ algorithm: CompressionAlgorithm) throws {
        compressor = algorithm == .none ? nil : try Compressor()
    }

    /// The login succeeded, and what comes and goes is compressed from here on (OpenSSH PROTOCOL §1.2).
    func startCompression() {
        guard let algorithms, !isCompressing else { return }
        isCompressing = true
        do {
            try compress(algorithms.compressionServerToClient)
            try reader.setCompression(algorithms.compressionClientToServer)
        } catch {
            failure = error
        }
    }

    func receivedNewKeys() throws {
        guard let (keys, agreed) = exchange.opener, let box = keys.first else { throw PeerError.noExchange }
        exchange.opener = nil
        reader.rekey(
            try Opener(cipher: agreed.cipherClientToServer, mac: agreed.macClientToServer, keys: box.keys),
            resetSequence: configuration.isStrict)
        isReadingEncrypted = true
        if isCompressing { try reader.setCompression(agreed.compressionClientToServer) }
        advanceAll()
    }
}
