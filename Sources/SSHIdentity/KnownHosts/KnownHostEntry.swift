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

    /// A plain key's blob is its type and one or more strings, to the end.
    ///
    /// Numbers lose their needless zeros, so that equal keys have equal blobs.
    private static func canonicalBlob(_ blob: [UInt8], type: Name) throws(WireError) -> [UInt8] {
        var body = ByteBuffer(bytes: blob)
        guard try body.readName() == type else { throw .malformed }
        guard body.readableBytes > 0 else { throw .truncated }
        guard type == SignatureAlgorithm.rsaSHA512.keyType else {
            while body.readableBytes > 0 { _ = try body.readString() }
            return blob
        }
        var canonical = ByteBuffer()
        canonical.writeString(type)
        try MPInt(from: &body).encode(into: &canonical)
        try MPInt(from: &body).encode(into: &canonical)
        try body.requireEnd()
        return Array(canonical.readableBytesView)
    }
}
