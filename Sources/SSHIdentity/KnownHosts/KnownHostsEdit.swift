package import SSHCrypto
import SSHWire

/// Changes to one known-hosts file, from bytes to bytes.
///
/// Whatever stays keeps its bytes: comments, line ends, lines that cannot be read.
package enum KnownHostsEdit {
    /// The lines that an edit takes out: whom they name, and the key where it can be read.
    package typealias Removed = [(names: KnownHostNames, key: KnownHostRecord?)]

    /// Removes the plain lines that name one of the hosts, as `ssh-keygen -R` does.
    ///
    /// A line goes as a whole, with all its names, and a pattern that matches is a name; `@revoked` and `@cert-authority`
    /// lines stay. Unlike there, a line that cannot be read does not stand in the way.
    ///
    /// - Returns: What is left, and the lines that went; `nil` when none did.
    package static func forgetting(
        _ hosts: [HostName], in bytes: [UInt8], of path: String
    ) -> (bytes: [UInt8], removed: Removed)? {
        let text = KnownHostsText(path: path, bytes: bytes)
        let numbers = Set(text.lines(for: hosts).joined().map(\.number))
        let lines = text.lines.filter { $0.marker == .none && numbers.contains($0.number) }
        guard !lines.isEmpty else { return nil }
        return (text.removing(lines), lines.map { (text.names(of: $0), text.record(of: $0)) })
    }

    /// Replaces a host's keys after a rotation (`UpdateHostKeys`).
    ///
    /// - Returns: The file with the keys added and those of the fingerprints removed; `nil` when nothing would change, or when
    ///   the file says more about the host or its keys than one name with one key a line: another name for a key, several
    ///   names in a line, a pattern, an authority, a revoked key. What a person arranged is not touched.
    package static func updating(
        _ keys: (added: [PublicKey], removed: Set<Fingerprint>), of host: (name: String, port: Int), hashed: Bool,
        in bytes: [UInt8], random: inout RandomSource
    ) throws(HostNameError) -> [UInt8]? {
        let text = KnownHostsText(path: "", bytes: bytes)
        let named = text.lines(for: [HostName(host.name, port: host.port)])[0]
        guard named.allSatisfy({ $0.marker == .none && text.hasOneName($0) }) else { return nil }
        let numbers = Set(named.map(\.number))
        let held = text.lines(with: keys.removed.union(keys.added.map(\.fingerprint)))
        guard held.allSatisfy({ numbers.contains($0.line.number) }) else { return nil }
        let leaving = held.filter { keys.removed.contains($0.fingerprint) }.map(\.line)
        let new = keys.added.filter { key in !held.contains { $0.fingerprint == key.fingerprint } }
        guard !leaving.isEmpty || !new.isEmpty else { return nil }
        var result = text.removing(leaving)
        if let last = result.last, last != ASCII.lineFeed { result.append(ASCII.lineFeed) }
        for key in new {
            result += try KnownHosts.line(host: host.name, port: host.port, key: key, hashed: hashed, random: &random)
        }
        return result
    }
}

extension KnownHostsText {
    /// The plain and the revoked lines with a key of these fingerprints.
    func lines(with fingerprints: Set<Fingerprint>) -> [(line: Line, fingerprint: Fingerprint)] {
        lines.compactMap { line in
            guard line.marker != .certificateAuthority, let found = record(of: line)?.fingerprint else { return nil }
            return fingerprints.contains(found) ? (line, found) : nil
        }
    }

    func names(of line: Line) -> KnownHostNames {
        KnownHostNames(
            text: line.hash == nil ? PeerText.line(bytes[line.hosts]) : nil, location: location(of: line))
    }

    /// `nil` where the key cannot be read.
    fileprivate func record(of line: Line) -> KnownHostRecord? { try? KnownHostEntry.read(line, of: self).get().record }

    fileprivate func hasOneName(_ line: Line) -> Bool { !bytes[line.hosts].contains { ",*?!".utf8.contains($0) } }

    fileprivate func removing(_ lines: [Line]) -> [UInt8] {
        var rest: [UInt8] = []
        var start = 0
        for range in lines.map(range(of:)) {
            rest += bytes[start..<range.lowerBound]
            start = range.upperBound
        }
        return rest + bytes[start...]
    }
}
