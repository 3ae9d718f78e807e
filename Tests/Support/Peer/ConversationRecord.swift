import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Everything that one conversation's engine said and did.
package struct ConversationRecord {
    package internal(set) var errors: [ProtocolError] = []
    /// Commands that did not fit; they end nothing.
    package internal(set) var misuses: [ProtocolError] = []
    /// Events that came after the error.
    package internal(set) var lateEvents: [String] = []
    /// All that left the engine, as the network saw it.
    package internal(set) var clientBytes: [UInt8] = []
    package internal(set) var highestOutboundByteCount = 0
    package internal(set) var highestHeldByteCount = 0
    /// How far what the engine held was ever beyond twice of what had been delivered: room made by the peer's word alone.
    package internal(set) var highestUnearnedByteCount = 0

    package internal(set) var identification: [UInt8] = []
    package internal(set) var offeredKeys: [PublicKey] = []
    package internal(set) var offeredCertificates: [Certificate] = []
    package internal(set) var agreements: [NegotiatedAlgorithms] = []
    package internal(set) var rounds: [AuthenticationRound] = []
    package internal(set) var signatureRequests: [SignatureRequest] = []
    package internal(set) var provenKeys: [[PublicKey]] = []
    package internal(set) var infoRequests: [UserauthInfoRequest] = []
    package internal(set) var proofs: [AuthenticationProof] = []
    package internal(set) var banners: [[UInt8]] = []
    package internal(set) var notes: [Event.Note] = []
    package internal(set) var silences: [Duration] = []
    package internal(set) var endedSilenceCount = 0
    package internal(set) var announcedKeys: [[PublicKey]] = []
    package internal(set) var output: [ChannelID: [UInt8]] = [:]
    package internal(set) var errorOutput: [ChannelID: [UInt8]] = [:]
    package internal(set) var exits: [ChannelExit] = []
    package internal(set) var refusals: [[UInt8]] = []
    package internal(set) var refusalReasons: [UInt32] = []
    /// How often a channel's user was woken for data.
    package internal(set) var dataEventCount = 0
    package internal(set) var replies: [Bool] = []
    package internal(set) var opened: [ChannelID] = []
    package internal(set) var ended: [ChannelID] = []
    package internal(set) var closed: [ChannelID] = []

    var isStarted = false
    var signingKeys: [SigningKey] = []
    var unsent: [ChannelID: ByteBuffer] = [:]

    package var isOver: Bool { !errors.isEmpty }
    package var isLoggedIn: Bool { !proofs.isEmpty }

    mutating func note(_ error: ProtocolError) {
        if case .misuse = error { misuses.append(error) } else { errors.append(error) }
    }

    mutating func receive(_ bytes: [UInt8], _ stream: ChannelStream, on id: ChannelID) {
        switch stream {
        case .output: output[id, default: []] += bytes
        case .error: errorOutput[id, default: []] += bytes
        }
    }

    mutating func note(_ event: Event) {
        if isOver { lateEvents.append("\(event)") }
        switch event {
        case .identified(let value): identification = value.line
        case .hostKeyOffered(let key, let certificate):
            offeredKeys.append(key)
            if let certificate { offeredCertificates.append(certificate) }
        case .keysExchanged(let algorithms): agreements.append(algorithms)
        case .authenticationNeeded(let round): rounds.append(round)
        case .signatureNeeded(let request): signatureRequests.append(request)
        case .authenticated(let proofs): self.proofs += proofs
        case .promptsReceived(let request): infoRequests.append(request)
        case .hostKeysProven(let keys): provenKeys.append(keys)
        case .banner(let text): banners.append(Array(text.readableBytesView))
        case .note(let remark): notes.append(remark)
        case .channelOpened(let id): opened.append(id)
        case .channelTimedOut: refusals.append([])
        case .channelRefused(_, let reason, let text):
            refusals.append(Array(text.readableBytesView))
            refusalReasons.append(reason)
        case .channelEnded(let id): ended.append(id)
        case .channelReply(_, _, let isSuccess): replies.append(isSuccess)
        case .channelExit(_, let exit): exits.append(exit)
        case .channelClosed(let id): closed.append(id)
        case .silent(let duration): silences.append(duration)
        case .hostKeysAnnounced(let keys): announcedKeys.append(keys)
        case .silenceEnded: endedSilenceCount += 1
        case .channelData: dataEventCount += 1
        case .channelWritable: break
        }
    }
}
