package import SSHWire

/// What is legal now: one pure function from a message number and the state to a verdict.
///
/// Its sources: RFC 4253 §7.1 (what may travel during a key exchange), strict key exchange (OpenSSH PROTOCOL §1.10: in the
/// first exchange nothing but its own messages), RFC 4252 §6 and RFC 4254. Whether an answer was asked for at all is the
/// business of the machine that receives it.
package enum MessageGate {
    package enum Verdict: Hashable, Sendable {
        /// Hand it to the machine it belongs to.
        case accept
        /// Answer UNIMPLEMENTED and carry on (RFC 4253 §11.4).
        case unimplemented
        /// End the connection.
        case refuse
    }

    package static func permits(
        _ number: MessageNumber, phase: Phase, keyExchange: KeyExchangeStage, isStrict: Bool
    ) -> Verdict {
        switch phase {
        case .identification, .closed: .refuse
        case .firstKeyExchange: duringFirst(number.rawValue, keyExchange, isStrict: isStrict)
        case .authentication, .connected:
            keyExchange == .idle || keyExchange == .awaitingKexInit
                ? betweenExchanges(number.rawValue, phase) : duringExchange(number.rawValue, keyExchange)
        }
    }

    private static func duringFirst(_ number: UInt8, _ stage: KeyExchangeStage, isStrict: Bool) -> Verdict {
        if number == 1 { return .accept }
        if stage == .awaitingKexInit || stage == .idle {
            switch number {
            case 2...4, 20: return .accept
            case 0, 5...7, 21, 30...127: return .refuse
            default: return .unimplemented
            }
        }
        guard isStrict else { return duringExchange(number, stage) }
        return duringExchange(number, stage) == .accept && !(2...4).contains(number) ? .accept : .refuse
    }

    /// After the peer's KEXINIT only transport messages and the exchange's own may come.
    private static func duringExchange(_ number: UInt8, _ stage: KeyExchangeStage) -> Verdict {
        switch number {
        case 1...4: .accept
        case 21: stage == .awaitingNewKeys ? .accept : .refuse
        case 31: stage == .awaitingReply || stage == .awaitingGroup ? .accept : .refuse
        case 33: stage == .awaitingGroupReply ? .accept : .refuse
        case 8...19, 22...29, 128...255: .unimplemented
        default: .refuse
        }
    }

    private static func betweenExchanges(_ number: UInt8, _ phase: Phase) -> Verdict {
        switch number {
        case 1...4, 7, 20: .accept
        case 0, 21, 30...34, 50, 61: .refuse
        case 6, 51, 52, 60: phase == .authentication ? .accept : .refuse
        case 53: .accept
        case 80...82, 90...100: phase == .connected ? .accept : .refuse
        case 192, 193: phase == .connected ? .accept : .unimplemented
        default: .unimplemented
        }
    }
}
