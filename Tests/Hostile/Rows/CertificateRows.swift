import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md's KX-21: certificates in a key exchange.
///
/// Whom an authority may vouch for, and when, is for known hosts to say; here it is about what is in the reply.
package enum CertificateRows {
    private static let name: Name = "ssh-ed25519-cert-v01@openssh.com"

    /// A peer that agrees on a certificate of this type and shows `blob`.
    package static func showing(
        _ agreed: Name = name, signing key: @escaping @Sendable () throws -> SigningKey = { try TestKeys.ed25519() },
        _ blob: @escaping @Sendable () throws -> [UInt8]
    ) -> Prepare {
        { configuration, _ in
            configuration.hostKeys = [try key()]
            configuration.hostKeyNames = [agreed]
            configuration.hostKeyBlob = try blob()
        }
    }

    private static func refused(_ what: String, as kind: ErrorKind = .hostKeyMismatch, _ prepare: @escaping Prepare)
        -> HostileRow
    {
        HostileRow("KX-21", what, .fails([kind], .keyExchangeFailed), prepare: prepare).expecting {
            $0.record.offeredKeys.isEmpty && $0.record.offeredCertificates.isEmpty
        }
    }

    package static func certificate(role: UInt32 = 2) throws -> [UInt8] {
        try TestKeys.certificate(of: TestKeys.ed25519(), by: TestKeys.ed25519(seed: 9), role: role)
    }

    package static let rows: [HostileRow] =
        TestKeys.algorithms.compactMap(\.certified).filter { $0 != .rsaSHA1Certificate }.map { algorithm in
            HostileRow("KX-21", "a right certificate for \(algorithm.plain.rawValue)", .works) { configuration, _ in
                let key = try TestKeys.key(for: algorithm.plain)
                configuration.hostKeys = [key]
                configuration.hostKeyNames = [Name(algorithm.rawValue)]
                configuration.hostKeyBlob = try TestKeys.certificate(of: key, by: TestKeys.ed25519(seed: 9))
                configuration.rekeysBefore = [.channelReply]
            }.expecting {
                // Known hosts are asked about the key that it certifies, and its authority.
                $0.record.offeredCertificates.count == 1
                    && $0.record.offeredKeys == $0.record.offeredCertificates.map(\.key)
                    && $0.record.offeredCertificates.first?.authority.blob
                        == (try? TestKeys.ed25519(seed: 9).verificationKey.blob)
            }
        } + [
            HostileRow(
                "KX-21", "a user's certificate is told apart", .works, prepare: showing { try certificate(role: 1) }
            )
            .expecting { $0.record.offeredCertificates.map(\.role) == [.user] },
            refused("a role that is none", showing { try certificate(role: 3) }),
            refused(
                "a wrong signature of its authority",
                showing {
                    var blob = try certificate()
                    blob[blob.count - 1] ^= 1
                    return blob
                }),
            refused(
                "another authority's name over the signature",
                showing {
                    try TestKeys.certificate(
                        of: TestKeys.ed25519(), by: TestKeys.ed25519(seed: 9),
                        authorityBlob: TestKeys.ed25519(seed: 8).verificationKey.blob)
                }),
            refused(
                "a certificate of another type of key",
                showing { try TestKeys.certificate(of: TestKeys.ecdsaNISTP256(), by: TestKeys.ed25519(seed: 9)) }),
            refused("a plain key in place of the certificate", showing { try TestKeys.ed25519().verificationKey.blob }),
            refused("a certificate in place of the plain key", showing("ssh-ed25519") { try certificate() }),
            refused(
                "a certificate whose authority is a certificate",
                showing {
                    try TestKeys.certificate(
                        of: TestKeys.ed25519(), by: TestKeys.ed25519(seed: 9), authorityBlob: certificate())
                }),
            refused("a byte after the certificate", showing { try certificate() + [0] }),
            refused(
                "the certificate of a key that the host does not hold", as: .hostSignature,
                showing { try TestKeys.certificate(of: TestKeys.ed25519(seed: 3), by: TestKeys.ed25519(seed: 9)) }),
            refused(
                "an exchange that the authority signed", as: .hostSignature,
                showing(signing: { try TestKeys.ed25519(seed: 9) }) { try certificate() }),
            HostileRow(
                "KX-21", "the certificate of another key, once keys are renewed",
                .fails(
                    [.hostKeyChangedDuringRekey], .hostKeyNotVerifiable)
            ) { configuration, script in
                try showing { try certificate() }(&configuration, &script)
                configuration.rekeysBefore = [.channelReply]
                configuration.hook = { peer, step, own in
                    if step == .channelReply || step == .serviceAccept, let other = try? TestKeys.ed25519(seed: 3) {
                        peer.configuration.hostKeys = [other]
                        peer.configuration.hostKeyBlob = try? TestKeys.certificate(
                            of: other, by: TestKeys.ed25519(seed: 9))
                    }
                    return [.payload(own)]
                }
            },
        ]
}
