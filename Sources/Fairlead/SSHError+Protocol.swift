import SSHCore
import SSHWire

extension SSHError {
    /// What the core reported, in the caller's terms.
    init(_ error: ProtocolError) {
        switch error {
        case .identification(let fault, let firstLine): self = .identification(fault, firstLine)
        case .negotiation(let failure): self = .negotiation(failure)
        case .timeout(let situation):
            self.init(Self.stage(of: situation), .timeout, "Timed out during \(situation.rawValue)")
        case .closed(let situation):
            self.init(
                Self.stage(of: situation), .closed, "Connection closed by remote host during \(situation.rawValue)")
        case .disconnected(let reason, let text):
            self.init(
                .lost, .disconnected(code: reason.rawValue), "Received disconnect (\(reason.rawValue))",
                serverText: PeerText.line(text))
        case .limit(let name):
            self.init(Self.stage(of: name), .protocolViolation, "The server exceeds a limit: \(name.rawValue)")
        case .packet: self.init(.lost, .protocolViolation, "Bad packet: its framing is corrupt")
        case .integrity: self.init(.lost, .protocolViolation, "Corrupted MAC on input")
        case .compression:
            self.init(.lost, .protocolViolation, "Bad packet: it does not inflate, or to more than a packet may hold")
        case .unexpected(let number, let situation):
            self.init(
                Self.stage(of: situation), .protocolViolation,
                "The server sent \(number.name) when it may not, during \(situation.rawValue)")
        case .malformed(let number, _):
            self.init(.lost, .protocolViolation, "The server sent a \(number.name) that cannot be read")
        case .notStrict:
            self.init(
                .negotiation, .protocolViolation,
                "The server lacks strict key exchange (CVE-2023-48795), which the profile requires with ChaCha20 or EtM"
            )
        case .keyExchange: self.init(.keyExchange, .protocolViolation, "The server's key exchange value is not valid")
        case .crypto: self.init(.keyExchange, .protocolViolation, "A cryptographic operation failed")
        case .hostSignature, .hostKeyMismatch, .weakHostKey, .hostKeyChangedDuringRekey, .hostKeyRefused:
            self = .hostKey(error)
        case .authentication(let fault): self = .authentication(fault)
        case .channel: self.init(.channel, .protocolViolation, "The server broke the rules of a channel")
        case .misuse(let text): self.init(.usage, .misuse, text)
        }
    }

    private static func stage(of limit: ProtocolError.LimitName) -> Stage {
        switch limit {
        case .precedingLines, .precedingLine, .precedingTotal: .identification
        // Sequence numbers wrap to an error only before the first keys are in use.
        case .sequenceNumber: .keyExchange
        case .rekeys, .abandonedChannels: .lost
        case .heldBytes: .hostKey
        case .prompts: .authentication
        case .deferredPackets: .lost
        }
    }

    private static func stage(of situation: ProtocolError.Situation) -> Stage {
        switch situation {
        case .identification: .identification
        case .keyExchange: .keyExchange
        case .serviceRequest, .authentication: .authentication
        case .channelOpen: .channel
        case .rekey, .session, .closing: .lost
        }
    }

    private static func identification(_ fault: ProtocolError.IdentificationFault, _ line: [UInt8]) -> SSHError {
        let quoted = PeerText.line(line, maximumByteCount: 80)
        let message =
            switch fault {
            case .notSSH: "Not an SSH server; it said"
            case .version: "Not an SSH-2 server; it said"
            case .malformed: "The server's identification is malformed"
            case .lineTooLong: "The server's identification is too long"
            }
        return SSHError(.identification, .notSSH, message, serverText: quoted)
    }

    private static func negotiation(_ failure: NegotiationFailure) -> SSHError {
        let offers = Offers(
            slot: failure.slot.rawValue, ours: failure.ours.text, theirs: failure.theirs.text, remedy: remedy(failure))
        let advice = offers.remedy.map { "; to permit it: \($0)" } ?? ""
        return SSHError(
            .negotiation, .noCommonAlgorithm,
            "No common algorithm for \(offers.slot): we offer \(offers.ours); the server offers \(offers.theirs)\(advice)",
            offers: offers)
    }

    /// The first name of the server's that we have and do not offer, by the profile that has it.
    private static func remedy(_ failure: NegotiationFailure) -> String? {
        guard let slot = SSHConfiguration.AlgorithmSlot(failure.slot) else { return nil }
        for profile in [AlgorithmProfile.standard, .legacy, .interop] {
            let name = slot.names(in: profile.policy).first {
                failure.theirs.contains(Name($0)) && !failure.ours.contains(Name($0))
            }
            guard let name else { continue }
            let option = "-o \(slot.rawValue)=+\(name)"
            return profile == .standard ? option : "--profile \(profile.rawValue), or \(option)"
        }
        return nil
    }

    private static func hostKey(_ error: ProtocolError) -> SSHError {
        switch error {
        case .weakHostKey(let bitCount):
            SSHError(
                .hostKey, .hostKeyInvalid,
                "The server's RSA key has \(bitCount) bits, fewer than RequiredRSASize allows")
        case .hostKeyMismatch:
            SSHError(.hostKey, .hostKeyInvalid, "The server's host key is not of the type that was agreed on")
        case .hostKeyChangedDuringRekey:
            SSHError(.hostKey, .hostKeyChanged, "The server changed its host key during the session")
        case .hostKeyRefused: SSHError(.hostKey, .hostKeyUnknown, "Host key verification failed.")
        default: SSHError(.hostKey, .hostKeyInvalid, "The server's signature is wrong: it does not hold its host key")
        }
    }

    private static func authentication(_ fault: ProtocolError.AuthenticationFault) -> SSHError {
        switch fault {
        case .tooManyAttempts: SSHError(.authentication, .denied, "Too many authentication attempts")
        case .cancelled: SSHError(.authentication, .denied, "Permission denied")
        case .unsolicited:
            SSHError(
                .authentication, .protocolViolation, "The server answered an authentication request that was not made")
        }
    }
}
