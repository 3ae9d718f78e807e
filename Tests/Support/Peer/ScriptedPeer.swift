import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// The server's half of a connection, in process and without a socket, able to lie at any point.
///
/// It is built on the client's own layers but decides by itself. What it received and what it sent stay on record.
package final class ScriptedPeer {
    /// A payload that the client sent, opened.
    package struct Received {
        package let payload: ByteBuffer
        package let isEncrypted: Bool
        package let sequence: UInt32

        package var number: UInt8 { payload.getInteger(at: payload.readerIndex) ?? 0 }
    }

    package var configuration: PeerConfiguration
    package internal(set) var received: [Received] = []
    package internal(set) var attempts: [AuthenticationAttempt] = []
    /// Every packet as it left, sealed.
    package internal(set) var wire: [[UInt8]] = []
    /// Why nothing of the client's can be read any more.
    package internal(set) var failure: (any Error)?
    package internal(set) var sessionID: [UInt8]?
    /// The exchange hashes of all key exchanges.
    package internal(set) var exchangeHashes: [[UInt8]] = []
    package internal(set) var clientIdentification: [UInt8]?
    package internal(set) var algorithms: NegotiatedAlgorithms?
    package internal(set) var sendSequence: UInt32 = 0

    var inbound = ByteBuffer()
    var reader = PacketReader()
    var isReadingEncrypted = false
    var sealer = Sealer()
    var isSealing = false
    /// Since the login succeeded.
    var isCompressing = false
    var compressor: Compressor?
    var forge: (any PacketForge)?
    var random: RandomSource
    var outbound: [ByteBuffer] = []
    var delayed: [ByteBuffer] = []
    var exchange = PeerExchange()
    /// What waits for the end of a key exchange.
    var waiting: [(Step, ByteBuffer)] = []
    package internal(set) var channels: [UInt32: PeerChannel] = [:]

    package init(_ configuration: PeerConfiguration) {
        self.configuration = configuration
        random = .seeded(configuration.seed)
    }

    /// Speaks first, unless it waits for the client.
    package func start() {
        if !configuration.waitsForClient { introduce() }
    }

    func introduce() {
        let line = configuration.preamble + configuration.identification + configuration.lineEnd
        for emission in configuration.hook(self, .identification, ByteBuffer(bytes: line)) {
            // This is no packet yet.
            if case .payload(let bytes) = emission { outbound.append(bytes) } else { emit(emission) }
        }
        proposeKeyExchange()
    }

    /// Everything that was said since it was last asked, a packet each.
    package func takeOutbound() -> [ByteBuffer] {
        defer { outbound.removeAll(keepingCapacity: true) }
        return outbound
    }

    /// Bytes of the client.
    package func receive(_ bytes: ByteBuffer) {
        inbound.writeImmutableBuffer(bytes)
        guard failure == nil, readIdentification() else { return }
        do {
            while let packet = try reader.next(from: &inbound) {
                let entry = Received(
                    payload: packet.payload, isEncrypted: isReadingEncrypted, sequence: packet.sequence)
                received.append(entry)
                try handle(entry)
            }
            inbound.discardReadBytes()
        } catch {
            failure = error
        }
    }

    private func readIdentification() -> Bool {
        guard clientIdentification == nil else { return true }
        guard let end = inbound.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let line = inbound.readBytes(length: end - inbound.readerIndex + 1)
        else { return false }
        clientIdentification = Array(line.dropLast(2))
        if configuration.waitsForClient { introduce() }
        return true
    }

    private func handle(_ entry: Received) throws {
        switch entry.number {
        case 5:
            guard configuration.acceptsService else { return }
            send(.serviceAccept, ServiceAccept(service: ServiceRequest.userAuthentication))
        case 20: try received(try KexInit(payload: entry.payload), entry.payload)
        case 21: try receivedNewKeys()
        case 30...49 where exchange.skipsNextPacket: exchange.skipsNextPacket = false
        case 30: try received(try KexECDHInit(payload: entry.payload))
        case 32: try received(try KexDHGexInit(payload: entry.payload).share)
        case 34: try received(try KexDHGexRequest(payload: entry.payload))
        case 50, 61: try receivedAuthentication(entry.payload)
        case 80: answer(try GlobalRequest(payload: entry.payload))
        // As OpenSSH, before the login.
        case 90...100 where !isCompressing: send(.other, Unimplemented(sequenceNumber: entry.sequence))
        case 90...100: try receivedConnection(entry.number, entry.payload)
        default: break
        }
    }

    private func answer(_ request: GlobalRequest) {
        guard request.wantsReply, configuration.answersGlobalRequests else { return }
        send(.other, RequestFailure())
    }

    package func forgetWire() {
        wire.removeAll(keepingCapacity: true)
    }

    package func forgetReceived() {
        received.removeAll(keepingCapacity: true)
        exchangeHashes.removeAll(keepingCapacity: true)
    }

    /// The payloads of one message that the client sent.
    package func messages<Value: Message>(_ type: Value.Type) -> [Value] {
        received.compactMap { try? Value(payload: $0.payload) }
    }
}
