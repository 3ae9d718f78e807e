import NIOCore
import SSHCrypto
import SSHWire

/// The key of one line that names the host.
///
/// Any complete key counts, whether or not Fairlead can use its type: were a line of another type passed over, an attacker
/// could show a key of a type that is not on record yet and be taken for a stranger.
struct KnownHostEntry: Hashable {
    let marker: KnownHostsText.Marker
    let location: KnownHostLocation
    let type: Name
    let blob: [UInt8]

    /// Decodes a line's key, or says why it cannot be used.
    static func read(_ line: KnownHostsText.Line, of text: KnownHostsText) -> Result<KnownHostEntry, Reason> {
        var fields = LineFields(text.bytes, in: line.key)
        guard let typeField = fields.next(), let keyField = fields.next() else { return .failure(Reason(.truncated)) }
        guard let blob = Base64.decode(text.bytes[keyField]) else { return .failure(Reason(.malformedBase64)) }
        let type = plainType(of: Name(text.bytes[typeField]))
        guard let canonical = try? canonicalBlob(blob, type: type) else { return .failure(Reason(.malformedKey)) }
        let entry = KnownHostEntry(
            marker: line.marker, location: text.location(of: line), type: type, blob: canonical)
        return .success(entry)
    }

    struct Reason: Error {
        let reason: KnownHostsWarning.Reason

        init(_ reason: KnownHostsWarning.Reason) {
            self.reason = reason
        }
    }

    func holds(_ key: PublicKey) -> Bool {
        blob == key.blob
    }

    /// What to show of the key; `nil` when even SHA-256 fails.
    var record: KnownHostRecord? {
        guard let fingerprint = try? Fingerprint(blob: blob) else { return nil }
        return KnownHostRecord(typeName: type.text, fingerprint: fingerprint, location: location)
    }

    /// OpenSSH takes the names of RSA signatures for the key's type too.
    private static func plainType(of name: Name) -> Name {
        SignatureAlgorithm(rawValue: name.text)?.keyType ?? name
    }

    /// A plain key's blob is its type and its fields, to the end.
    ///
    /// Numbers lose their needless zeros, so that equal keys have equal blobs.
    private static func canonicalBlob(_ blob: [UInt8], type: Name) throws(WireError) -> [UInt8] {
        var body = ByteBuffer(bytes: blob)
        guard try body.readName() == type else { throw .malformed }
        guard type != SignatureAlgorithm.rsaSHA512.keyType else { return try canonicalRSABlob(&body) }
        var fieldByteCounts: [Int] = []
        while body.readableBytes > 0 { fieldByteCounts.append(try body.readString().readableBytes) }
        guard fieldByteCounts.count == fieldCounts[type] ?? max(1, fieldByteCounts.count) else { throw .malformed }
        guard type != SignatureAlgorithm.ed25519.keyType || fieldByteCounts == [32] else { throw .malformed }
        return blob
    }

    private static func canonicalRSABlob(_ body: inout ByteBuffer) throws(WireError) -> [UInt8] {
        let exponent = try MPInt(from: &body)
        let modulus = try MPInt(from: &body)
        try body.requireEnd()
        return VerificationKey.rsa(exponent: exponent, modulus: modulus).blob
    }

    /// How many strings follow the type; any other type must have one at least.
    private static let fieldCounts: [Name: Int] = [
        "ssh-ed25519": 1, "ssh-ed448": 1, "ssh-dss": 4,
        "ecdsa-sha2-nistp256": 2, "ecdsa-sha2-nistp384": 2, "ecdsa-sha2-nistp521": 2,
        "sk-ssh-ed25519@openssh.com": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3,
    ]
}
