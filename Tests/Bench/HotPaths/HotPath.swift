import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// One of the ways whose instructions are counted.
///
/// An engine and a scripted peer talk in one process, with seeds in place of randomness and no socket, so that every run
/// is the same. The engine's work is done inside of `fairlead_touch_engine`, the peer's outside.
enum HotPath: Hashable {
    case receive(HotCipher)
    case send(HotCipher)
    /// A whole connection up to the login by a key.
    case login
    /// So many channels, all open at once, each with a command that prints a line.
    case channels(Int)

    static let all: [HotPath] =
        HotCipher.allCases.map(HotPath.receive) + HotCipher.allCases.map(HotPath.send)
        + [.login, .channels(100), .channels(1000)]

    var name: String {
        switch self {
        case .receive(let cipher): "receive-\(cipher.rawValue)"
        case .send(let cipher): "send-\(cipher.rawValue)"
        case .login: "login"
        case .channels(let count): "channels-\(count)"
        }
    }

    func walk() throws {
        switch self {
        case .receive(let cipher): try Bulk(cipher).receive()
        case .send(let cipher): try Bulk(cipher).send()
        case .login: _ = try HotConnection.open()
        case .channels(let count):
            let commands = Array(repeating: Array("echo".utf8), count: count)
            let conversation = try HotConnection.open(adapt: { $0.commands = commands })
            guard conversation.record.closed.count == count else { throw HotPathError.unfinished }
        }
    }
}

enum HotPathError: Error {
    case unfinished
}

/// What protects the bytes of a transfer.
enum HotCipher: String, CaseIterable {
    case aes128GCM = "aes128-gcm"
    case chaCha20 = "chacha20-poly1305"
    case aes256CTR = "aes256-ctr-etm"

    var name: Name {
        switch self {
        case .aes128GCM: "aes128-gcm@openssh.com"
        case .chaCha20: "chacha20-poly1305@openssh.com"
        case .aes256CTR: "aes256-ctr"
        }
    }
}

enum HotConnection {
    @Sendable static func echo(_ command: [UInt8]) -> [ProgramStep] {
        [.output(command), .exitStatus(0), .endOfOutput, .close]
    }

    /// Logged in by an Ed25519 key over curve25519.
    static func open(
        _ cipher: HotCipher = .aes128GCM, program: @escaping @Sendable ([UInt8]) -> [ProgramStep] = Self.echo,
        adapt: (inout ClientScript) -> Void = { _ in }
    ) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.cipherNames = [cipher.name]
        configuration.macNames = ["hmac-sha2-256-etm@openssh.com"]
        // No adjustment is needed on the way.
        configuration.channelWindow = .max
        configuration.program = program
        let key = try TestKeys.ed25519(seed: 2)
        configuration.acceptedKeys = [key.verificationKey.blob]
        var script = ClientScript()
        script.credentials = [.key(key, .ed25519, asksFirst: false)]
        script.touch = touchEngine
        adapt(&script)
        let conversation = try Conversation(configuration, script: script).run()
        guard conversation.record.isLoggedIn, conversation.record.errors.isEmpty else { throw HotPathError.unfinished }
        return conversation
    }
}

/// A transfer on one channel, in reads and writes of the size that the driver uses.
struct Bulk {
    static let byteCount = 16 << 20
    private static let pieceByteCount = 256 << 10
    private static let packetByteCount = 32 << 10

    private let conversation: Conversation
    private let channel = ChannelID(rawValue: 0)

    init(_ cipher: HotCipher) throws {
        conversation = try HotConnection.open(cipher, program: { _ in [] }) {
            $0.commands = [Array("cat".utf8)]
            $0.endsInput = false
        }
        guard conversation.record.opened == [channel] else { throw HotPathError.unfinished }
    }

    func receive() throws {
        var sealed = ByteBuffer()
        let message = ChannelData(recipient: channel, data: ByteBuffer(repeating: 0x61, count: Self.packetByteCount))
        for _ in 0..<Self.byteCount / Self.packetByteCount {
            conversation.peer.inject(.message(message))
            for var packet in conversation.peer.takeOutbound() { sealed.writeBuffer(&packet) }
            conversation.forget()
        }
        // As from a socket: nobody else holds these bytes.
        var reads: [ByteBuffer] = []
        while let read = sealed.readBytes(length: min(Self.pieceByteCount, sealed.readableBytes)), !read.isEmpty {
            reads.append(ByteBuffer(bytes: read))
        }
        var receivedCount = 0
        for index in reads.indices {
            var bytes = ByteBuffer()
            swap(&bytes, &reads[index])
            conversation.attempt { engine, now throws(ProtocolError) in
                try engine.receive(&bytes, now: now)
                while let event = engine.nextEvent() {
                    guard case .channelData(let id, _, let data) = event else { continue }
                    receivedCount += data.readableBytes
                    try engine.perform(.consumed(id, byteCount: data.readableBytes), now: now)
                }
                _ = engine.takeOutbound()
            }
        }
        guard receivedCount == Self.byteCount else { throw HotPathError.unfinished }
    }

    func send() throws {
        let piece = ByteBuffer(repeating: 0x61, count: Self.pieceByteCount)
        var sentCount = 0
        for _ in 0..<Self.byteCount / Self.pieceByteCount {
            conversation.attempt { engine, now throws(ProtocolError) in
                var data = piece
                try engine.send(&data, on: channel, now: now)
                while engine.nextEvent() != nil {}
                sentCount += engine.takeOutbound()?.readableBytes ?? 0
            }
        }
        guard sentCount > Self.byteCount else { throw HotPathError.unfinished }
    }
}

/// The name that callgrind is told.
@inline(never)
@_silgen_name("fairlead_touch_engine")
@Sendable private func touchEngine(_ body: () -> Void) {
    body()
}
