package import SSHCrypto
import SSHWire

/// Changes to one known-hosts file, from bytes to bytes.
///
/// Whatever stays keeps its bytes: comments, line ends, lines that cannot be read.
package enum KnownHostsEdit {
    /// A line that an edit takes out.
    package struct RemovedLine: Hashable, Sendable {
        package let number: Int
        /// The line without its end, safe to show.
        package let text: String
    }

    /// Removes the plain lines that name one of the hosts, as `ssh-keygen -R` does.
    ///
    /// A line goes as a whole, with all its names, and a pattern that matches is a name; `@revoked` and `@cert-authority`
    /// lines stay. Unlike there, a line that cannot be read does not stand in the way.
    ///
    /// - Returns: What is left, and the lines that went; `nil` when none did.
    package static func forgetting(
        _ hosts: [HostName], in bytes: [UInt8]
    ) -> (bytes: [UInt8], removed: [RemovedLine])? {
        let text = KnownHostsText(path: "", bytes: bytes)
        let numbers = Set(text.lines(for: hosts).joined().filter { $0.marker == .none }.map(\.number))
        let lines = text.lines.filter { numbers.contains($0.number) }
        guard !lines.isEmpty else { return nil }
        let removed = lines.map {
            RemovedLine(number: $0.number, text: PeerText.line(bytes[text.contentRange(of: $0)]))
        }
        return (text.removing(lines), removed)
    }

    /// Replaces a host's keys after a rotation (`UpdateHostKeys`).
    ///
    /// - Returns: The file with the keys added and those of the fingerprints removed; `nil` when nothing would change, or when
    ///   the file says more about the host or its keys than one name with one key a line: another name for a key, several
    ///   names in a line, a pattern, an authority or a revoked key (hostkeys-00 must not touch what a person arranged).
    package static func updating(
        host: String, port: Int, hashed: Bool, adding added: [PublicKey], removing removed: Set<Fingerprint>,
        in bytes: [UInt8], random: inout RandomSource
    ) throws(HostNameError) -> [UInt8]? {
        let text = KnownHostsText(path: "", bytes: bytes)
        let named = text.lines(for: [HostName(host, port: port)])[0]
        guard named.allSatisfy({ $0.marker == .none && text.hasOneName($0) }) else { return nil }
        let numbers = Set(named.map(\.number))
        let held = text.lines(with: removed.union(added.map(\.fingerprint)))
        guard held.allSatisfy({ numbers.contains($0.number) }) else { return nil }
        let present = Set(held.compactMap { text.fingerprint(of: $0) })
        let leaving = held.filter { text.fingerprint(of: $0).map(removed.contains) == true }
        let new = added.filter { !present.contains($0.fingerprint) }
        guard !leaving.isEmpty || !new.isEmpty else { return nil }
        var result = text.removing(leaving)
        if let last = result.last, last != ASCII.lineFeed { result.append(ASCII.lineFeed) }
        for key in new {
            result += try KnownHosts.line(host: host, port: port, key: key, hashed: hashed, random: &random)
        }
        return result
    }
}

extension KnownHostsText {
    /// The plain lines with a key of these fingerprints.
    func lines(with fingerprints: Set<Fingerprint>) -> [Line] {
        lines.filter { $0.marker == .none && fingerprint(of: $0).map(fingerprints.contains) == true }
    }

    fileprivate func fingerprint(of line: Line) -> Fingerprint? {
        guard case .success(let entry) = KnownHostEntry.read(line, of: self) else { return nil }
        return entry.record?.fingerprint
    }

    fileprivate func hasOneName(_ line: Line) -> Bool {
        !bytes[line.hosts].contains { ",*?!".utf8.contains($0) }
    }

    fileprivate func contentRange(of line: Line) -> Range<Int> {
        let whole = range(of: line)
        let end = bytes[whole].lastIndex { $0 != ASCII.lineFeed && $0 != ASCII.carriageReturn } ?? whole.lowerBound
        return whole.lowerBound..<min(end + 1, whole.upperBound)
    }

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
