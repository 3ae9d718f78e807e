package import SSHCrypto
import SSHWire

/// The keys on record for hosts: the contents of known-hosts files, read as OpenSSH reads them (sshd(8)).
///
/// Plain, hashed and `[host]:port` names, wildcards, negation and `@revoked` are understood. A `@cert-authority` line never
/// stands for a plain key. A line that cannot be used is skipped with a warning. This is a value: it reads and writes no
/// file itself.
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
        if let revoked = (exact + portless).first(where: { $0.marker == .revoked && $0.holds(key) }) {
            return .revoked(revoked.location)
        }
        let known = exact.filter { $0.marker == .none }
        if let same = known.first(where: { $0.holds(key) }) { return .known(same.location) }
        guard known.isEmpty else { return .changed(known.compactMap(\.record)) }
        let same = portless.first { $0.marker == .none && $0.holds(key) }
        return same.map { .known($0.location) } ?? .unknown
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
            text.lines(for: name).compactMap { line in
                guard case .failure(let failure) = KnownHostEntry.read(line, of: text) else { return nil }
                return KnownHostsWarning(file: text.path, line: line.number, reason: failure.reason)
            }
        }
    }

    /// The order in which to offer host-key algorithms, so that a host is asked for a key that is on record.
    ///
    /// Verbatim where nothing is known or a key of the first name's type is, which keeps most strangers and most known hosts
    /// alike to an observer (CVE-2020-14145).
    package func preferredOrder(
        of offer: [SignatureAlgorithm], host: String, port: Int
    ) -> [SignatureAlgorithm] {
        let (exact, portless) = entries(host: host, port: port)
        let plain = exact.filter { $0.marker == .none }
        let known = Set((plain.isEmpty ? portless.filter { $0.marker == .none } : plain).map(\.type))
        guard let first = offer.first, !known.isEmpty, !known.contains(first.keyType) else { return offer }
        return offer.filter { known.contains($0.keyType) } + offer.filter { !known.contains($0.keyType) }
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
        return (entries(named: name), name == portless ? [] : entries(named: portless))
    }

    private func entries(named name: HostName) -> [KnownHostEntry] {
        texts.flatMap { text in
            text.lines(for: name).compactMap { try? KnownHostEntry.read($0, of: text).get() }
        }
    }
}
