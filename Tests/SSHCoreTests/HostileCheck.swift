// The rows and their words, for every test of this target.
@_exported import HostileRows
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// Runs a row, and holds it against its verdict and against what must hold in every case.
struct HostileCheck {
    let row: HostileRow
    let delivery: Delivery

    static let command = HostileRow.command

    static func honest() throws -> (PeerConfiguration, ClientScript) { try HostileRow.honest() }

    /// A session with one channel whose program says nothing by itself and does not end.
    static func quietSession(
        delivery: Delivery = .whole,
        _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try honest()
        configuration.program = { _ in [] }
        script.endsInput = false
        change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    func run() throws {
        var (configuration, script) = try Self.honest()
        try row.prepare(&configuration, &script)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        row.act(conversation)
        switch row.verdict {
        case .works: checkWorks(conversation)
        case .fails(let kinds, let reason):
            checkFails(conversation, kinds)
            let reasons = conversation.peer.messages(Disconnect.self).map(\.reason)
            #expect(reasons == (reason.map { [$0] } ?? []), "the DISCONNECT of \(row)")
        case .refusesChannel:
            let record = conversation.record
            #expect(
                record.errors.isEmpty && record.misuses.isEmpty && record.isLoggedIn, "\(row) refuses a channel alone")
            #expect(record.refusals.count == 1)
        case .failsAnyhow(let kinds): checkFails(conversation, kinds)
        }
        #expect(row.expect(conversation), "what \(row) expects besides")
        checkUniversal(conversation)
    }

    private func checkWorks(_ conversation: Conversation) {
        let record = conversation.record
        #expect(record.errors.isEmpty && record.misuses.isEmpty, "\(row): \(record.errors) \(record.misuses)")
        #expect(record.isLoggedIn, "\(row) logs in")
        #expect(record.output.values.first == Self.command, "\(row) runs the command")
        #expect(conversation.peer.failure == nil)
    }

    private func checkFails(_ conversation: Conversation, _ kinds: [ErrorKind]) {
        let record = conversation.record
        let found = record.errors.map(\.kind)
        #expect(found.count == 1, "\(row) ends with one error, not with \(record.errors)")
        #expect(found.allSatisfy(kinds.contains), "\(row) ends with \(kinds), not with \(record.errors)")
    }

    /// What holds whatever the peer does: hostile.md's U3, U4, U6, U10, and the bounds of U2 that a process can see.
    private func checkUniversal(_ conversation: Conversation) {
        let record = conversation.record
        checkSecrets(conversation)
        for error in record.errors {
            #expect(([error.disconnectText] + error.peerBytes.map { PeerText.line($0) }).allSatisfy(isHarmless))
            #expect(error.peerBytes.allSatisfy { $0.count <= 32 * 1024 })
        }
        let reasons = conversation.peer.messages(Disconnect.self).map(\.reason)
        #expect(reasons.count <= 1, "at most one DISCONNECT for \(row)")
        if record.errors.first?.kind == .integrity { #expect(reasons == [] || reasons == [.macError]) }
        #expect(record.highestOutboundByteCount <= Int(Limits.outboundByteCount) + 512 * 1024)
        // Buffers grow by doubling.
        #expect(record.highestHeldByteCount <= 2 * Int(Limits.packetByteCount) + 64 * 1024)
        #expect(record.highestUnearnedByteCount <= 1024, "room for what never came, in \(row)")
        checkSilence(conversation)
    }

    /// No name and no password leaves in the clear, nor at all before the host key was trusted.
    private func checkSecrets(_ conversation: Conversation) {
        let bytes = conversation.record.clientBytes
        for canary in [ClientScript.user, ClientScript.password, Self.command] {
            #expect(!contains(bytes, canary), "a canary in the clear in \(row)")
        }
        let peer = conversation.peer
        let plain: Set<UInt8> = [1, 2, 3, 4, 20, 21, 30, 32, 34]
        #expect(peer.received.allSatisfy { $0.isEncrypted || plain.contains($0.number) })
        guard conversation.record.offeredKeys.isEmpty else { return }
        #expect(peer.attempts.isEmpty && peer.received.allSatisfy { $0.number != 5 && $0.number != 21 })
    }

    /// Once it is over, nothing that arrives has any effect.
    private func checkSilence(_ conversation: Conversation) {
        guard conversation.record.isOver else { return }
        let before = conversation.record
        conversation.inject(.raw(Array(repeating: 0x53, count: 64)), .raw([0, 0, 0, 12, 4, 1, 0, 0]))
        conversation.close()
        let after = conversation.record
        #expect(after.errors.count == before.errors.count && after.lateEvents.isEmpty, "silence after \(row)")
        #expect(after.clientBytes.count == before.clientBytes.count, "not a byte after the end of \(row)")
        #expect(!conversation.engineHasOutbound)
    }
}

/// Equality of much data: what differs would take longer to print than anybody reads.
func isSame(_ bytes: [UInt8]?, _ expected: [UInt8]) -> Bool { bytes == expected }

func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
    guard let first = needle.first, bytes.count >= needle.count else { return false }
    return bytes.indices.dropLast(needle.count - 1).contains { index in
        bytes[index] == first && bytes[index..<index + needle.count].elementsEqual(needle)
    }
}
