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
        /// From the key's type to the end of the line.
        let key: Range<Int>
    }

    /// As much as a person can use; a file of another kind may hold nothing else.
    private static let maximumWarningCount = 1000

    let path: String
    let bytes: [UInt8]
    private(set) var lines: [Line] = []
    private(set) var warnings: [KnownHostsWarning] = []

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

    /// The lines whose names match, in the file's order.
    func lines(for name: HostName) -> [Line] {
        var found: [Line] = []
        let matcher = HashedNameMatcher(name)
        for line in lines {
            let hosts = bytes[line.hosts]
            let isHashed = hosts.first == HashedName.delimiter
            let isMatch =
                isHashed ? matcher?.matches(hosts) == true : HostPattern.match(name.bytes, list: hosts) == .positive
            if isMatch { found.append(line) }
        }
        return found
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
        guard isUsable(hosts) else { return warn(number, .malformedHash) }
        let key = fields.rest
        _ = fields.next()
        guard !fields.isAtComment else { return warn(number, .truncated) }
        lines.append(Line(number: number, marker: marker, hosts: hosts, key: key))
    }

    private func readMarker(_ fields: inout LineFields) -> Marker? {
        guard fields.first == UInt8(ascii: "@"), let field = fields.next() else { return Marker.none }
        guard fields.first != UInt8(ascii: "@") else { return nil }
        if bytes[field].elementsEqual("@revoked".utf8) { return .revoked }
        return bytes[field].elementsEqual("@cert-authority".utf8) ? .certificateAuthority : nil
    }

    /// A name that begins with `|` is hashed, and is of use only as `|1|salt|hash`.
    private func isUsable(_ hosts: Range<Int>) -> Bool {
        guard bytes[hosts.lowerBound] == HashedName.delimiter else { return true }
        return HashedName.parts(of: bytes[hosts]) != nil
    }

    private mutating func warn(_ number: Int, _ reason: KnownHostsWarning.Reason) {
        guard warnings.count <= Self.maximumWarningCount else { return }
        let isLast = warnings.count == Self.maximumWarningCount
        warnings.append(KnownHostsWarning(file: path, line: number, reason: isLast ? .furtherLines : reason))
    }
}
