package import NIOCore
package import SSHCrypto
import SSHIdentity
package import SSHWire

/// One SSH connection in the client's role, as a value: bytes and commands in, bytes and events out.
///
/// It has no socket, task, lock or clock. Time and randomness are arguments, so a session replays byte for byte from a
/// seed. Every question leaves as an event and comes back as a command; the engine never waits. What a peer sends can end
/// it with a `ProtocolError`, once, and nothing else.
package struct Engine: ~Copyable {
    package let configuration: EngineConfiguration
    var random: RandomSource
    var now: Instant { didSet { writer.recorder?.now = now } }
    package internal(set) var phase = Phase.identification
    var identification = IdentificationReader()
    var reader = PacketReader()
    var writer: PacketWriter
    var keyExchange: KeyExchange
    var isStrict = false
    package internal(set) var serverSignatureAlgorithms: NameList?
    /// What else the server announced, by name and version (OpenSSH PROTOCOL §1.9, §3.2).
    package internal(set) var supportsPing = false
    package internal(set) var supportsHostBoundPublicKey = false
    var extInfoCount = 0
    /// Made from a `TrustedHostKey`; before there is one, nothing can name a user.
    var authentication: UserAuthentication?
    var trustedHostKey: TrustedHostKey?
    var bannerCount = 0
    var bannerByteCount = 0
    var hasSuppressedBanners = false
    var noteCount = 0
    var channels = ChannelTable()
    var silence: SilenceWatch
    var storm = RekeyStorm()
    /// What was answered to pings since the transport last took what there was.
    var pongByteCount = 0
    /// When `RekeyLimit` wants the keys renewed.
    var keysExpireAt: Instant?
    /// Our global requests that await an answer, in the order in which answers come (RFC 4254 §4).
    var globalRequests: [PendingGlobalRequest] = []
    var serviceRequestTime: Instant?
    package internal(set) var roundTrip = RoundTrip()
    /// Key exchanges after the first.
    package internal(set) var rekeyCount = 0
    var hasHostKeyAnnouncement = false
    /// Payloads that wait for the end of a key exchange.
    var deferred: [ByteBuffer] = []
    /// How many of them answer the peer.
    var deferredAnswerCount = 0
    /// A password request that waits likewise, not yet encoded: it stays in guarded memory.
    var deferredSecrets: SecretRequest?
    /// Bytes that arrived while the host key awaits a decision.
    private var held = ByteBuffer()
    private var events: [Event] = []
    private var eventIndex = 0
    /// When the wait in progress becomes an error, and what it waits for.
    var phaseDeadline: Instant?
    /// The login's own deadline while a key exchange has another; it counts meanwhile, or a server could put it off.
    var loginDeadline: Instant?
    /// What was left of the clock when a person was asked.
    var pausedTime: Duration?

    /// Starts a connection: our identification, and unless the peer needs politeness our KEXINIT, are ready to be taken.
    package init(
        _ configuration: EngineConfiguration, random: RandomSource, now: Instant
    ) throws(ProtocolError) {
        self.configuration = configuration
        self.random = random
        self.now = now
        // The padding has a stream of its own, so that what is drawn for keys does not depend on packet sizes.
        writer = PacketWriter(random: random)
        if configuration.recordsMessages { writer.recorder = Recorder(now: now) }
        keyExchange = KeyExchange(
            clientIdentification: configuration.identification,
            minimumRSABitCount: configuration.minimumRSABitCount)
        silence = SilenceWatch(configuration.keepAlive, now: now)
        phaseDeadline = now + configuration.identificationTimeout
        writer.writeUnframed(configuration.identification + Array("\r\n".utf8))
        if !configuration.isPolite { try proposeKeyExchange() }
    }

    /// Whether both sides use strict key exchange (OpenSSH PROTOCOL §1.10).
    package var isStrictKeyExchange: Bool { isStrict }

    /// False while a decision about the host key is owed, or while the peer leaves our answers unread.
    package var wantsInput: Bool {
        keyExchange.stage != .awaitingTrust && writer.byteCount < Limits.outboundByteCount
    }

    /// Sealed bytes that nobody has taken yet.
    package var outboundByteCount: Int { writer.byteCount }

    /// The peer's bytes that are kept: what waits for the decision about the host key, and the beginning of a line or of a packet
    /// with the room that was made for it.
    package var heldByteCount: Int { held.readableBytes + reader.carriedByteCount + identification.keptByteCount }

    /// When `timeOut` is to be called.
    package var deadline: Instant? {
        [phaseDeadline, loginDeadline, channels.deadline, lifeDeadline].compactMap { $0 }.min()
    }

    /// Bytes from the transport; all of them are taken.
    package mutating func receive(_ bytes: inout ByteBuffer, now: Instant) throws(ProtocolError) {
        self.now = now
        guard phase != .closed else { return bytes.moveReaderIndex(to: bytes.writerIndex) }
        do throws(ProtocolError) {
            guard held.readableBytes == 0 else {
                try hold(&bytes)
                return try processHeld()
            }
            let before = reader.traffic.packetCount
            try process(&bytes)
            try hold(&bytes)
            if reader.traffic.packetCount != before { heard() }
        } catch {
            throw fail(error)
        }
    }

    /// The transport ended: says what that means now, or nil when the connection was over anyway.
    package mutating func transportClosed() -> ProtocolError? {
        switch phase {
        case .closed: return nil
        case .identification:
            close()
            return identification.closed()
        case .firstKeyExchange, .authentication, .connected:
            let error = ProtocolError.closed(situation)
            close()
            return error
        }
    }

    /// `deadline` has passed.
    package mutating func timeOut(now: Instant) throws(ProtocolError) {
        self.now = now
        guard phase != .closed else { return }
        if let phaseDeadline, phaseDeadline <= now { throw fail(.timeout(situation)) }
        if let loginDeadline, loginDeadline <= now { throw fail(.timeout(.authentication)) }
        while let channel = channels.expired(at: now) { try giveUp(channel) }
        do throws(ProtocolError) {
            try tend()
        } catch { throw fail(error) }
    }

    /// The peer answered neither CHANNEL_OPEN, nor a request, nor CLOSE: the user is free, and what still comes
    /// concerns nobody.
    ///
    /// The number stays taken until its CLOSE (RFC 4254 §5.3).
    private mutating func giveUp(_ channel: Channel) throws(ProtocolError) {
        emit(channel.hasSentClose ? .channelClosed(channel.id) : .channelTimedOut(channel.id))
        do throws(ProtocolError) {
            if !channel.hasSentClose, let peer = channel.peer { try send(ChannelClose(recipient: peer)) }
            try channels.update(channel.id) {
                $0.deadline = nil
                $0.hasSentClose = true
                $0.isAbandoned = true
            }
            guard channels.abandonedCount <= Limits.abandonedChannelCount else { throw .limit(.abandonedChannels) }
        } catch { throw fail(error) }
    }

    /// The next event, in the order in which things happened.
    package mutating func nextEvent() -> Event? {
        guard eventIndex < events.count else {
            events.removeAll(keepingCapacity: true)
            eventIndex = 0
            return nil
        }
        defer { eventIndex += 1 }
        return events[eventIndex]
    }

    /// Sealed bytes for the transport.
    package mutating func takeOutbound() -> ByteBuffer? {
        guard let bytes = writer.take() else { return nil }
        pongByteCount = 0
        if phase == .connected { silence.sent(now: now) }
        return bytes
    }

    /// What binds a signature to this host and this session; nil before the first key exchange ends.
    package var sessionProof: SessionProof? {
        guard let id = keyExchange.sessionID, let proof = keyExchange.hostKeyProof else { return nil }
        return SessionProof(hostKey: proof.blob, sessionID: id, signature: proof.signature)
    }

    /// What is in force, or else what was just agreed on.
    package var algorithms: NegotiatedAlgorithms? { keyExchange.algorithms ?? keyExchange.proposedAlgorithms }
    package var proposedLists: [(NameList, NameList)] { keyExchange.proposedLists }
    package var traffic: (sent: Traffic, received: Traffic) { (writer.traffic, reader.traffic) }

    /// What was sent and received since the last call, in order; empty unless the configuration asks for it.
    package mutating func takeRecords() -> [RecordedMessage] { writer.recorder?.take() ?? [] }

    /// What is going on, for errors.
    package var situation: ProtocolError.Situation {
        switch phase {
        case .identification: .identification
        case .firstKeyExchange: .keyExchange
        case .authentication:
            keyExchange.stage != .idle
                ? .rekey : authentication?.isServiceAccepted == true ? .authentication : .serviceRequest
        case .connected: keyExchange.stage != .idle ? .rekey : .session
        case .closed: .closing
        }
    }

    mutating func emit(_ event: Event) {
        events.append(event)
    }

    /// Something about a channel, unless its user was told that it is over.
    mutating func emit(_ event: Event, about id: ChannelID) {
        if channels[id]?.isAbandoned != true { emit(event) }
    }

    /// A remark, unless this peer has caused too many.
    mutating func note(_ note: Event.Note) {
        noteCount += 1
        if noteCount <= Limits.noteCount { emit(.note(note)) }
    }

    /// Ends the connection for an error of the protocol; tells the peer why, once, where that is still possible.
    mutating func fail(_ error: ProtocolError) -> ProtocolError {
        guard phase != .closed else { return error }
        if phase != .identification, let reason = error.disconnectReason {
            try? writer.write(Disconnect(reason: reason, description: error.disconnectText))
        }
        close()
        return error
    }

    /// However it ended: what was still to be sent or computed is dropped, passwords and all keys with it.
    mutating func close() {
        phase = .closed
        deferred.removeAll()
        deferredSecrets = nil
        keyExchange.end()
        writer.close()
        reader.close()
    }

    mutating func processHeld() throws(ProtocolError) {
        var bytes = ByteBuffer()
        swap(&bytes, &held)
        try process(&bytes)
        try hold(&bytes)
    }

    /// Keeps what cannot be read before the host key is decided on.
    private mutating func hold(_ bytes: inout ByteBuffer) throws(ProtocolError) {
        guard bytes.readableBytes <= Limits.heldByteCount - held.readableBytes else { throw .limit(.heldBytes) }
        held.writeBuffer(&bytes)
    }

    private mutating func process(_ bytes: inout ByteBuffer) throws(ProtocolError) {
        if phase == .identification {
            guard let server = try identification.read(from: &bytes) else { return }
            try identified(server)
        }
        while phase != .closed, keyExchange.stage != .awaitingTrust, let packet = try reader.next(from: &bytes) {
            try dispatch(packet)
            if phase == .connected, keyExchange.stage == .idle { try rekeyIfDue() }
        }
    }

    private mutating func identified(_ server: Identification) throws(ProtocolError) {
        keyExchange.serverIdentification = server.line
        keyExchange.quirks = Quirks(server)
        phase = .firstKeyExchange
        if let timeout = configuration.keyExchangeTimeout { phaseDeadline = now + timeout }
        writer.recorder?.record(
            identification: server.line, byteCount: server.line.count + identification.terminatorByteCount, .received)
        for line in identification.precedingLines { note(.precedingLine(line)) }
        emit(.identified(server))
        if server.line.count > Limits.customaryIdentificationByteCount { note(.longIdentification) }
        if configuration.isPolite { try proposeKeyExchange() }
    }
}
