package import SSHCrypto

/// How the last login of a user at a host went: a line of a file that the next login reads.
///
/// `host fingerprint outcome key-exchange host-key user`, the host as known_hosts writes it, `-` for nothing. It holds no
/// secret, decides nothing about trust, and may be lost.
package struct RememberedLogin: Hashable, Sendable {
    package enum Outcome: String, Sendable {
        /// The key was all that the server wanted.
        case alone
        /// It wanted more, or something else.
        case more
        /// It hung up on a channel that was opened before its answer.
        case late
    }

    package static let maximumByteCount = 256 * 1024
    private static let maximumCount = 1000
    private static let nothing = "-"

    /// The fingerprint of the key that was accepted.
    package var key: String?
    package var outcome: Outcome
    /// What the host listed first, where it is one of ours.
    package var keyExchange: KeyExchangeAlgorithm?
    package var hostKey: SignatureAlgorithm?

    package init(
        key: PublicKey?, outcome: Outcome, keyExchange: KeyExchangeAlgorithm?, hostKey: SignatureAlgorithm?
    ) {
        self.key = key?.fingerprint.sha256
        self.outcome = outcome
        self.keyExchange = keyExchange
        self.hostKey = hostKey
    }

    /// What the file says; nil for nothing, or nothing that can be understood.
    package init?(of user: String, at host: HostName, in contents: [UInt8]) {
        let text = KnownHostsText(path: "", bytes: contents)
        for line in text.lines(for: [host]).joined() {
            let fields = Self.fields(of: line, in: text)
            guard fields.last == user, let outcome = Outcome(rawValue: fields[1]) else { continue }
            key = fields[0] == Self.nothing ? nil : fields[0]
            self.outcome = outcome
            keyExchange = KeyExchangeAlgorithm(rawValue: fields[2])
            hostKey = SignatureAlgorithm(rawValue: fields[3])
            return
        }
        return nil
    }

    /// Whether this is the key that was accepted.
    package func isOf(_ key: PublicKey) -> Bool { key.fingerprint.sha256 == self.key }

    /// The file with this in front, and without what was there of the same login; the oldest lines give way.
    ///
    /// - Returns: Nil where nothing changes.
    package func stored(
        of user: String, at host: HostName, hashed: Bool, in contents: [UInt8], random: inout RandomSource
    ) throws(CryptoError) -> [UInt8]? {
        guard Self(of: user, at: host, in: contents) != self else { return nil }
        let name = hashed ? try HashedName.field(for: host, salt: HashedName.newSalt(from: &random)) : host.bytes
        let fields = [
            key, outcome.rawValue, keyExchange?.rawValue, hostKey?.rawValue, user,
        ]
        var stored = name
        for field in fields { stored += [ASCII.space] + Array((field ?? Self.nothing).utf8) }
        stored.append(ASCII.lineFeed)
        let text = KnownHostsText(path: "", bytes: contents)
        let before = text.lines(for: [host]).joined().filter { Self.fields(of: $0, in: text).last == user }
        let gone = Set(before.map(\.number))
        for line in text.lines.lazy.filter({ !gone.contains($0.number) }).prefix(Self.maximumCount - 1) {
            let range = text.range(of: line)
            guard stored.count + range.count <= Self.maximumByteCount else { break }
            stored += text.bytes[range]
        }
        return stored
    }

    /// The five behind the host, the user with whatever blanks are in the name; none for a line of another shape.
    private static func fields(of line: KnownHostsText.Line, in text: KnownHostsText) -> [String] {
        let fields = text.bytes[line.key].split(separator: ASCII.space, maxSplits: 4)
        return fields.count == 5 ? fields.map { String(decoding: $0, as: UTF8.self) } : []
    }
}
