import SSHCrypto
import SSHWire

/// One known-hosts file: its bytes as they are, and where its usable lines lie.
///
/// Keys are decoded only for the host that is asked for, so that a hundred thousand lines cost little.
struct KnownHostsText: Sendable {
    enum Marker: Hashable { case none, certificateAuthority, revoked }

    struct Line {
        let number: Int
        let marker: Marker
        let hosts: Range<Int>
        /// Where the salt and the hash of a hashed name lie among those of all.
        let hash: Int?
        /// From the key's type to the end of the line.
        let key: Range<Int>
    }

    /// As much as a person can use; a file of another kind may hold nothing else.
    private static let maximumWarningCount = 1000

    let path: String
    let bytes: [UInt8]
    private(set) var lines: [Line] = []
    private(set) var warnings: [KnownHostsWarning] = []
    private var saltsAndHashes: [UInt8] = []

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        let holdsNUL = bytes.contains(0)
        var number = 0
        var start = 0
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: ASCII.lineFeed) ?? bytes.count
            read(start..<end, number: number, mayHoldNUL: holdsNUL)
            start = end + 1
        }
    }

    /// The lines that name each of the hosts, in the file's order.
    ///
    /// One pass for all, because a hashed name is found only by hashing. Without HMAC-SHA1 in the library none is.
    func lines(for names: [HostName]) -> [[Line]] {
        var found = names.map { _ in [Line]() }
        // Looking a hash up in libcrypto takes longer than a file of a few plain lines.
        var matcher = saltsAndHashes.isEmpty ? nil : try? RekeyedHMAC(messages: names.map(\.bytes))
        for line in lines {
            if let hash = line.hash {
                if let index = try? matcher?.message(at: hash, in: saltsAndHashes) { found[index].append(line) }
                continue
            }
            let hosts = bytes[line.hosts]
            for (index, name) in names.enumerated() where HostPattern.match(name.bytes, list: hosts) == .positive {
                found[index].append(line)
            }
        }
        return found
    }

    /// The whole line, with its line feed.
    func range(of line: Line) -> Range<Int> {
        let start = bytes[..<line.hosts.lowerBound].lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
        let end = bytes[line.hosts.upperBound...].firstIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? bytes.count
        return start..<end
    }

    func location(of line: Line) -> KnownHostLocation {
        KnownHostLocation(file: path, line: line.number)
    }

    private mutating func read(_ line: Range<Int>, number: Int, mayHoldNUL: Bool) {
        var content = line
        // OpenSSH's lines are C strings, which end at a NUL.
        if mayHoldNUL, let nul = bytes[line].firstIndex(of: 0) {
            warn(number, .nulByte)
            content = line.lowerBound..<nul
        }
        if let last = bytes[content].last, last == ASCII.carriageReturn { content = content.dropLast() }
        var fields = LineFields(bytes, in: content)
        guard !fields.isAtComment else { return }
        guard number > 1 || !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return warn(number, .byteOrderMark) }
        guard let marker = readMarker(&fields) else { return warn(number, .unknownMarker) }
        guard let hosts = fields.next(), !fields.isAtComment else { return warn(number, .truncated) }
        let hash = bytes[hosts.lowerBound] == HashedName.delimiter ? saltsAndHashes.count : nil
        guard hash == nil || HashedName.append(hosts, of: bytes, to: &saltsAndHashes) else {
            return warn(number, .malformedHash)
        }
        let key = fields.rest
        _ = fields.next()
        guard !fields.isAtComment else { return warn(number, .truncated) }
        lines.append(Line(number: number, marker: marker, hosts: hosts, hash: hash, key: key))
    }

    private func readMarker(_ fields: inout LineFields) -> Marker? {
        guard fields.first == UInt8(ascii: "@"), let field = fields.next() else { return Marker.none }
        guard fields.first != UInt8(ascii: "@") else { return nil }
        if bytes[field].elementsEqual("@revoked".utf8) { return .revoked }
        return bytes[field].elementsEqual("@cert-authority".utf8) ? .certificateAuthority : nil
    }

    private mutating func warn(_ number: Int, _ reason: KnownHostsWarning.Reason) {
        guard warnings.count <= Self.maximumWarningCount else { return }
        let isLast = warnings.count == Self.maximumWarningCount
        warnings.append(KnownHostsWarning(file: path, line: number, reason: isLast ? .furtherLines : reason))
    }
}
