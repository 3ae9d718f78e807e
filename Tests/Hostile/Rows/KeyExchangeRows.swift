import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §4: the order of the exchange, shares, signatures and host keys.
package enum KeyExchangeRows {
    package static let rows: [HostileRow] = order + oldKeys + shares + signatures + keys + silence

    private static func insert(_ place: Step, isStrict: Bool = true, _ emissions: Emission...) -> Prepare {
        { configuration, _ in
            configuration.isStrict = isStrict
            configuration.hook = { _, step, payload in (step == place ? emissions : []) + [.payload(payload)] }
        }
    }

    private static func append(_ place: Step, isStrict: Bool = true, _ emissions: Emission...) -> Prepare {
        { configuration, _ in
            configuration.isStrict = isStrict
            configuration.hook = { _, step, payload in [.payload(payload)] + (step == place ? emissions : []) }
        }
    }

    private static func refused(_ id: String, _ what: String, _ prepare: @escaping Prepare) -> HostileRow {
        HostileRow(id, what, .fails([.unexpected], .protocolError), prepare: prepare)
    }

    private static let reply = Emission.message(KexECDHReply(hostKey: [1], publicShare: [2], signature: [3]))

    private static let order: [HostileRow] =
        [true, false].flatMap { isStrict in
            [
                refused(
                    "KX-01", "a reply first of all, strict \(isStrict)", insert(.kexInit, isStrict: isStrict, reply)),
                refused("KX-03", "two replies, strict \(isStrict)", append(.kexReply, isStrict: isStrict, reply)),
                refused(
                    "KX-28", "NEWKEYS first of all, strict \(isStrict)",
                    insert(.kexInit, isStrict: isStrict, .bytes([21]))),
                refused(
                    "KX-28", "NEWKEYS before the reply, strict \(isStrict)",
                    insert(.kexReply, isStrict: isStrict, .bytes([21]))),
                HostileRow(
                    "KX-32", "NEWKEYS with a body, strict \(isStrict)", .fails([.malformed], .protocolError),
                    prepare: { configuration, _ in
                        configuration.isStrict = isStrict
                        configuration.hook = { _, step, payload in
                            step == .newKeys ? [.bytes([21, 0])] : [.payload(payload)]
                        }
                    }),
                HostileRow(
                    "KX-30", "NEWKEYS twice, strict \(isStrict)", .fails([.unexpected], .protocolError),
                    prepare: { configuration, _ in
                        configuration.isStrict = isStrict
                        configuration.hook = { _, step, payload in
                            step == .extInfo ? [.bytes([21]), .payload(payload)] : [.payload(payload)]
                        }
                    }),
            ]
        }
        + (30...49).filter { $0 != 31 }.map { number in
            refused(
                "KX-02", "message \(number) for the reply",
                { configuration, _ in
                    configuration.hook = { _, step, payload in
                        var bytes = Array(payload.readableBytesView)
                        if step == .kexReply { bytes[0] = number }
                        return [.bytes(bytes)]
                    }
                })
        }

    /// The peer announces new keys and goes on with those that it had: none, or those of its first exchange.
    private static let oldKeys: [HostileRow] = TestedMode.encrypted.flatMap { mode in
        [true, false].flatMap { isStrict in
            let never = HostileRow(
                "KX-31", "\(mode): no keys after NEWKEYS, strict \(isStrict)", .failsAnyhow([.integrity, .packet])
            ) { configuration, _ in
                mode.prepare(&configuration)
                configuration.isStrict = isStrict
                configuration.keepsOldKeys = true
            }
            // Where the length is in the clear, it is the tag that tells.
            let isCertain = mode != .chaCha20Poly1305 && mode != .ctr
            let later = HostileRow(
                "KX-31", "\(mode): the old keys after a later NEWKEYS, strict \(isStrict)",
                isCertain ? .fails([.integrity], .macError) : .failsAnyhow([.integrity, .packet])
            ) { configuration, _ in
                mode.prepare(&configuration)
                configuration.isStrict = isStrict
                configuration.rekeysBefore = [.authentication]
                configuration.hook = { peer, step, own in
                    if step == .serviceAccept { peer.configuration.keepsOldKeys = true }
                    return [.payload(own)]
                }
            }
            return [never, later].map { row in
                row.feedingOn().expecting { !$0.record.isLoggedIn && $0.record.endsAsTold(to: $0.peer) }
            }
        }
    }

    private static func share(_ id: String, _ what: String, _ share: [UInt8]) -> HostileRow {
        HostileRow(id, what, .fails([.keyExchange], .keyExchangeFailed)) { configuration, _ in
            configuration.alterReply = { $0.publicShare = share }
        }.expecting { $0.record.offeredKeys.isEmpty }
    }

    /// The points of small order, canonical and not, with and without the bit that X25519 ignores.
    package static let lowOrder: [[UInt8]] = {
        let order8 = [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ].map { hex($0) }
        func small(_ first: UInt8) -> [UInt8] { [first] + [UInt8](repeating: 0, count: 31) }
        func nearPrime(_ first: UInt8) -> [UInt8] { [first] + [UInt8](repeating: 0xFF, count: 30) + [0x7F] }
        let points = [small(0), small(1)] + order8 + [nearPrime(0xEC), nearPrime(0xED), nearPrime(0xEE)]
        return points + points.map { $0.dropLast() + [($0.last ?? 0) | 0x80] }
    }()

    private static let shares: [HostileRow] =
        [0, 31, 33].map { share("KX-04", "a share of \($0) bytes", [UInt8](repeating: 9, count: $0)) }
        + lowOrder.enumerated().map { share("KX-05", "point \($0.offset) of low order", $0.element) }

    private static func signature(_ id: String, _ what: String, _ prepare: @escaping Prepare) -> HostileRow {
        HostileRow(id, what, .fails([.hostSignature], .keyExchangeFailed), prepare: prepare)
            .expecting { $0.record.offeredKeys.isEmpty }
    }

    private static func altered(
        _ key: @escaping @Sendable () throws -> SigningKey = { try TestKeys.ed25519() }, name: Name? = nil,
        _ alter: @escaping @Sendable (inout KexECDHReply) -> Void
    ) -> Prepare {
        { configuration, _ in
            let signingKey = try key()
            configuration.hostKeys = [signingKey]
            configuration.hostKeyNames = [name ?? signingKey.verificationKey.type]
            configuration.alterReply = alter
        }
    }

    private static func blob(_ name: String, _ proper: [UInt8]) -> [UInt8] {
        var blob = ByteBuffer()
        blob.writeString(utf8: name)
        blob.writeString(proper)
        return Array(blob.readableBytesView)
    }

    /// The signature proper of an Ed25519 blob begins after its name and two lengths.
    private static let properOffset = 4 + 11 + 4

    private static let signatures: [HostileRow] =
        [
            signature(
                "KX-11", "the signature of another key",
                { configuration, _ in
                    let other = try TestKeys.ed25519(seed: 99)
                    configuration.alterReply = { $0.hostKey = other.verificationKey.blob }
                }),
            signature(
                "KX-11", "a signature over swapped identifications",
                { configuration, _ in
                    configuration.alterSignedHash = { swap(&$0.clientIdentification, &$0.serverIdentification) }
                }),
            signature(
                "KX-11", "a signature over another proposal",
                { configuration, _ in
                    configuration.alterSignedHash = { $0.clientKexInit.writeInteger(UInt8(0)) }
                }),
            signature(
                "KX-11", "a signature over another share",
                { configuration, _ in
                    configuration.alterSignedHash = { $0.clientShare[0] ^= 1 }
                }),
            signature(
                "KX-11", "a signature of another session",
                { configuration, _ in
                    let other = try TestKeys.ed25519()
                    let signature = try other.sign([UInt8](repeating: 1, count: 32), algorithm: .ed25519)
                    configuration.alterReply = { $0.signature = signature }
                }),
            signature("KX-12", "an empty signature", altered { $0.signature = [] }),
            signature(
                "KX-12", "63 bytes", altered { $0.signature = blob("ssh-ed25519", Array($0.signature.suffix(63))) }),
            signature(
                "KX-12", "65 bytes", altered { $0.signature = blob("ssh-ed25519", $0.signature.suffix(64) + [0]) }),
            signature("KX-12", "a byte after its end", altered { $0.signature.append(0) }),
            signature(
                "KX-12", "another name in it",
                altered { $0.signature = blob("ssh-ed25518", Array($0.signature.suffix(64))) }),
            signature(
                "KX-14", "an RSA signature with a zero too many",
                altered(TestKeys.rsa, name: "rsa-sha2-512") {
                    $0.signature = blob("rsa-sha2-512", [0] + $0.signature.suffix(256))
                }),
            signature(
                "KX-17", "a point with equal y at 10 and 11 times it, and a signature that takes it 21 times",
                altered({ try TestKeys.ecdsaNISTP256() }) {
                    $0.hostKey = VerificationKey.ecdsa(.p256, point: TestKeys.assertionPoint).blob
                    $0.signature = blob("ecdsa-sha2-nistp256", [0, 0, 0, 1, 21, 0, 0, 0, 1, 1])
                }),
            signature("KX-18", "an Ed25519 signature with S + L", altered { $0.signature = malleated($0.signature) }),
        ] + otherHashes
        + [UInt8(0), 0xFF].flatMap { byte in
            [32, 33, 67].map { count in
                signature(
                    "KX-16", "ECDSA numbers of \(count) times \(byte)",
                    altered({ try TestKeys.ecdsaNISTP256() }) {
                        var pair = ByteBuffer()
                        pair.writeString([UInt8](repeating: byte, count: count))
                        pair.writeString([UInt8](repeating: byte, count: count))
                        $0.signature = blob("ecdsa-sha2-nistp256", Array(pair.readableBytesView))
                    })
            }
        }

    /// Signatures that hold, by a hash that was not agreed on: under their own name, and under the name agreed on.
    private static let otherHashes: [HostileRow] =
        [
            (SignatureAlgorithm.rsaSHA512, SignatureAlgorithm.rsaSHA256), (.rsaSHA512, .rsaSHA1),
            (.rsaSHA256, .rsaSHA512), (.rsaSHA256, .rsaSHA1),
        ].flatMap { agreed, other in
            [other, agreed].map { name in
                signature(
                    "KX-13", "\(agreed.rawValue) agreed on, signed with \(other.rawValue), called \(name.rawValue)",
                    { configuration, script in
                        let relabel = altered(TestKeys.rsa, name: Name(agreed.rawValue)) {
                            $0.signature = blob(name.rawValue, Array($0.signature.suffix(256)))
                        }
                        try relabel(&configuration, &script)
                        configuration.signsWith = other
                    })
            }
        }

    /// S + L: valid for a verifier that does not reduce (RFC 8032 §5.1.7).
    private static func malleated(_ signature: [UInt8]) -> [UInt8] {
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var result = signature
        var carry = 0
        for index in 0..<32 {
            let place = properOffset + 32 + index
            let sum = Int(signature[place]) + Int(order[index]) + carry
            result[place] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        return result
    }

    private static func hostKey(
        _ id: String, _ what: String, _ kind: ErrorKind, name: Name = "ssh-ed25519", _ key: [UInt8]
    ) -> HostileRow {
        HostileRow(id, what, .fails([kind], .keyExchangeFailed)) { configuration, _ in
            configuration.hostKeys = [try TestKeys.key(for: SignatureAlgorithm(rawValue: name.text) ?? .ed25519)]
            configuration.hostKeyNames = [name]
            configuration.hostKeyBlob = key
        }.expecting { $0.record.offeredKeys.isEmpty }
    }

    private static func modulus(bitCount: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xA5, count: (bitCount + 7) / 8)
        bytes[0] = bitCount % 8 == 0 ? 0x80 : UInt8(1 << (bitCount % 8 - 1))
        return (bytes[0] & 0x80 == 0 ? [] : [0]) + bytes
    }

    private static let honestRSA = TestKeys.rsaBlob(exponent: [1, 0, 1], modulus: [0] + TestKeys.modulus)
    private static let ed25519Blob = certain { try TestKeys.ed25519().verificationKey.blob }

    private static let keys: [HostileRow] = [
        hostKey(
            "KX-15", "RSA of 1,024 bits", .weakHostKey, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1, 0, 1], modulus: modulus(bitCount: 1024))),
        hostKey(
            "KX-15", "RSA of 2,047 bits", .weakHostKey, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1, 0, 1], modulus: modulus(bitCount: 2047))),
        hostKey(
            "KX-15", "RSA of 16,392 bits", .hostKeyMismatch, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1, 0, 1], modulus: modulus(bitCount: 16_392))),
        hostKey(
            "KX-15", "an exponent of 1", .hostKeyMismatch, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1], modulus: [0] + TestKeys.modulus)),
        hostKey(
            "KX-15", "an even exponent", .hostKeyMismatch, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1, 0, 0], modulus: [0] + TestKeys.modulus)),
        hostKey(
            "KX-15", "a huge exponent", .hostKeyMismatch, name: "rsa-sha2-512",
            TestKeys.rsaBlob(exponent: [1, 0, 0, 0, 0, 1], modulus: [0] + TestKeys.modulus)),
        hostKey(
            "KX-18", "an Ed25519 key of small order", .hostKeyMismatch,
            blob("ssh-ed25519", [1] + [UInt8](repeating: 0, count: 31))),
        hostKey(
            "KX-18", "an Ed25519 key that is not canonical", .hostKeyMismatch,
            blob("ssh-ed25519", [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])),
        hostKey("KX-19", "an RSA key where Ed25519 was agreed on", .hostKeyMismatch, honestRSA),
        hostKey(
            "KX-19", "a P-384 key where P-256 was agreed on", .hostKeyMismatch, name: "ecdsa-sha2-nistp256",
            certain { try TestKeys.ecdsa(on: .p384).verificationKey.blob }),
        hostKey("KX-19", "a key of a type nobody knows", .hostKeyMismatch, blob("ssh-other", [1])),
        hostKey("KX-20", "a key with a byte after its end", .hostKeyMismatch, ed25519Blob + [0]),
        hostKey(
            "KX-20", "a certificate in its place", .hostKeyMismatch,
            blob("ssh-ed25519-cert-v01@openssh.com", [UInt8](repeating: 1, count: 200))),
        hostKey("KX-20", "an empty key", .hostKeyMismatch, []),
    ]

    private static let silence: [HostileRow] = [
        HostileRow("KX-29", "silence after the reply", .fails([.timeout], .byApplication)) { configuration, _ in
            configuration.hook = { _, step, payload in
                step == .newKeys || step == .extInfo || step == .serviceAccept ? [] : [.payload(payload)]
            }
        }.acting(.waits(Limits.handshake)) { $0.passDeadline() }.expecting {
            $0.clock.now.sinceStart == Limits.handshake
        },
        HostileRow("KX-29", "silence instead of the reply", .fails([.timeout], .byApplication)) { configuration, _ in
            configuration.repliesToShare = false
        }.acting(.waits(Limits.handshake)) { $0.passDeadline() }.expecting {
            $0.record.errors == [.timeout(.keyExchange)]
        },
        HostileRow("KX-22", "a host that nobody trusts", .fails([.hostKeyRefused], .hostKeyNotVerifiable)) {
            _, script in
            script.trust = .refuse
        }.expecting { $0.peer.received.allSatisfy { [1, 20, 30].contains($0.number) } },
    ]
}
