import NIOCore
@testable import SSHCore
import SSHWire
import Testing

@testable import Fairlead

/// What the core reports, in the caller's terms.
@Suite struct ErrorMappingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let error: ProtocolError
        let stage: SSHError.Stage
        let kind: SSHError.Kind
        let responsible: SSHError.Responsible

        init(_ error: ProtocolError, _ stage: SSHError.Stage, _ kind: SSHError.Kind, _ by: SSHError.Responsible) {
            self.error = error
            self.stage = stage
            self.kind = kind
            responsible = by
        }

        var testDescription: String { "\(error)" }
    }

    static let rows: [Row] = [
        Row(.identification(.notSSH, firstLine: Array("HTTP".utf8)), .identification, .notSSH, .server),
        Row(.identification(.version, firstLine: []), .identification, .notSSH, .server),
        Row(.identification(.malformed, firstLine: []), .identification, .notSSH, .server),
        Row(.identification(.lineTooLong, firstLine: []), .identification, .notSSH, .server),
        Row(.limit(.precedingLines), .identification, .protocolViolation, .server),
        Row(.limit(.precedingLine), .identification, .protocolViolation, .server),
        Row(.limit(.precedingTotal), .identification, .protocolViolation, .server),
        Row(.limit(.heldBytes), .hostKey, .protocolViolation, .server),
        Row(.limit(.sequenceNumber), .keyExchange, .protocolViolation, .server),
        Row(.limit(.deferredPackets), .lost, .protocolViolation, .server),
        Row(.packet, .lost, .protocolViolation, .server),
        Row(.integrity, .lost, .protocolViolation, .server),
        Row(.unexpected(.newKeys, during: .keyExchange), .keyExchange, .protocolViolation, .server),
        Row(.unexpected(.newKeys, during: .authentication), .authentication, .protocolViolation, .server),
        Row(.unexpected(.newKeys, during: .rekey), .lost, .protocolViolation, .server),
        Row(.malformed(.channelData, .malformed), .lost, .protocolViolation, .server),
        Row(.keyExchange(.invalidShare), .keyExchange, .protocolViolation, .server),
        Row(.hostSignature, .hostKey, .hostKeyInvalid, .server),
        Row(.hostKeyMismatch, .hostKey, .hostKeyInvalid, .server),
        Row(.weakHostKey(bitCount: 1024), .hostKey, .hostKeyInvalid, .server),
        Row(.hostKeyChangedDuringRekey, .hostKey, .hostKeyChanged, .user),
        Row(.hostKeyRefused, .hostKey, .hostKeyUnknown, .user),
        Row(.authentication(.tooManyAttempts), .authentication, .denied, .user),
        Row(.authentication(.cancelled), .authentication, .denied, .user),
        Row(.authentication(.unsolicited), .authentication, .protocolViolation, .server),
        Row(.timeout(.identification), .identification, .timeout, .network),
        Row(.timeout(.keyExchange), .keyExchange, .timeout, .network),
        Row(.timeout(.serviceRequest), .authentication, .timeout, .network),
        Row(.timeout(.channelOpen), .channel, .timeout, .network),
        Row(.timeout(.rekey), .lost, .timeout, .network),
        Row(.disconnected(DisconnectReason(rawValue: 11), text: []), .lost, .disconnected(code: 11), .server),
        Row(.closed(.identification), .identification, .closed, .network),
        Row(.closed(.keyExchange), .keyExchange, .closed, .network),
        Row(.closed(.authentication), .authentication, .closed, .network),
        Row(.closed(.session), .lost, .closed, .network),
        Row(.closed(.closing), .lost, .closed, .network),
        Row(.channel(.windowExceeded), .channel, .protocolViolation, .server),
        Row(.misuse("why"), .usage, .misuse, .caller),
    ]

    @Test("each error of the core has its stage, its kind and who can mend it", arguments: rows)
    func mapping(row: Row) {
        let error = SSHError(row.error)
        #expect(error.stage == row.stage)
        #expect(error.kind == row.kind)
        #expect(error.responsible == row.responsible)
        #expect(!error.message.isEmpty)
    }

    @Test("the server's words are in the description, and safe to show")
    func serverText() {
        let words = Array("go\u{7} away\u{1B}]0;x".utf8)
        let error = SSHError(.disconnected(DisconnectReason(rawValue: 2), text: words))
        let text = error.serverText ?? ""
        #expect(text.hasPrefix("go"))
        #expect(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F })
        #expect(error.description == "\(error.message): \(text)")
        let silent = SSHError(.disconnected(DisconnectReason(rawValue: 2), text: []))
        #expect(silent.description == silent.message)
    }

    @Test(
        "no common algorithm names what would help, where anything would",
        arguments: [
            (.cipherClientToServer, "aes128-ctr", "arcfour,aes256-ctr,aes192-ctr", "-o Ciphers=+aes192-ctr"),
            (.macServerToClient, "hmac-sha2-512", "hmac-sha2-256", "-o MACs=+hmac-sha2-256"),
            (.keyExchange, "curve25519-sha256", "rsa1024-sha1,x\u{1B}", nil),
            (.compressionClientToServer, "none", "zlib", nil),
        ] as [(NegotiationFailure.Slot, Name, String, String?)])
    func remedy(slot: NegotiationFailure.Slot, ours: Name, theirs: String, remedy: String?) {
        let names = NameList(theirs.split(separator: ",").map { Name(String($0)) })
        let error = SSHError(.negotiation(NegotiationFailure(slot: slot, ours: NameList([ours]), theirs: names)))
        #expect(error.kind == .noCommonAlgorithm)
        #expect(error.offers?.remedy == remedy)
        #expect(error.offers?.slot == slot.rawValue)
        #expect(error.message.contains("we offer \(ours.text); the server offers \(names.text)"))
        #expect(error.message.hasSuffix(remedy ?? names.text))
    }

    @Test("what a server of another protocol said first is quoted, and no more than eighty characters of it")
    func quotation() {
        let error = SSHError(.identification(.notSSH, firstLine: [UInt8](repeating: UInt8(ascii: "x"), count: 200)))
        #expect((error.serverText?.utf8.count).map { $0 > 40 && $0 < 90 } == true)
    }
}
