import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// One thing that a hostile server does, and what comes of it: stimulus and verdict in one place.
struct HostileRow: Sendable, CustomStringConvertible {
    enum Verdict: Sendable {
        /// Login and command go through as if nothing had happened.
        case works
        /// Exactly one error of one of these kinds; the code of the one DISCONNECT, or nil for none.
        case fails([ErrorKind], DisconnectReason?)
        /// The channel alone is refused; the connection goes on.
        case refusesChannel
        /// One of these errors, whatever the DISCONNECT.
        case failsAnyhow([ErrorKind])
    }

    let id: String
    let stimulus: String
    let verdict: Verdict
    var prepare: @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    /// What happens once both sides fell silent.
    var act: @Sendable (Conversation) -> Void = { _ in }
    /// What else must hold.
    var expect: @Sendable (Conversation) -> Bool = { _ in true }

    var description: String { id + " " + stimulus }

    init(
        _ id: String, _ stimulus: String, _ verdict: Verdict,
        prepare: @escaping @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    ) {
        self.id = id
        self.stimulus = stimulus
        self.verdict = verdict
        self.prepare = prepare
    }

    func acting(_ act: @escaping @Sendable (Conversation) -> Void) -> HostileRow {
        var row = self
        row.act = act
        return row
    }

    func expecting(_ expect: @escaping @Sendable (Conversation) -> Bool) -> HostileRow {
        var row = self
        row.expect = expect
        return row
    }
}

/// `ProtocolError` without what it carries.
enum ErrorKind: String, Sendable {
    case notSSH, version, malformedIdentification, lineTooLong
    case precedingLines, precedingLine, precedingTotal, sequenceNumber, deferredPackets, heldBytes, rekeys, prompts
    case packet, integrity, compression, unexpected, malformed, negotiation, keyExchange, hostSignature, hostKeyMismatch
    case weakHostKey, hostKeyChangedDuringRekey, hostKeyRefused, notStrict
    case tooManyAttempts, cancelled, unsolicited
    case timeout, disconnected, closed, channel, crypto, misuse
}

extension ProtocolError {
    var kind: ErrorKind {
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
    var peerBytes: [[UInt8]] {
        switch self {
        case .identification(_, let line): [line]
        case .disconnected(_, let text): [text]
        case .negotiation(let failure): [failure.theirs.joined, failure.ours.joined]
        default: []
        }
    }
}
