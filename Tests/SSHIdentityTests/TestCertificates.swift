import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport

/// A certificate put together by hand, so that any part of it can be wrong.
struct CertificateDraft {
    var typeName = "ssh-ed25519-cert-v01@openssh.com"
    /// Of the certified key, behind its name.
    var keyFields: [[UInt8]]
    var serial: UInt64 = 7
    var role: UInt32 = 2
    var keyID = Array("id".utf8)
    var principals = [Array("host.example".utf8)]
    var validAfter: UInt64 = 1000
    var validBefore: UInt64 = 2000
    var criticalOptions: [([UInt8], [UInt8])] = []
    var extensions: [([UInt8], [UInt8])] = []
    var authority: [UInt8]
    var sign: ([UInt8]) throws -> [UInt8]

    /// One that is in order, of `testKey(1)` by the authority `testKey(2)`.
    init() throws {
        var key = ByteBuffer(bytes: try testKey(1).blob)
        _ = try key.readName()
        keyFields = [try key.readStringBytes()]
        let signer = try testPrivateKey(2)
        authority = signer.publicKey.blob
        sign = { try signer.signingKey.sign($0, algorithm: .ed25519) }
    }

    func blob() throws -> [UInt8] {
        var body = ByteBuffer()
        body.writeString(utf8: typeName)
        body.writeString([UInt8](repeating: 9, count: 32))
        for field in keyFields { body.writeString(field) }
        body.writeInteger(serial)
        body.writeInteger(role)
        body.writeString(keyID)
        body.writeString(principals.flatMap(string))
        body.writeInteger(validAfter)
        body.writeInteger(validBefore)
        body.writeString(criticalOptions.flatMap { string($0.0) + string($0.1) })
        body.writeString(extensions.flatMap { string($0.0) + string($0.1) })
        body.writeString([])
        body.writeString(authority)
        body.writeString(try sign(Array(body.readableBytesView)))
        return Array(body.readableBytesView)
    }
}

/// An SSH string.
func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var body = ByteBuffer()
    body.writeString(bytes)
    return Array(body.readableBytesView)
}

/// A key in an authenticator that is there in software only.
struct SecurityKey: Sendable {
    let signingKey: SigningKey
    let inner: SignatureAlgorithm
    let algorithm: SignatureAlgorithm

    static func all() throws -> [SecurityKey] {
        let secret = [UInt8](repeating: 0x11, count: 32)
        return [
            SecurityKey(
                signingKey: try SigningKey(ed25519Seed: SecretBytes(copying: secret)), inner: .ed25519,
                algorithm: .securityKeyEd25519),
            SecurityKey(
                signingKey: try SigningKey(ecdsaScalar: SecretBytes(copying: secret), on: .p256),
                inner: .ecdsaNISTP256, algorithm: .securityKeyECDSANISTP256),
        ]
    }

    var publicKey: VerificationKey { .securityKey(signingKey.verificationKey, application: Array("ssh:".utf8)) }

    func sign(_ message: [UInt8]) throws -> [UInt8] {
        let assertion: [UInt8] = [1, 0, 0, 0, 9]
        let signed = try Digest.hash(.sha256, Array("ssh:".utf8)) + assertion + Digest.hash(.sha256, message)
        var proper = ByteBuffer(bytes: try signingKey.sign(signed, algorithm: inner))
        _ = try proper.readName()
        return string(algorithm.rawValue.utf8) + string(try proper.readStringBytes()) + assertion
    }
}

/// Why a certificate is refused; `nil` when it is not.
func refusal(ofCertificate blob: [UInt8], minimumRSABitCount: Int = 2048) -> KeyError? {
    do throws(KeyError) {
        _ = try Certificate(blob: blob, minimumRSABitCount: minimumRSABitCount)
        return nil
    } catch {
        return error
    }
}

/// A folder in which ssh-keygen signs certificates.
struct CertificateWorkshop {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    /// The authority's private file, or any other key's.
    @discardableResult
    func add(_ pair: KeyPair, as name: String) throws -> String {
        try folder.write(pair.publicLine + "\n", to: name + ".pub")
        return try folder.write(pair.privateText, to: name)
    }

    /// Has `authority` sign the public file `name`, and reads what comes out.
    func sign(_ name: String, by authority: String, _ arguments: [String]) async throws -> Certificate {
        try Certificate(line: try await line(name, by: authority, arguments))
    }

    func line(_ name: String, by authority: String, _ arguments: [String]) async throws -> [UInt8] {
        try await RunningProcess.runSuccessfully(
            "ssh-keygen",
            ["-q", "-s", folder.file(authority)] + arguments + [folder.file(name + ".pub")])
        return try folder.bytes(of: name + "-cert.pub")
    }
}

/// Why a certificate does not count; `nil` when it does.
func fault(
    of certificate: Certificate, for name: String?, as role: Certificate.Role = .host, at time: UInt64 = 1500
) -> CertificateFault? {
    do throws(CertificateFault) {
        try certificate.check(for: name, as: role, at: time)
        return nil
    } catch {
        return error
    }
}
