import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Certificates and revocation lists.
enum CertificateFuzz {
    /// As it is, as a line of a file, and as a body that an authority of ours signs: or nothing behind the signature would
    /// ever be reached.
    static func certificate(_ input: [UInt8]) {
        if let certificate = try? Certificate(line: input) { use(certificate) }
        for blob in [input, signed(input)] {
            if let certificate = try? Certificate(blob: blob) { use(certificate) }
        }
    }

    static func revocations(_ input: [UInt8]) {
        guard let list = try? RevokedKeys(contents: input), let key = FuzzKey.shared else { return }
        _ = list.isRevoked(key.publicKey)
        if let certificate = shared { _ = list.isRevoked(certificate) }
    }

    private static func use(_ certificate: Certificate) {
        _ = certificate.principals
        for time in [0, 1_700_000_000, UInt64.max] {
            for name in ["host.example.com", nil] {
                for role in [Certificate.Role.host, .user] {
                    do throws(CertificateFault) {
                        try certificate.check(for: name, as: role, at: time)
                        precondition(certificate.role == role && certificate.validAfter <= time)
                    } catch {
                        precondition(!error.sentence.isEmpty)
                    }
                }
            }
        }
        precondition((try? Certificate(blob: certificate.blob)) == certificate, "it does not read again")
    }

    /// A body up to its last reserved field, with an authority and its signature behind it.
    private static func signed(_ body: [UInt8]) -> [UInt8] {
        guard let key = FuzzKey.shared else { return [] }
        var blob = ByteBuffer(bytes: body)
        blob.writeString(key.publicKey.blob)
        let signature = try? key.signingKey.sign(Array(blob.readableBytesView), algorithm: .ed25519)
        blob.writeString(signature ?? [])
        return Array(blob.readableBytesView)
    }

    /// A user's certificate with serial number 7 and the identity `id`.
    private static let shared: Certificate? = {
        guard let key = FuzzKey.shared, case .ed25519(let point) = key.publicKey.verificationKey else { return nil }
        var body = ByteBuffer()
        body.writeString(utf8: "ssh-ed25519-cert-v01@openssh.com")
        body.writeString([UInt8](repeating: 0, count: 32))
        body.writeString(point)
        body.writeMultipleIntegers(UInt64(7), UInt32(1))
        body.writeString(utf8: "id")
        body.writeString([])
        body.writeMultipleIntegers(UInt64(0), UInt64.max)
        for _ in 0..<3 { body.writeString([]) }
        return try? Certificate(blob: signed(Array(body.readableBytesView)))
    }()
}

/// What an agent says, with its length in front or without.
enum AgentFuzz {
    static func run(_ input: [UInt8]) {
        var framed = ByteBuffer()
        framed.writeString(input)
        for reply in [ByteBuffer(bytes: input), framed] {
            var buffer = reply
            guard let reply = try? AgentReply(from: &buffer), case .identities(let identities) = reply else { continue }
            for identity in identities {
                _ = try? PublicKey(blob: identity.blob)
                _ = try? Certificate(blob: identity.blob)
                _ = PeerText.line(identity.comment)
            }
        }
    }
}
