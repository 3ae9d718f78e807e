import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What keeps a long connection going: keys that are renewed, and signs of life.
extension Engine {
    /// Starts a key exchange when the keys in force have done enough (RFC 4253 §9).
    ///
    /// Never before the login (OpenSSH answers UNIMPLEMENTED then), nor with servers that cannot bear it.
    mutating func rekeyIfDue() throws(ProtocolError) {
        let limit = configuration.rekeyLimit
        let isDue =
            max(reader.traffic.keyByteCount, writer.traffic.keyByteCount) >= limit.byteCount
            || max(reader.traffic.keyPacketCount, writer.traffic.keyPacketCount) >= Limits.rekeyPacketCount
            || keysExpireAt.map { $0 <= now } ?? false
        if isDue { try startRekey() }
    }

    /// Starts a key exchange now, where one may be started.
    mutating func startRekey() throws(ProtocolError) {
        guard phase == .connected, keyExchange.stage == .idle, !keyExchange.quirks.contains(.noRekey) else { return }
        startRekeyClock()
        try proposeKeyExchange()
    }

    /// The login's own deadline counts beside it.
    mutating func startRekeyClock() {
        loginDeadline = phaseDeadline
        phaseDeadline = now + Limits.rekey
    }

    /// Whether the silence of the server means anything now: not during a key exchange, nor before the login.
    private var isTended: Bool { phase == .connected && keyExchange.stage == .idle }

    /// When something of this file is due.
    var lifeDeadline: Instant? {
        guard isTended else { return nil }
        return [silence.deadline, keyExchange.quirks.contains(.noRekey) ? nil : keysExpireAt].compactMap { $0 }.min()
    }

    /// Does what is due.
    mutating func tend() throws(ProtocolError) {
        guard isTended else { return }
        try rekeyIfDue()
        while isTended, let action = silence.action(now: now) {
            switch action {
            case .probe: try askGlobally(GlobalRequest.keepAlive)
            case .show(let duration): emit(.silent(duration))
            case .giveUp: throw .timeout(.session)
            }
        }
    }

    mutating func heard() {
        if silence.heard(now: now) { emit(.silenceEnded) }
    }

    private mutating func askGlobally(
        _ name: Name, details: ByteBuffer = ByteBuffer(), proving keys: [PublicKey] = []
    ) throws(ProtocolError) {
        if globalRequests.count >= Limits.globalRequestCount {
            // A proof would be waited for without end.
            guard keys.isEmpty else { throw .misuse("too many global requests are unanswered") }
            // The oldest makes room, where nothing waits for its answer.
            guard let oldest = globalRequests.firstIndex(where: \.keys.isEmpty) else { return }
            globalRequests.remove(at: oldest)
        }
        let sequence = keyExchange.holdsBackOthers ? nil : writer.sequence
        globalRequests.append(PendingGlobalRequest(time: now, sequence: sequence, keys: keys))
        try send(GlobalRequest(name: name, wantsReply: true, details: details))
    }

    /// SUCCESS or FAILURE: either is a sign of life.
    ///
    /// One that nobody asked for changes nothing.
    mutating func globalRequestAnswered(_ proofs: ByteBuffer?) {
        if !globalRequests.isEmpty { answered(globalRequests.removeFirst(), proofs) }
    }

    /// As FAILURE, from a server that does not know global requests; true where it is one that was named.
    mutating func globalRequestIsUnknown(sequence: UInt32) -> Bool {
        guard let index = globalRequests.firstIndex(where: { $0.sequence == sequence }) else { return false }
        answered(globalRequests.remove(at: index), nil)
        return true
    }

    private mutating func answered(_ request: PendingGlobalRequest, _ proofs: ByteBuffer?) {
        roundTrip.add(now - request.time)
        guard !request.keys.isEmpty else { return }
        emit(.hostKeysProven(proofs.map { proves($0, request.keys) } == true ? request.keys : []))
    }

    /// Asks for a signature by each key over itself and this session (OpenSSH PROTOCOL §2.5).
    mutating func askForProof(of keys: [PublicKey]) throws(ProtocolError) {
        guard phase == .connected, !keys.isEmpty, keys.count <= Limits.announcedHostKeyCount else {
            throw .misuse("no proof of keys can be asked for now")
        }
        var blobs = ByteBuffer()
        for key in keys { blobs.writeString(key.blob) }
        try askGlobally(GlobalRequest.proveHostKeys, details: blobs, proving: keys)
    }

    private func proves(_ proofs: ByteBuffer, _ keys: [PublicKey]) -> Bool {
        var rest = proofs
        for key in keys {
            var data = ByteBuffer()
            data.writeString(GlobalRequest.proveHostKeys)
            data.writeString(keyExchange.sessionID ?? [])
            data.writeString(key.blob)
            guard let signature = try? rest.readStringBytes(),
                let algorithm = AlgorithmPolicy.safe.first(where: {
                    Name($0.rawValue) == PublicKey.type(ofBlob: signature)
                }),
                (try? key.verificationKey.verify(signature, over: Array(data.readableBytesView), algorithm: algorithm))
                    != nil
            else { return false }
        }
        return rest.readableBytes == 0
    }

    /// Answered as soon as it is read, but not during a key exchange: a peer could make answers pile up
    /// (CVE-2025-26466).
    ///
    /// Compressed pings can be a thousand times as large as what arrived, and to answer them costs what they are: within one
    /// read they are bounded here.
    mutating func received(_ message: Ping) throws(ProtocolError) {
        guard !keyExchange.holdsBackOthers, writer.byteCount < 2 * Limits.outboundByteCount,
            pongByteCount < 2 * Limits.outboundByteCount
        else { return }
        pongByteCount += message.data.readableBytes
        try answer(Pong(data: message.data))
    }

    /// The server's host keys, for whoever keeps known hosts up to date (OpenSSH PROTOCOL §2.5).
    ///
    /// Only the first announcement counts; keys of types that we do not know are passed over. Weak ones are not (RSA of at
    /// least 1,024 bits): the host has them, and none is gone because we would not take it.
    mutating func receivedHostKeys(_ details: ByteBuffer) throws(ProtocolError) {
        guard !hasHostKeyAnnouncement else { return }
        hasHostKeyAnnouncement = true
        var rest = details
        var keys: [PublicKey] = []
        do throws(WireError) {
            while rest.readableBytes > 0, keys.count < Limits.announcedHostKeyCount {
                let blob = try rest.readStringBytes()
                if let key = try? PublicKey(blob: blob, minimumRSABitCount: 0), !keys.contains(key) {
                    keys.append(key)
                }
            }
        } catch {
            throw .malformed(.globalRequest, error)
        }
        if !keys.isEmpty { emit(.hostKeysAnnounced(keys)) }
    }
}

/// A global request of ours that awaits its answer.
struct PendingGlobalRequest {
    let time: Instant
    /// By which UNIMPLEMENTED would name it.
    let sequence: UInt32?
    /// Those that it asks to prove.
    let keys: [PublicKey]
}
