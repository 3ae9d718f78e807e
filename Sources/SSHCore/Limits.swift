/// Every bound that the core puts on a peer, with where it comes from.
package enum Limits {
    /// OpenSSH reads identification lines of up to 8,192 bytes; RFC 4253 §4.2 allows 255.
    package static let identificationLineByteCount = 8192
    /// RFC 4253 §4.2's length, above which a line is worth a note.
    package static let customaryIdentificationByteCount = 255
    /// OpenSSH gives up at the 1,024th line before the identification.
    package static let precedingLineCount = 1023
    /// Ours, terminators included: 1,024 lines of 8,192 bytes would be 8 MiB of noise.
    package static let precedingTotalByteCount = 256 * 1024
    /// Of those, how many a log is told; a server that greets with more has nothing to say.
    package static let shownPrecedingLineCount = 16
    /// OpenSSH's PACKET_MAX_SIZE.
    ///
    /// Nothing is allocated until the bytes arrive.
    package static let packetByteCount: UInt32 = 262_144
    /// What we tell the peer about the data of one packet; OpenSSH's default.
    package static let channelPacketByteCount: UInt32 = 32 * 1024
    /// The receive window of a channel at first; OpenSSH's default.
    package static let channelWindowByteCount: UInt32 = 2 * 1024 * 1024
    /// What it may grow to unless the configuration says otherwise: 1.3 Gbit/s at a round trip of 100 ms.
    package static let channelWindowMaximumByteCount: UInt32 = 16 * 1024 * 1024
    /// Answers to the peer that wait for the end of a key exchange (Go's cap after CVE-2025-22869); what the user asks
    /// for waits without a limit of its own.
    package static let deferredPacketCount = 64
    /// Sealed bytes that wait for the socket before reading pauses, so that a peer that asks and does not read our
    /// answers stalls itself.
    package static let outboundByteCount = 512 * 1024
    /// Go's cap on authentication attempts.
    package static let authenticationAttemptCount = 64
    /// Rounds of keyboard-interactive in one login, and prompts of one round (libssh allows 256).
    package static let infoRequestCount = 20
    package static let promptCount = 64
    /// Banners of one login that are passed on, and their total; the rest is dropped with one note.
    package static let bannerCount = 16
    package static let bannerByteCount = 64 * 1024
    /// EXT_INFO may come twice (RFC 8308 §2.4).
    package static let extInfoCount = 2
    /// Bytes that may arrive while the host key awaits a decision; the driver stops reading, so this is what the socket
    /// still held.
    package static let heldByteCount = 8 * 1024 * 1024
    /// A user name, a command or a password of ours; far above use, far below trouble.
    package static let localStringByteCount = 128 * 1024
    /// Bytes under one set of keys, for every cipher; OpenSSH's for those with blocks of 64 bits.
    package static let rekeyByteCount: UInt64 = 1 << 30
    /// Packets under one set of keys (OpenSSH's MAX_PACKETS; RFC 4344 §3.1 allows twice as many).
    package static let rekeyPacketCount: UInt64 = 1 << 31
    /// Packets under one set of keys at the very most: one more would repeat a number, and with it a nonce.
    package static let keyPacketCount: UInt64 = 1 << 32
    /// Key exchanges without any channel data between them before a server counts as a storm; ten a second are forgiven.
    package static let idleRekeyCount = 300
    /// Channels of ours that ended and that the server never closed.
    package static let abandonedChannelCount = 4096
    /// Host keys of one announcement that are looked at.
    package static let announcedHostKeyCount = 32
    /// Our global requests that may await an answer.
    package static let globalRequestCount = 64
    /// What one packet may inflate to: as much as a packet without compression may hold.
    package static let inflatedByteCount = Int(packetByteCount)
    /// Notes that one connection's peer may cause before they are dropped.
    package static let noteCount = 1000
    /// What messages on record may take, roughly, until they are taken: more than one read from the socket brings.
    package static let recordByteCount = 16 * 1024 * 1024

    /// TCP to NEWKEYS, a person's typing excluded.
    package static let handshake = Duration.seconds(30)
    /// An authentication reply; push approvals take their time.
    package static let authenticationReply = Duration.seconds(150)
    /// The answer to opening a session channel.
    package static let channelOpen = Duration.seconds(30)
    /// The answer to a channel request; some gateways start a machine first.
    package static let channelReply = Duration.seconds(150)
    /// A key exchange after the first.
    package static let rekey = Duration.seconds(60)
    /// An answer that is due for this long is asked for.
    package static let silenceProbe = Duration.seconds(10)
    /// An answer that is due for this long, and each time so long again, is missed aloud.
    package static let silenceShown = Duration.seconds(15)
    /// The peer's CHANNEL_CLOSE after ours.
    package static let channelClose = Duration.seconds(5)
}
