import NIOCore
package import SSHCrypto
package import SSHWire

/// An OpenSSH certificate whose authority's signature was verified: a key, what it is for, and who says so.
///
/// That the signature is right says nothing of the authority. Whether it may certify anything is for `KnownHosts` or the
/// server to know, and whether the certificate holds here and now for `check` (OpenSSH PROTOCOL.certkeys).
public struct Certificate: Hashable, Sendable {
    /// What a certificate is for.
    public enum Role: UInt32, Sendable {
        /// It logs a user in.
        case user = 1
        /// It vouches for a host.
        case host = 2
    }

    /// A critical option or an extension.
    public struct Option: Hashable, Sendable {
        package let nameBytes: [UInt8]
        package let valueBytes: [UInt8]

        /// The option's name, made safe to show.
        public var name: String { PeerText.line(nameBytes) }

        /// What the option says, made safe to show; empty for one that is there or not.
        public var value: String { PeerText.line(valueBytes) }
    }

    /// The key that is certified.
    public let key: PublicKey

    /// What the certificate is for.
    public let role: Role

    /// The number that the authority gave it; zero when it gave none.
    public let serial: UInt64

    package let keyIDBytes: [UInt8]
    package let principalNames: [[UInt8]]

    /// The first second in which it is valid, counted from 1970.
    public let validAfter: UInt64

    /// The first second in which it is valid no more, counted from 1970; all ones for ever.
    public let validBefore: UInt64

    /// What whoever relies on it must understand, in the certificate's order.
    public let criticalOptions: [Option]

    /// What it allows, and what nobody has to understand, in the certificate's order.
    public let extensions: [Option]

    /// The key that signed the certificate.
    public let authority: PublicKey

    /// How the authority signed.
    package let signatureAlgorithm: SignatureAlgorithm

    /// The certificate as it came.
    package let blob: [UInt8]

    /// As OpenSSH, for one certificate.
    private static let maximumPrincipalCount = 256

    /// Reads a certificate and verifies its authority's signature.
    ///
    /// The authority's key is read as a plain key, so that a certificate within a certificate ends there (attacks B17). Both keys
    /// must be as long as the caller demands; OpenSSH asks 1,024 bits of an RSA authority. Options out of order or given twice
    /// pass, as in OpenSSH; a NUL in a name or an identity does not.
    package init(blob: [UInt8], minimumRSABitCount: Int = 2048) throws(KeyError) {
        var body = ByteBuffer(bytes: blob)
        let keyBlob: [UInt8]
        let authorityBlob: [UInt8]
        let signature: [UInt8]
        let signedByteCount: Int
        do throws(WireError) {
            keyBlob = try Self.readKey(from: &body)
            serial = try body.readUInt64()
            guard let role = Role(rawValue: try body.readUInt32()) else { throw .outOfRange }
            self.role = role
            keyIDBytes = try body.readText()
            principalNames = try Self.readPrincipals(from: &body)
            validAfter = try body.readUInt64()
            validBefore = try body.readUInt64()
            criticalOptions = try Self.readOptions(from: &body)
            extensions = try Self.readOptions(from: &body)
            _ = try body.readString()
            authorityBlob = try body.readStringBytes()
            signedByteCount = body.readerIndex
            signature = try body.readStringBytes()
            try body.requireEnd()
        } catch {
            throw Self.unsupported(blob) ?? .malformed
        }
        self.blob = blob
        key = try PublicKey(blob: keyBlob, minimumRSABitCount: minimumRSABitCount)
        authority = try PublicKey(blob: authorityBlob, minimumRSABitCount: minimumRSABitCount)
        let signatureName = PublicKey.type(ofBlob: signature)
        guard let algorithm = SignatureAlgorithm.allCases.first(where: { Name($0.rawValue) == signatureName }) else {
            throw .malformed
        }
        signatureAlgorithm = algorithm
        do throws(CryptoError) {
            try authority.verificationKey.verify(
                signature, over: Array(blob.prefix(signedByteCount)), algorithm: algorithm)
        } catch {
            throw KeyError(error, type: nil)
        }
    }

    /// Reads a line of a `-cert.pub` file.
    package init(line: [UInt8], minimumRSABitCount: Int = 2048) throws(KeyError) {
        try self.init(blob: KeyBlobLine(line).blob, minimumRSABitCount: minimumRSABitCount)
    }

    /// The protocol's name of the certificate's type, such as `ssh-ed25519-cert-v01@openssh.com`.
    public var typeName: String { Self.certificateType(for: key.verificationKey.type).text }

    /// By what the authority calls the certificate, made safe to show.
    public var keyID: String { PeerText.line(keyIDBytes) }

    /// Whom or what it is for, made safe to show; of a host's certificate, patterns.
    public var principals: [String] { principalNames.map { PeerText.line($0) } }
}

extension Certificate {
    private static let suffix = Array("-cert-v01@openssh.com".utf8)
    private static let vendor = Array("@openssh.com".utf8)

    /// How many strings of its own each type of key has, behind its name.
    private static let keyFieldCounts: [Name: Int] = [
        "ssh-ed25519": 1, "ecdsa-sha2-nistp256": 2, "ecdsa-sha2-nistp384": 2, "ecdsa-sha2-nistp521": 2, "ssh-rsa": 2,
        "sk-ssh-ed25519@openssh.com": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3,
    ]

    /// Whether `type` is that of a certificate, be it one that Fairlead reads or not.
    package static func isCertificate(type: Name) -> Bool {
        type.bytes.count > suffix.count && type.bytes.suffix(suffix.count).elementsEqual(suffix)
    }

    /// The key's type or the algorithm behind a certificate's name; `nil` for a name that is no certificate's.
    package static func plainType(of type: Name) -> Name? {
        guard isCertificate(type: type) else { return nil }
        let plain = type.bytes.dropLast(suffix.count)
        return Name(plain.starts(with: "sk-".utf8) ? plain + vendor : plain)
    }

    /// The certificate's name for a key's type, or for an algorithm such as `rsa-sha2-512`.
    package static func certificateType(for plain: Name) -> Name {
        let isVendors = plain.bytes.suffix(vendor.count).elementsEqual(vendor)
        return Name(plain.bytes.dropLast(isVendors ? vendor.count : 0) + suffix)
    }

    /// The plain key's blob: the same strings behind another name, without the nonce.
    private static func readKey(from body: inout ByteBuffer) throws(WireError) -> [UInt8] {
        guard let plain = plainType(of: try body.readName()), let count = keyFieldCounts[plain] else {
            throw .malformed
        }
        _ = try body.readString()
        var key = ByteBuffer()
        key.writeString(plain)
        for _ in 0..<count { key.writeString(try body.readString()) }
        return Array(key.readableBytesView)
    }

    private static func readPrincipals(from body: inout ByteBuffer) throws(WireError) -> [[UInt8]] {
        var list = try body.readString()
        var names: [[UInt8]] = []
        while list.readableBytes > 0 {
            guard names.count < maximumPrincipalCount else { throw .outOfRange }
            names.append(try list.readText())
        }
        return names
    }

    /// Names and data; what data there is stands in a string of its own, and what does not is shown as it is.
    private static func readOptions(from body: inout ByteBuffer) throws(WireError) -> [Option] {
        var list = try body.readString()
        var options: [Option] = []
        while list.readableBytes > 0 {
            let name = try list.readStringBytes()
            let data = try list.readString()
            var inner = data
            let value = try? inner.readStringBytes()
            let isString = value != nil && inner.readableBytes == 0
            options.append(Option(nameBytes: name, valueBytes: isString ? value ?? [] : Array(data.readableBytesView)))
        }
        return options
    }

    /// The error for a blob of a type that is not read at all.
    private static func unsupported(_ blob: [UInt8]) -> KeyError? {
        guard let type = PublicKey.type(ofBlob: blob) else { return nil }
        return plainType(of: type).flatMap { keyFieldCounts[$0] } == nil ? .unsupported(type: type) : nil
    }
}

extension ByteBuffer {
    /// A `string` without a NUL: text that C programs read as well.
    mutating func readText() throws(WireError) -> [UInt8] {
        let bytes = try readStringBytes()
        guard !bytes.contains(0) else { throw .malformed }
        return bytes
    }
}
