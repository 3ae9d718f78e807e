import SSHCore
import SSHWire

/// `ProtocolError` without what it carries.
package enum ErrorKind: String, Sendable {
    case notSSH, version, malformedIdentification, lineTooLong
    case precedingLines, precedingLine, precedingTotal, sequenceNumber, deferredPackets, heldBytes, rekeys, prompts
    case abandonedChannels
    case packet, integrity, compression, unexpected, malformed, negotiation, keyExchange, hostSignature, hostKeyMismatch
    case weakHostKey, hostKeyChangedDuringRekey, hostKeyRefused, notStrict
    case tooManyAttempts, cancelled, unsolicited
    case timeout, disconnected, closed, channel, crypto, misuse
}

extension ProtocolError {
    package var kind: ErrorKind {
        switch self {
        case .identification(.notSSH, _): .notSSH
        case .identification(.version, _): .version
        case .identification(.malformed, _): .malformedIdentification
        case .identification(.lineTooLong, _): .lineTooLong
        case .limit(.precedingLines): .precedingLines
        case .limit(.precedingLine): .precedingLine
        case .limit(.precedingTotal): .precedingTotal
        case .limit(.sequenceNumber): .sequenceNumber
        case .limit(.deferredPackets): .deferredPackets
        case .limit(.heldBytes): .heldBytes
        case .limit(.rekeys): .rekeys
        case .limit(.abandonedChannels): .abandonedChannels
        case .limit(.prompts): .prompts
        case .notStrict: .notStrict
        case .packet: .packet
        case .integrity: .integrity
        case .compression: .compression
        case .unexpected: .unexpected
        case .malformed: .malformed
        case .negotiation: .negotiation
        case .keyExchange: .keyExchange
        case .hostSignature: .hostSignature
        case .hostKeyMismatch: .hostKeyMismatch
        case .weakHostKey: .weakHostKey
        case .hostKeyChangedDuringRekey: .hostKeyChangedDuringRekey
        case .hostKeyRefused: .hostKeyRefused
        case .authentication(.tooManyAttempts): .tooManyAttempts
        case .authentication(.cancelled): .cancelled
        case .authentication(.unsolicited): .unsolicited
        case .timeout: .timeout
        case .disconnected: .disconnected
        case .closed: .closed
        case .channel: .channel
        case .crypto: .crypto
        case .misuse: .misuse
        }
    }

    /// The peer's bytes that the error carries.
    package var peerBytes: [[UInt8]] {
        switch self {
        case .identification(_, let line): [line]
        case .disconnected(_, let text): [text]
        case .negotiation(let failure): [failure.theirs.joined, failure.ours.joined]
        default: []
        }
    }
}
