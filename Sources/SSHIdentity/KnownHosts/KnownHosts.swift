package import SSHCrypto
package import SSHWire

/// The keys on record for hosts: the contents of known-hosts files, read as OpenSSH reads them (sshd(8)).
///
/// Plain, hashed and `[host]:port` names, addresses, wildcards, negation, `@revoked` and `@cert-authority` are understood. An
/// authority's line never stands for a plain key. A line that cannot be used is skipped with a warning. This is a value: it
/// needs no connection, and reads and writes no file itself.
///
/// ```swift
/// var hosts = KnownHosts()
/// hosts.add(file: "known_hosts", contents: bytes)
/// switch hosts.verdict(for: key, host: "build.example", port: 22) {
/// case .known(let location): print("as in line \(location.line)")
/// case .unknown: print("never seen")
/// case .changed(let records): print("another key is in line \(records.map(\.location.line))")
/// case .revoked(let location): print("revoked in line \(location.line)")
/// }
/// ```
public struct KnownHosts: Sendable {
    /// As libssh; more is no file that a person keeps.
    package static let maximumByteCount = 16 * 1024 * 1024

    private var texts: [KnownHostsText] = []

    /// The lines, of all files, that cannot be used.
    ///
    /// The key itself is decoded only for a host that is asked for.
    public private(set) var warnings: [KnownHostsWarning] = []

    /// No key on record for any host.
    public init() {}

    /// Adds a file's contents after those that were added before.
    ///
    /// - Parameters:
    ///   - path: The file's path, for messages.
    ///   - contents: The file's bytes; more than 16 MiB are not read, and a warning says so.
    public mutating func add(file path: String, contents: [UInt8]) {
        guard contents.count <= Self.maximumByteCount else {
            return warnings.append(KnownHostsWarning(file: path, line: 1, reason: .fileTooLarge))
        }
        let text = KnownHostsText(path: path, bytes: contents)
        texts.append(text)
        warnings += text.warnings
    }

    /// What is on record about `key` for a host.
    ///
    /// A key that is revoked for the host is that alone. If any plain key is on record and none is `key`, of whatever type,
    /// the key has changed. A name that is unknown with its port is tried once more without: there, only the key itself or
    /// its revocation counts.
    ///
    /// - Parameters:
    ///   - key: The key that the host has shown.
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: The verdict, with the lines that it rests on.
    public func verdict(for key: PublicKey, host: String, port: Int) -> HostKeyVerdict {
        let (exact, portless) = entries(host: host, port: port)
        if let revoked = (exact + portless).first(marked: .revoked, with: key) { return .revoked(revoked) }
        if let same = exact.first(marked: .none, with: key) { return .known(same) }
        let known = exact.filter { $0.marker == .none }
        guard known.isEmpty else { return .changed(known.compactMap(\.record)) }
        return portless.first(marked: .none, with: key).map { .known($0) } ?? .unknown
    }

    /// The line that lets certificates of an authority stand for a host.
    ///
    /// - Parameters:
    ///   - authority: The key that signed the certificate.
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: The first `@cert-authority` line that names the host, with its port or without, and holds the key; `nil`
    ///   when there is none or the key is revoked for the host.
    public func authority(_ authority: PublicKey, host: String, port: Int) -> KnownHostLocation? {
        let (exact, portless) = entries(host: host, port: port)
        guard (exact + portless).first(marked: .revoked, with: authority) == nil else { return nil }
        return (exact + portless).first(marked: .certificateAuthority, with: authority)
    }

    /// Whether certificates of any authority may stand for a host.
    ///
    /// - Parameters:
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: `true` when a `@cert-authority` line names the host, with its port or without.
    public func hasAuthority(host: String, port: Int) -> Bool {
        let (exact, portless) = entries(host: host, port: port)
        return (exact + portless).contains { $0.marker == .certificateAuthority }
    }

    /// The line that revokes a key, be it a host's or an authority's, for a host.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: The first `@revoked` line that names the host, with its port or without, and holds the key.
    public func isRevoked(_ key: PublicKey, host: String, port: Int) -> KnownHostLocation? {
        let (exact, portless) = entries(host: host, port: port)
        return (exact + portless).first(marked: .revoked, with: key)
    }

    package func revokesAny(of keys: [PublicKey], host: String, port: Int) -> Bool {
        let (exact, portless) = entries(host: host, port: port)
        return keys.contains { (exact + portless).first(marked: .revoked, with: $0) != nil }
    }

    /// The plain keys on record for a host.
    ///
    /// - Parameters:
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: One record for each line that names the host with its port, in the order of the files.
    public func keys(host: String, port: Int) -> [KnownHostRecord] {
        entries(host: host, port: port).exact.filter { $0.marker == .none }.compactMap(\.record)
    }

    /// Where else a key is on record, as a plain key of any host.
    ///
    /// - Parameter key: The key.
    /// - Returns: One value for each line that holds the key, in the order of the files.
    public func names(of key: PublicKey) -> [KnownHostNames] {
        names(of: [key.fingerprint])
    }

    package func names(of fingerprints: Set<Fingerprint>) -> [KnownHostNames] {
        texts.flatMap { text in
            text.lines(with: fingerprints).filter { $0.line.marker == .none }.map { text.names(of: $0.line) }
        }
    }

    /// The lines that name a host and whose keys cannot be used.
    ///
    /// - Parameters:
    ///   - host: The name by which the host was called, or its alias.
    ///   - port: The port; 22 and 0 leave the name plain.
    /// - Returns: One warning for each such line, in the order of the files.
    public func warnings(forHost host: String, port: Int) -> [KnownHostsWarning] {
        let name = HostName(host, port: port)
        return texts.flatMap { text in
            text.lines(for: [name])[0].compactMap { line in
                guard case .failure(let failure) = KnownHostEntry.read(line, of: text) else { return nil }
                return KnownHostsWarning(file: text.path, line: line.number, reason: failure.reason)
            }
        }
    }

    /// The order in which to offer host-key algorithms, so that a host is asked for a key that is on record.
    ///
    /// The names of certificates come first where an authority is on record for the host, then those whose plain type is.
    /// Verbatim where nothing is known or a key of the first name's type is, which keeps most strangers and most known hosts
    /// alike to an observer (CVE-2020-14145).
    package func preferredOrder<Algorithm>(
        of offer: [Algorithm], host: String, port: Int, type: (Algorithm) -> (plain: Name, isCertificate: Bool)
    ) -> [Algorithm] {
        let (exact, portless) = entries(host: host, port: port)
        let plain = exact.filter { $0.marker == .none }
        let known = Set((plain.isEmpty ? portless.filter { $0.marker == .none } : plain).map(\.type))
        let hasAuthority = (exact + portless).contains { $0.marker == .certificateAuthority }
        guard let first = offer.first.map(type), !known.contains(first.plain), !known.isEmpty || hasAuthority else {
            return offer
        }
        let ranks = offer.map(type).map { hasAuthority && $0.isCertificate ? 0 : known.contains($0.plain) ? 1 : 2 }
        return (0...2).flatMap { rank in zip(offer, ranks).filter { $0.1 == rank }.map(\.0) }
    }

    package func preferredOrder(
        of offer: [SignatureAlgorithm], host: String, port: Int
    ) -> [SignatureAlgorithm] {
        preferredOrder(of: offer, host: host, port: port) { ($0.plain.keyType, $0.isCertificate) }
    }

    /// A line to append to a file, with its line feed.
    ///
    /// - Throws: `HostNameError` when the name could be read as anything but itself.
    package static func line(
        host: String, port: Int, key: PublicKey, hashed: Bool, random: inout RandomSource
    ) throws(HostNameError) -> [UInt8] {
        let name = try HostName(writing: host, port: port)
        var line = name.bytes
        if hashed {
            do throws(CryptoError) {
                line = try HashedName.field(for: name, salt: HashedName.newSalt(from: &random))
            } catch {
                throw .hashingFailed
            }
        }
        return line + [ASCII.space] + Array(key.openSSHLine.utf8) + [ASCII.lineFeed]
    }

    /// The entries under the host's name, and those under its name without the port where that differs.
    private func entries(host: String, port: Int) -> (exact: [KnownHostEntry], portless: [KnownHostEntry]) {
        let name = HostName(host, port: port)
        let portless = HostName(host, port: 0)
        var found: [[KnownHostEntry]] = [[], []]
        for text in texts {
            for (index, lines) in text.lines(for: name == portless ? [name] : [name, portless]).enumerated() {
                found[index] += lines.compactMap { try? KnownHostEntry.read($0, of: text).get() }
            }
        }
        return (found[0], found[1])
    }
}

extension [KnownHostEntry] {
    fileprivate func first(marked marker: KnownHostsText.Marker, with key: PublicKey) -> KnownHostLocation? {
        first { $0.marker == marker && $0.holds(key) }?.location
    }
}
