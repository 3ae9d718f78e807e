/// What one connection's engine is told at its start.
package struct EngineConfiguration: Sendable {
    /// Our identification without comments and its terminator (RFC 4253 §4.2).
    package static let identification = Array("SSH-2.0-Fairlead_0.1".utf8)
    /// With its terminator (RFC 4253 §4.2).
    package static let identificationByteCount = 255

    /// What stands behind our identification and a blank; nil for neither.
    package var identificationComments: [UInt8]?
    package var identification: [UInt8] { Self.identification + (identificationComments.map { [0x20] + $0 } ?? []) }

    /// The name to log in by.
    ///
    /// It leaves the engine only inside an encrypted request, after the host key was trusted.
    package var user: [UInt8]
    package var algorithms: AlgorithmPolicy
    /// From TCP to the server's identification.
    package var identificationTimeout = Limits.handshake
    /// From the identification to NEWKEYS.
    ///
    /// Default `nil`: what the identification left of `Limits.handshake`.
    package var keyExchangeTimeout: Duration?
    /// RSA host keys below this are refused (`RequiredRSASize`).
    package var minimumRSABitCount = 2048
    package var rekeyLimit = RekeyLimit()
    package var keepAlive = KeepAlive()
    /// What a channel's receive window may grow to; at least two packets, or the peer would wait for us after each.
    package var maximumWindowByteCount = Limits.channelWindowMaximumByteCount {
        didSet { maximumWindowByteCount = max(maximumWindowByteCount, 2 * Limits.channelPacketByteCount) }
    }
    /// Wait for each answer instead of sending ahead, for the servers that close otherwise.
    package var isPolite = false
    /// Whether the share of our first key exchange follows our first KEXINIT, where the peer's first names are likely to be the
    /// same (RFC 4253 §7).
    package var guesses = false
    /// Whether a login by key names the host's key where the server understands that (OpenSSH PROTOCOL §3.1).
    package var bindsLogins = true
    /// Whether messages are put on record, for `Engine.takeRecords`.
    package var recordsMessages = false

    package init(user: [UInt8], algorithms: AlgorithmPolicy = .standard) {
        self.user = user
        self.algorithms = algorithms
    }
}
