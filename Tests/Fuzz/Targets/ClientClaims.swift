import NIOCore
import PeerSupport
import SSHCore
import SSHIdentity
import SSHWire

/// What holds whatever a server does, as far as one conversation shows it.
enum ClientClaims {
    /// Before the first keys nothing else leaves.
    private static let plainNumbers: Set<UInt8> = [1, 2, 3, 4, 20, 21, 30, 32, 34]

    static func check(_ conversation: Conversation) {
        conversation.script.sends = true
        conversation.close()
        let record = conversation.record
        let peer = conversation.peer
        precondition(record.errors.count <= 1 && record.lateEvents.isEmpty, "something follows the end")
        precondition(peer.messages(Disconnect.self).count <= 1, "more than one farewell")
        let carried = 2 * Int(Limits.packetByteCount) + 64 * 1024
        precondition(record.highestHeldByteCount <= Limits.heldByteCount + carried, "bytes of the peer's pile up")
        precondition(record.highestUnearnedByteCount <= 1024, "room is made for what never came")
        precondition(record.highestOutboundByteCount <= 4 * Limits.outboundByteCount, "answers pile up")
        checkSecrets(conversation)
        checkKeys(conversation)
        checkLogin(record, peer)
        checkChannels(record)
    }

    /// No name and no password leaves in the clear, nor on record.
    private static func checkSecrets(_ conversation: Conversation) {
        precondition(!contains(conversation.record.clientBytes, Array("canary".utf8)), "a secret in the clear")
        precondition(
            conversation.peer.received.allSatisfy { $0.isEncrypted || plainNumbers.contains($0.number) },
            "a message that needs keys leaves without")
        for message in conversation.engine.takeRecords() {
            MessageFuzz.checkFields(message.fields, message.payloadByteCount, from: message.number == nil ? 0 : 1)
            for case .bytes(let bytes) in message.fields.map(\.value) {
                precondition(!contains(bytes, ClientScript.password), "a password on record")
            }
        }
    }

    /// Only the key whose signature holds is offered, and before that nothing is asked for.
    private static func checkKeys(_ conversation: Conversation) {
        let peer = conversation.peer
        let blobs = peer.configuration.hostKeys.map(\.verificationKey.blob)
        precondition(
            conversation.record.offeredKeys.allSatisfy { blobs.contains($0.blob) }, "an unproven key is offered")
        guard conversation.record.offeredKeys.isEmpty else { return }
        precondition(peer.attempts.isEmpty && !peer.received.contains { $0.number == 5 || $0.number == 21 })
        precondition(conversation.record.agreements.isEmpty, "keys without a proof")
    }

    /// Nobody is logged in who did not ask for it, or who was not asked; nor twice.
    private static func checkLogin(_ record: ConversationRecord, _ peer: ScriptedPeer) {
        guard record.isLoggedIn else {
            return precondition(record.announcedKeys.isEmpty && record.output.isEmpty, "a session before the login")
        }
        precondition(!record.offeredKeys.isEmpty && !record.rounds.isEmpty, "a login without its steps")
        precondition(peer.failure != nil || !peer.attempts.isEmpty, "a login that nobody asked for")
    }

    private static func checkChannels(_ record: ConversationRecord) {
        for id in Set(record.output.keys).union(record.errorOutput.keys) {
            precondition(record.opened.contains(id), "data of a channel that is not open")
        }
        precondition(record.exits.count <= record.opened.count, "a program ends twice")
        precondition(record.announcedKeys.count <= 1, "keys are announced twice")
    }

    private static func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, bytes.count >= needle.count else { return false }
        return bytes.indices.dropLast(needle.count - 1).contains {
            bytes[$0] == first && bytes[$0..<$0 + needle.count].elementsEqual(needle)
        }
    }
}
