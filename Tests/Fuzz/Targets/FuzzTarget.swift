import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What reads bytes that strangers chose, one entry a reader: each takes any input and neither traps, hangs nor allocates
/// by what the input claims.
///
/// `Scripts/fuzz` drives it; an ordinary test replays every file that is kept.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case knownHosts = "known-hosts"
    case openSSHKey = "openssh-key"
    case pem
    case ppk
    case certificate
    case krl
    case agentReply = "agent-reply"
    case authenticationMessages = "authentication-messages"
    case authentication
    case configuration
    case channels
    case commandLine = "command-line"
    case escapes
    case peerText = "peer-text"
    case identification
    case packet
    case kexinit
    case kexReply = "kex-reply"
    case hostKey = "host-key"
    case extensions
    case globalRequests = "global-requests"
    case messages
    case client
    /// The control: one input stops it, and it must be found.
    case planted

    /// Those that must withstand everything.
    package static let real = allCases.filter { $0 != .planted }

    package func run(_ input: [UInt8]) {
        switch self {
        case .knownHosts: KnownHostsFuzz.run(input)
        case .openSSHKey: KeyFileFuzz.openSSH(input)
        case .pem: KeyFileFuzz.pem(input)
        case .ppk: KeyFileFuzz.putty(input)
        case .certificate: CertificateFuzz.certificate(input)
        case .krl: CertificateFuzz.revocations(input)
        case .agentReply: AgentFuzz.run(input)
        case .authenticationMessages: MessageFuzz.authentication(input)
        case .authentication: AuthenticationFuzz.run(input)
        case .configuration: ConfigFuzz.run(input)
        case .channels: ChannelFuzz.run(input)
        case .commandLine: CommandLineFuzz.run(input)
        case .escapes: EscapeFuzz.run(input)
        case .peerText: PeerTextFuzz.run(input)
        case .identification: IdentificationFuzz.run(input)
        case .packet: PacketFuzz.run(input)
        case .kexinit: NegotiationFuzz.run(input)
        case .kexReply: ShareFuzz.run(input)
        case .hostKey: HostKeyFuzz.run(input)
        case .extensions: ExtensionFuzz.run(input)
        case .globalRequests: GlobalRequestFuzz.run(input)
        case .messages: MessageFuzz.all(input)
        case .client: ClientFuzz.run(input)
        case .planted: Self.stopAtPlantedInput(input)
        }
    }

    private static func stopAtPlantedInput(_ input: [UInt8]) {
        guard input.count > 3, input[0] == 0xF4, input[1] == UInt8(ascii: "l"), input[2] == 3 else { return }
        _ = input[input.count + Int(input[3])]
    }
}
