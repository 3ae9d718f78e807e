import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// Messages as a server may say them at any time, whether it is the time for them or not.
enum WalkMessage {
    /// The numbers that a walk draws from: every one that means something, and some that nobody knows.
    static let numbers: [UInt8] =
        [0, 1, 2, 3, 4, 5, 6, 7, 9, 20, 21, 25, 30, 31, 32, 33, 34, 40, 50, 51, 52, 53, 57, 60, 61, 70]
        + Array(80...82) + [85] + Array(90...100) + [120, 160, 192, 193, 200, 255]

    static func payload(_ number: UInt8, isStrict: Bool, hostKey: SigningKey) -> ByteBuffer {
        let id = ChannelID(rawValue: 0)
        switch number {
        case 1: return Disconnect(reason: .byApplication, description: "bye").payload
        case 2: return Ignore(data: ByteBuffer(string: "ignore")).payload
        case 3: return Unimplemented(sequenceNumber: .max).payload
        case 4: return DebugMessage(alwaysDisplay: false, text: ByteBuffer(string: "debug")).payload
        case 6: return ServiceAccept(service: "ssh-userauth").payload
        case 7: return ExtInfo(extensions: []).payload
        case 20: return proposal(isStrict: isStrict, hostKey)
        case 31:
            return KexECDHReply(
                hostKey: hostKey.verificationKey.blob, publicShare: [UInt8](repeating: 9, count: 32), signature: [0, 0]
            ).payload
        case 51: return UserauthFailure(methods: ["password"], partialSuccess: false).payload
        case 53: return UserauthBanner(text: ByteBuffer(string: "hello")).payload
        case 60: return UserauthPasswordChangeRequest(prompt: ByteBuffer(string: "New: ")).payload
        case 80: return GlobalRequest(name: "odd@example.org", wantsReply: true).payload
        case 90: return ChannelOpen(type: "x11", sender: id, windowSize: 1 << 20, maximumPacketSize: 1 << 15).payload
        case 91:
            return ChannelOpenConfirmation(
                recipient: id, sender: ChannelID(rawValue: 77), windowSize: 1 << 20, maximumPacketSize: 1 << 15
            ).payload
        case 92: return ChannelOpenFailure(recipient: id, reason: 1, description: "no").payload
        case 93: return ChannelWindowAdjust(recipient: id, byteCount: 1).payload
        case 94: return ChannelData(recipient: id, data: ByteBuffer(string: "x")).payload
        case 95: return ChannelExtendedData(recipient: id, type: 1, data: ByteBuffer(string: "x")).payload
        case 98:
            return ChannelRequest(
                recipient: id, name: "exit-status", wantsReply: false, details: ByteBuffer(integer: UInt32(1))
            ).payload
        case 192: return Ping(data: ByteBuffer(string: "ping")).payload
        case 21, 52, 81, 82: return ByteBuffer(bytes: [number])
        default: return ByteBuffer(bytes: [number, 0, 0, 0, 0])
        }
    }

    private static func proposal(isStrict: Bool, _ hostKey: SigningKey) -> ByteBuffer {
        let honest = PeerConfiguration(hostKey: hostKey)
        var names = honest.keyExchangeNames
        if isStrict { names.names.append(AlgorithmPolicy.Markers.strictServer) }
        var message = KexInit(
            cookie: Array(0..<16), keyExchanges: names, hostKeys: honest.hostKeyNames, ciphers: honest.cipherNames,
            macs: honest.macNames)
        message.offer(compressions: honest.compressionNames)
        return message.payload
    }
}
