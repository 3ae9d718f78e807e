import NIOCore
import PeerSupport
import SSHCore
import SSHIdentity
import SSHWire

/// The smallest message of each number that parses where it stands, with four bytes for a number that nobody knows.
struct LeastMessage {
    let state: ClientState
    let hostKey: [UInt8]
    let userKey: [UInt8]
    let kexInit: [UInt8]

    static let prompts = UserauthInfoRequest(
        name: ByteBuffer(), instruction: ByteBuffer(),
        prompts: [UserauthInfoRequest.Prompt(text: ByteBuffer(string: "Code: "), echoes: false)])

    init(_ state: ClientState) throws {
        self.state = state
        hostKey = try PublicKey(try TestKeys.ed25519().verificationKey).blob
        userKey = try PublicKey(try TestKeys.ed25519(seed: 9).verificationKey).blob
        let (configuration, _) = try HostileCheck.honest()
        var message = KexInit(
            cookie: Array(0..<16), keyExchanges: configuration.keyExchangeNames, hostKeys: configuration.hostKeyNames,
            ciphers: configuration.cipherNames, macs: configuration.macNames)
        message.offer(compressions: configuration.compressionNames)
        kexInit = Array(message.payload.readableBytesView)
    }

    func payload(_ number: UInt8) -> [UInt8] {
        if number == 20 { return kexInit }
        return [number] + body(number).flatMap(\.bytes)
    }

    private enum Part {
        case byte(UInt8), uint32(UInt32), string([UInt8])

        static func text(_ text: String) -> Part { .string(Array(text.utf8)) }

        var bytes: [UInt8] {
            var buffer = ByteBuffer()
            switch self {
            case .byte(let value): buffer.writeInteger(value)
            case .uint32(let value): buffer.writeInteger(value)
            case .string(let value): buffer.writeString(value)
            }
            return Array(buffer.readableBytesView)
        }
    }

    private var share: Part {
        state.layout.shares == .strings ? .string([UInt8](repeating: 9, count: 32)) : .string([2])
    }

    private var signature: Part {
        .string(Part.text("ssh-ed25519").bytes + Part.string([UInt8](repeating: 1, count: 64)).bytes)
    }

    private func body(_ number: UInt8) -> [Part] {
        switch number {
        case 1: [.uint32(11), .text("bye"), .text("")]
        case 2, 192, 193: [.text("")]
        // About a packet that was never sent.
        case 3: [.uint32(.max)]
        case 4: [.byte(0), .text(""), .text("")]
        case 5, 6: [.text("ssh-userauth")]
        case 7: [.uint32(0)]
        case 21, 52, 81, 82: []
        case 31 where state.layout.shares == .group:
            [.string([0] + PeerGroups.customary.prime.magnitude), .string([2])]
        case 31, 33: [.string(hostKey), share, signature]
        case 30, 32: [share]
        case 34: [.uint32(2048), .uint32(3072), .uint32(8192)]
        case 50: [.text("user"), .text("ssh-connection"), .text("none")]
        case 51: [.text("password"), .byte(0)]
        case 53: [.text(""), .text("")]
        case 60: secondMessage
        case 61: [.uint32(0)]
        case 80: [.text("odd@example.org"), .byte(1)]
        case 90: [.text("session"), .uint32(0), .uint32(1 << 21), .uint32(1 << 15)]
        case 91: [.uint32(0), .uint32(77), .uint32(1 << 21), .uint32(1 << 15)]
        case 92: [.uint32(0), .uint32(1), .text(""), .text("")]
        case 93: [.uint32(0), .uint32(1)]
        case 94: [.uint32(0), .text("x")]
        case 95: [.uint32(0), .uint32(1), .text("x")]
        case 96, 97, 99, 100: [.uint32(0)]
        case 98: [.uint32(0), .text("exit-status"), .byte(0), .uint32(0)]
        default: [.uint32(0)]
        }
    }

    private var secondMessage: [Part] {
        switch state.layout.method {
        case "password": [.text("New password: "), .text("")]
        case "keyboard-interactive": [.text(""), .text(""), .text(""), .uint32(0)]
        default: [.text("ssh-ed25519"), .string(userKey)]
        }
    }
}
