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

    /// The login's own deadline goes on meanwhile.
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

    /// A global request; replies come in the order of the requests (RFC 4254 §4).
    private mutating func askGlobally(_ name: Name) throws(ProtocolError) {
        guard globalRequestTimes.count < Limits.globalRequestCount else { return }
        globalRequestTimes.append(now)
        try send(GlobalRequest(name: name, wantsReply: true))
    }

    /// SUCCESS or FAILURE: either is a sign of life.
    ///
    /// One that nobody asked for changes nothing.
    mutating func globalRequestAnswered() {
        guard !globalRequestTimes.isEmpty else { return }
        roundTrip.add(now - globalRequestTimes.removeFirst())
    }

    /// Answered as soon as it is read, but not during a key exchange: a peer could make answers pile up
    /// (CVE-2025-26466).
    ///
    /// Compressed pings can be a thousand times as large as what arrived: within one read they are bounded here.
    mutating func received(_ message: Ping) throws(ProtocolError) {
        guard !keyExchange.holdsBackOthers, writer.byteCount < 2 * Limits.outboundByteCount else { return }
        try answer(Pong(data: message.data))
    }

    /// The server's host keys, for whoever keeps known hosts up to date (OpenSSH PROTOCOL §2.5).
    ///
    /// Only the first announcement counts; keys of types that we do not know are passed over.
    mutating func receivedHostKeys(_ details: ByteBuffer) throws(ProtocolError) {
        guard !hasHostKeyAnnouncement else { return }
        hasHostKeyAnnouncement = true
        var rest = details
        var keys: [PublicKey] = []
        do throws(WireError) {
            while rest.readableBytes > 0, keys.count < Limits.announcedHostKeyCount {
                let blob = try rest.readStringBytes()
                if let key = try? PublicKey(blob: blob), !keys.contains(key) { keys.append(key) }
            }
        } catch {
            throw .malformed(.globalRequest, error)
        }
        if !keys.isEmpty { emit(.hostKeysAnnounced(keys)) }
    }
}
