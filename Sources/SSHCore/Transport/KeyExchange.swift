package import NIOCore
package import SSHCrypto
package import SSHIdentity
package import SSHWire

/// One key exchange, from KEXINIT to NEWKEYS (RFC 4253 §7–8, RFC 4419, RFC 5656, RFC 8731, RFC 10042).
///
/// Owned by the engine, one at a time; the session identifier and the host key of the first one stay for the life of
/// the connection.
///
/// Idle, proposed (our KEXINIT is out), requesting (we asked for a group), sharing (our ephemeral share is out), proven
/// (the reply's signature holds; the host key awaits a decision) and switching (our NEWKEYS is out). It refuses a reply that proves nothing before anyone
/// hears of its host key, and a host key that changes at a later exchange.
package struct KeyExchange: ~Copyable {
    private struct Proposal {
        var message: KexInit
        var payload: ByteBuffer
    }

    private struct Agreed {
        let ours: Proposal
        let theirs: ByteBuffer
        let algorithms: NegotiatedAlgorithms
    }

    private struct Sharing: ~Copyable {
        let agreed: Agreed
        let ephemeral: EphemeralKey
        /// What the group adds to the exchange hash.
        var group = ByteBuffer()
    }

    private struct Proven: ~Copyable {
        let agreement: NegotiatedAlgorithms
        let hostKey: PublicKey
        let secret: SharedSecret
        let hash: [UInt8]
    }

    private enum State: ~Copyable {
        case idle
        case proposed(Proposal)
        case requesting(Agreed, KexDHGexRequest)
        case sharing(Sharing)
        case proven(Proven)
        case switching(Opener)
    }

    private var state = State.idle
    /// Our key of this exchange, until it is known to be the one.
    private var ephemeral: EphemeralKey?
    private let clientIdentification: [UInt8]
    private let minimumRSABitCount: Int
    package var serverIdentification: [UInt8] = []
    package var quirks = Quirks()
    /// The last prime of a server that was tested, and how many were.
    private var testedPrime: MPInt?
    private(set) var testedPrimeCount = 0
    package private(set) var stage = KeyExchangeStage.idle
    /// What we and the peer proposed last, in the order of KEXINIT.
    private(set) var proposedLists: [(NameList, NameList)] = []
    /// What the exchange in progress agreed on.
    package private(set) var proposedAlgorithms: NegotiatedAlgorithms?
    /// What is in force.
    package private(set) var algorithms: NegotiatedAlgorithms?
    /// H of the first exchange (RFC 4253 §7.2).
    package private(set) var sessionID: [UInt8]?
    package private(set) var hostKey: PublicKey?
    /// How the host proved its key in the first exchange.
    private(set) var hostKeyProof: (blob: [UInt8], signature: [UInt8])?
    /// The key that the exchange in progress proved, and the certificate that came with it.
    private var provenHostKey: PublicKey?
    package private(set) var certificate: Certificate?
    /// The next packet of the exchange was guessed wrongly and is to be dropped.
    package private(set) var skipsNextPacket = false

    package init(clientIdentification: [UInt8], minimumRSABitCount: Int) {
        self.clientIdentification = clientIdentification
        self.minimumRSABitCount = minimumRSABitCount
    }

    /// Whether packets other than the exchange's own must wait: from our KEXINIT to our NEWKEYS.
    package var holdsBackOthers: Bool {
        switch stage {
        case .awaitingKexInit, .awaitingGroup, .awaitingReply, .awaitingGroupReply, .awaitingTrust: true
        case .idle, .awaitingNewKeys: false
        }
    }

    /// Our KEXINIT, to be sent now.
    package mutating func propose(_ message: KexInit) -> ByteBuffer {
        let payload = message.payload
        state = .proposed(Proposal(message: message, payload: payload))
        stage = .awaitingKexInit
        return payload
    }

    /// A key, and the public share to be sent: for what was agreed on, or as a guess behind our KEXINIT (RFC 4253 §7).
    package mutating func share(
        for algorithm: KeyExchangeAlgorithm, random: inout RandomSource
    ) throws(ProtocolError) -> ByteBuffer {
        do throws(CryptoError) {
            let key = try EphemeralKey(for: algorithm, random: &random)
            let share = KexECDHInit(publicShare: key.publicShare)
            ephemeral = consume key
            return share.payload
        } catch {
            throw .crypto(error)
        }
    }

    /// The peer's proposal: agree, and offer our public share or ask for a group; nil where a right guess did so.
    package mutating func receive(
        _ theirs: KexInit, payload: ByteBuffer, random: inout RandomSource
    ) throws(ProtocolError) -> ByteBuffer? {
        guard case .proposed(let ours) = take() else { throw .unexpected(KexInit.number, during: .keyExchange) }
        proposedLists = Array(zip(ours.message.algorithmLists, theirs.algorithmLists))
        let agreement = try Negotiation.agree(ours: ours.message, theirs: theirs)
        proposedAlgorithms = agreement
        skipsNextPacket = Negotiation.isWrongGuess(ours: ours.message, theirs: theirs)
        let agreed = Agreed(ours: ours, theirs: payload, algorithms: agreement)
        // A wrong guess is dropped by the server, and its key by us.
        if !Negotiation.isSameFirst(ours.message, theirs) { ephemeral = nil }
        if agreement.keyExchange.isGroupExchange {
            let request = GroupSizes.request(for: agreement, quirks: quirks)
            state = .requesting(agreed, request)
            stage = .awaitingGroup
            return request.payload
        }
        let answer = ephemeral == nil ? try share(for: agreement.keyExchange, random: &random) : nil
        guard let ephemeral = self.ephemeral.take() else { throw .misuse("no key of ours") }
        state = .sharing(Sharing(agreed: agreed, ephemeral: ephemeral))
        stage = .awaitingReply
        return answer
    }

    /// The server's group: check it, and offer our public share in it (RFC 4419 §3).
    package mutating func receive(
        _ message: KexDHGexGroup, random: inout RandomSource
    ) throws(ProtocolError) -> ByteBuffer {
        guard case .requesting(let agreed, let request) = take() else {
            throw .unexpected(KexDHGexGroup.number, during: .keyExchange)
        }
        do throws(CryptoError) {
            let group = try FiniteFieldGroup(
                prime: message.prime, generator: message.generator,
                bitCounts: Int(request.minimum)...Int(request.maximum))
            if testedPrime != group.prime {
                guard try group.isProbablyPrime(random: &random) else { throw .invalidShare }
                testedPrime = group.prime
                testedPrimeCount += 1
            }
            let ephemeral = try EphemeralKey(
                group: group, hash: agreed.algorithms.keyExchange.hash, random: &random)
            let share = KexDHGexInit(publicShare: ephemeral.publicShare)
            var sharing = Sharing(agreed: agreed, ephemeral: ephemeral)
            request.encode(into: &sharing.group)
            message.encode(into: &sharing.group)
            state = .sharing(sharing)
            stage = .awaitingGroupReply
            return share.payload
        } catch {
            throw .keyExchange(error)
        }
    }

    /// Drops the packet that a wrong guess announced.
    package mutating func skipPacket() {
        skipsNextPacket = false
    }

    /// The server's reply: compute the secret, and verify the signature before anyone hears of the key.
    package mutating func receive(_ reply: KexECDHReply) throws(ProtocolError) -> PublicKey {
        guard case .sharing(let sharing) = take() else {
            throw .unexpected(KexECDHReply.number, during: .keyExchange)
        }
        let agreement = sharing.agreed.algorithms
        let share = try Self.canonical(reply.publicShare, for: agreement.keyExchange)
        var hash = ExchangeHash(
            clientIdentification: clientIdentification, serverIdentification: serverIdentification,
            clientKexInit: sharing.agreed.ours.payload, serverKexInit: sharing.agreed.theirs, hostKey: reply.hostKey,
            clientShare: sharing.ephemeral.publicShare, serverShare: share)
        hash.group = sharing.group
        let (key, certificate) = try parseHostKey(reply.hostKey, for: agreement.hostKey)
        let secret = try agree(sharing, with: share)
        let value: [UInt8]
        do throws(CryptoError) {
            value = try hash.value(agreement.keyExchange.hash, secret: secret)
        } catch {
            throw .crypto(error)
        }
        do throws(CryptoError) {
            try key.verificationKey.verify(reply.signature, over: value, algorithm: agreement.hostKey)
        } catch {
            throw .hostSignature
        }
        guard hostKey == nil || hostKey == key else { throw .hostKeyChangedDuringRekey }
        provenHostKey = key
        self.certificate = certificate
        if hostKeyProof == nil { hostKeyProof = (reply.hostKey, reply.signature) }
        state = .proven(Proven(agreement: agreement, hostKey: key, secret: secret, hash: value))
        stage = .awaitingTrust
        return key
    }

    /// The host key is trusted: keys for what we send, to be used right after our NEWKEYS.
    package mutating func confirm(_ trusted: TrustedHostKey) throws(ProtocolError) -> Sealer {
        // Looked at first: the state is taken only for good.
        guard trusted.key == provenHostKey else { throw .misuse("the trusted key is not the one that was offered") }
        guard case .proven(let proven) = take() else { throw .misuse("no host key awaits a decision") }
        provenHostKey = nil
        let session = sessionID ?? proven.hash
        let algorithms = proven.agreement
        do throws(CryptoError) {
            let keys = SessionKeys(exchangeHash: proven.hash, sessionID: session, hash: algorithms.keyExchange.hash)
            let outward = try keys.derive(
                .clientToServer, cipher: algorithms.cipherClientToServer, mac: algorithms.macClientToServer,
                secret: proven.secret)
            let inward = try keys.derive(
                .serverToClient, cipher: algorithms.cipherServerToClient, mac: algorithms.macServerToClient,
                secret: proven.secret)
            let sealer = try Sealer(
                cipher: algorithms.cipherClientToServer, mac: algorithms.macClientToServer, keys: outward)
            state = .switching(
                try Opener(cipher: algorithms.cipherServerToClient, mac: algorithms.macServerToClient, keys: inward))
            self.algorithms = algorithms
            sessionID = session
            hostKey = proven.hostKey
            stage = .awaitingNewKeys
            return sealer
        } catch {
            throw .crypto(error)
        }
    }

    /// The peer's NEWKEYS: keys for what we receive from now on.
    package mutating func receiveNewKeys() throws(ProtocolError) -> Opener {
        guard case .switching(let opener) = take() else { throw .unexpected(NewKeys.number, during: .keyExchange) }
        stage = .idle
        return opener
    }

    /// There will be none any more: the secrets of one that had begun are let go.
    mutating func end() {
        state = .idle
        ephemeral = nil
    }

    private mutating func take() -> State {
        var taken = State.idle
        swap(&taken, &state)
        return taken
    }

    /// A number in the one form that both sides hash: without redundant zeros (RFC 4251 §5).
    ///
    /// A negative one is no share.
    private static func canonical(
        _ share: [UInt8], for algorithm: KeyExchangeAlgorithm
    ) throws(ProtocolError) -> [UInt8] {
        guard algorithm.sharesAreNumbers else { return share }
        var string = ByteBuffer()
        string.writeString(share)
        guard let number = try? MPInt(from: &string) else { throw .keyExchange(.invalidShare) }
        return number.body
    }

    private func agree(
        _ sharing: consuming Sharing, with share: [UInt8]
    ) throws(ProtocolError) -> SharedSecret {
        do throws(CryptoError) {
            return try sharing.ephemeral.sharedSecret(
                with: share, keepsZeros: quirks.contains(.keepsZerosOfSecret))
        } catch {
            throw .keyExchange(error)
        }
    }

    private func parseHostKey(
        _ blob: [UInt8], for algorithm: SignatureAlgorithm
    ) throws(ProtocolError) -> (PublicKey, Certificate?) {
        let key: PublicKey
        var certificate: Certificate?
        do throws(KeyError) {
            if algorithm.isCertificate {
                let read = try Certificate(blob: blob, minimumRSABitCount: minimumRSABitCount)
                certificate = read
                key = read.key
            } else {
                key = try PublicKey(blob: blob, minimumRSABitCount: minimumRSABitCount)
            }
        } catch {
            if case .weak(let bitCount) = error { throw .weakHostKey(bitCount: bitCount) }
            throw .hostKeyMismatch
        }
        guard key.verificationKey.type == algorithm.plain.keyType else { throw .hostKeyMismatch }
        return (key, certificate)
    }
}
