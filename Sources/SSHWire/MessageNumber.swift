/// The number of a message (RFC 4250 §4.1, RFC 8308, OpenSSH PROTOCOL §1.9).
///
/// Any byte may arrive, so this is not an enum.
package struct MessageNumber: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    private init(_ rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let disconnect = MessageNumber(1)
    package static let ignore = MessageNumber(2)
    package static let unimplemented = MessageNumber(3)
    package static let debug = MessageNumber(4)
    package static let serviceRequest = MessageNumber(5)
    package static let serviceAccept = MessageNumber(6)
    package static let extInfo = MessageNumber(7)
    package static let kexInit = MessageNumber(20)
    package static let newKeys = MessageNumber(21)
    package static let kexECDHInit = MessageNumber(30)
    package static let kexECDHReply = MessageNumber(31)
    /// The same number as KEX_ECDH_REPLY: the method that runs decides.
    package static let kexDHGexGroup = MessageNumber(31)
    package static let kexDHGexInit = MessageNumber(32)
    package static let kexDHGexReply = MessageNumber(33)
    package static let kexDHGexRequest = MessageNumber(34)
    package static let userauthRequest = MessageNumber(50)
    package static let userauthFailure = MessageNumber(51)
    package static let userauthSuccess = MessageNumber(52)
    package static let userauthBanner = MessageNumber(53)
    /// PK_OK for `publickey`, PASSWD_CHANGEREQ for `password`, INFO_REQUEST for `keyboard-interactive`: the method that is running decides.
    package static let userauthMethodSpecific = MessageNumber(60)
    package static let userauthInfoResponse = MessageNumber(61)
    package static let globalRequest = MessageNumber(80)
    package static let requestSuccess = MessageNumber(81)
    package static let requestFailure = MessageNumber(82)
    package static let ping = MessageNumber(192)
    package static let pong = MessageNumber(193)
    package static let channelOpen = MessageNumber(90)
    package static let channelOpenConfirmation = MessageNumber(91)
    package static let channelOpenFailure = MessageNumber(92)
    package static let channelWindowAdjust = MessageNumber(93)
    package static let channelData = MessageNumber(94)
    package static let channelExtendedData = MessageNumber(95)
    package static let channelEOF = MessageNumber(96)
    package static let channelClose = MessageNumber(97)
    package static let channelRequest = MessageNumber(98)
    package static let channelSuccess = MessageNumber(99)
    package static let channelFailure = MessageNumber(100)

    /// The RFC's name, for notes and errors.
    package var name: String { Self.names[rawValue] ?? "message \(rawValue)" }

    private static let names: [UInt8: String] = [
        1: "DISCONNECT", 2: "IGNORE", 3: "UNIMPLEMENTED", 4: "DEBUG", 5: "SERVICE_REQUEST", 6: "SERVICE_ACCEPT",
        7: "EXT_INFO", 20: "KEXINIT", 21: "NEWKEYS", 30: "KEX_ECDH_INIT", 31: "KEX_ECDH_REPLY",
        32: "KEX_DH_GEX_INIT", 33: "KEX_DH_GEX_REPLY", 34: "KEX_DH_GEX_REQUEST",
        50: "USERAUTH_REQUEST", 51: "USERAUTH_FAILURE", 52: "USERAUTH_SUCCESS", 53: "USERAUTH_BANNER",
        60: "USERAUTH_PK_OK", 80: "GLOBAL_REQUEST", 81: "REQUEST_SUCCESS", 82: "REQUEST_FAILURE", 90: "CHANNEL_OPEN",
        91: "CHANNEL_OPEN_CONFIRMATION", 92: "CHANNEL_OPEN_FAILURE", 93: "CHANNEL_WINDOW_ADJUST", 94: "CHANNEL_DATA",
        95: "CHANNEL_EXTENDED_DATA", 96: "CHANNEL_EOF", 97: "CHANNEL_CLOSE", 98: "CHANNEL_REQUEST",
        99: "CHANNEL_SUCCESS", 100: "CHANNEL_FAILURE", 192: "PING", 193: "PONG",
    ]
}
