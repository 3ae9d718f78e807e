package import SSHCrypto
package import SSHWire
import NIOCore

/// Why a connection ended, or a command could not be carried out.
///
/// Compare kinds, never texts.
package enum ProtocolError: Error, Equatable {
    /// The peer is not an SSH-2 server; `firstLine` is what it said first.
    case identification(IdentificationFault, firstLine: [UInt8])
    /// One of `Limits` was passed.
    case limit(LimitName)
    /// A packet's framing is wrong (RFC 4253 §6).
    case packet
    /// A tag or a MAC is wrong: the bytes were changed on the way.
    case integrity
    /// A payload that does not inflate, or to more than a packet may hold (RFC 4253 §6.2).
    case compression
    /// A message that is not legal now.
    case unexpected(MessageNumber, during: Situation)
    /// A message whose fields do not parse.
    case malformed(MessageNumber, WireError)
    case negotiation(NegotiationFailure)
    /// The key exchange's arithmetic refused the peer's share.
    case keyExchange(CryptoError)
    /// The host key's signature over the exchange hash is wrong, or not of the negotiated algorithm.
    case hostSignature
    /// The host key is not of the negotiated type, or does not parse.
    case hostKeyMismatch
    case weakHostKey(bitCount: Int)
    case hostKeyChangedDuringRekey
    /// The peer lacks strict key exchange, which the profile requires with what was negotiated.
    case notStrict
    /// The host-key policy said no.
    case hostKeyRefused
    case authentication(AuthenticationFault)
    case timeout(Situation)
    /// The peer's DISCONNECT.
    case disconnected(DisconnectReason, text: [UInt8])
    /// The transport ended without a DISCONNECT.
    case closed(Situation)
    /// A channel's rules were broken: a window overrun, an unknown channel, a bad number.
    case channel(ChannelFault)
    /// A primitive of ours failed.
    case crypto(CryptoError)
    /// A command that does not fit the state; the caller's own mistake.
    case misuse(String)

    package enum IdentificationFault: Hashable, Sendable { case notSSH, version, malformed, lineTooLong }

    package enum LimitName: String, Hashable, Sendable {
        case precedingLines = "lines before the identification"
        case precedingLine = "the length of a line before the identification"
        case precedingTotal = "the total of the lines before the identification"
        case sequenceNumber = "packets under one set of keys"
        case heldBytes = "bytes sent before the host key was decided on"
        case deferredPackets = "packets waiting for a key exchange"
        case prompts = "prompts of one round"
        case rekeys = "key exchanges without anything in between"
        case abandonedChannels = "channels that the server never closes"
    }

    package enum AuthenticationFault: Hashable, Sendable { case tooManyAttempts, cancelled, unsolicited }

    package enum ChannelFault: Hashable, Sendable { case unknown, windowExceeded, windowOverflow, packetSize, state }

    /// What was going on; deadlines and early ends are named by it.
    package enum Situation: String, Hashable, Sendable {
        case identification
        case keyExchange = "key exchange"
        case rekey = "key re-exchange"
        case serviceRequest = "service request"
        case authentication
        case channelOpen = "channel open"
        case session
        case closing
    }

    /// The code of the DISCONNECT that tells the peer, where one may be sent.
    package var disconnectReason: DisconnectReason? {
        switch self {
        case .identification, .closed, .disconnected: nil
        case .limit, .packet, .unexpected, .malformed, .channel, .crypto: .protocolError
        case .integrity: .macError
        case .compression: .compressionError
        case .negotiation, .notStrict, .keyExchange, .hostSignature, .hostKeyMismatch, .weakHostKey: .keyExchangeFailed
        case .hostKeyChangedDuringRekey, .hostKeyRefused: .hostKeyNotVerifiable
        case .authentication(.tooManyAttempts): .noMoreAuthenticationMethods
        case .authentication(.cancelled): .authenticationCancelled
        case .authentication(.unsolicited): .protocolError
        case .timeout, .misuse: .byApplication
        }
    }

    /// Our words in that DISCONNECT.
    ///
    /// Framing and integrity share theirs, so that an attacker on the way cannot tell a bad length from a bad tag by
    /// what we send.
    package var disconnectText: String {
        switch self {
        case .packet, .integrity: "Packet corrupt"
        case .negotiation(let failure): "No common algorithm: \(failure.slot.rawValue)"
        case .keyExchange, .hostSignature, .hostKeyMismatch, .weakHostKey: "Key exchange failed"
        case .hostKeyChangedDuringRekey, .hostKeyRefused: "Host key not accepted"
        case .authentication(.tooManyAttempts): "Too many authentication attempts"
        case .authentication(.cancelled): "Authentication cancelled"
        case .timeout: "Timed out"
        default: "Protocol error"
        }
    }
}
