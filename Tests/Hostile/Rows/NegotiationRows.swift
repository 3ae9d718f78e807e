import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §3.
package enum NegotiationRows {
    package static let rows: [HostileRow] = empties + noCommon + harmless + orders + guesses + sizes

    private static func alter(_ change: @escaping @Sendable (inout KexInit) -> Void) -> Prepare {
        { configuration, _ in configuration.alterKexInit = change }
    }

    private static func failure(
        _ id: String, _ what: String, _ slot: NegotiationFailure.Slot,
        _ change: @escaping @Sendable (inout KexInit) -> Void
    ) -> HostileRow {
        HostileRow(id, what, .fails([.negotiation], .keyExchangeFailed), prepare: alter(change)).expecting {
            guard case .negotiation(let failure) = $0.record.errors.first else { return false }
            return failure.slot == slot && !failure.ours.names.isEmpty
        }
    }

    private static let empties = [
        failure("KI-04", "no key exchange", .keyExchange) { $0.keyExchanges = [] },
        failure("KI-04", "no host key", .hostKey) { $0.hostKeys = [] },
        failure("KI-04", "no cipher outwards", .cipherClientToServer) { $0.ciphersClientToServer = [] },
        failure("KI-04", "no cipher inwards", .cipherServerToClient) { $0.ciphersServerToClient = [] },
        failure("KI-04", "no MAC outwards", .macClientToServer) {
            $0.ciphersClientToServer = ["aes128-ctr"]
            $0.macsClientToServer = []
        },
        failure("KI-04", "no MAC inwards", .macServerToClient) {
            $0.ciphersServerToClient = ["aes128-ctr"]
            $0.macsServerToClient = []
        },
        failure("KI-04", "no compression", .compressionClientToServer) { $0.compressionsClientToServer = [] },
        HostileRow(
            "KI-05", "no MAC beside AEAD ciphers", .works,
            prepare: alter {
                $0.ciphersClientToServer = ["aes128-gcm@openssh.com"]
                $0.ciphersServerToClient = ["chacha20-poly1305@openssh.com"]
                $0.macsClientToServer = []
                $0.macsServerToClient = []
            }),
    ]

    private static let odd: NameList = ["nothing\u{1B}[31m"]

    private static let noCommon = [
        failure("KI-06", "no common key exchange", .keyExchange) { $0.keyExchanges = odd },
        failure("KI-06", "no common host key", .hostKey) { $0.hostKeys = odd },
        failure("KI-06", "no common cipher outwards", .cipherClientToServer) { $0.ciphersClientToServer = odd },
        failure("KI-06", "no common cipher inwards", .cipherServerToClient) { $0.ciphersServerToClient = odd },
        failure("KI-06", "no common MAC outwards", .macClientToServer) {
            $0.ciphersClientToServer = ["aes128-ctr"]
            $0.macsClientToServer = odd
        },
        failure("KI-06", "no common MAC inwards", .macServerToClient) {
            $0.ciphersServerToClient = ["aes128-ctr"]
            $0.macsServerToClient = odd
        },
        failure("KI-06", "no common compression outwards", .compressionClientToServer) {
            $0.compressionsClientToServer = odd
        },
        failure("KI-06", "no common compression inwards", .compressionServerToClient) {
            $0.compressionsServerToClient = odd
        },
        failure("KI-07", "another case", .keyExchange) { $0.keyExchanges = ["Curve25519-SHA256"] },
        failure("KI-07", "a look-alike", .hostKey) { $0.hostKeys = ["ssh-ed25519\u{200B}", "s\u{17F}h-ed25519"] },
        // The sign of the kelvin, which is a k to whoever folds cases, and a full-width letter.
        failure("KI-07", "a look-alike of k", .keyExchange) {
            $0.keyExchanges = [
                "ml\u{212A}em768x25519-sha256", "mlkem768x25519-sha256\u{0}", "\u{FF43}urve25519-sha256",
            ]
        },
        failure("KI-07", "a look-alike of k in a MAC", .macServerToClient) {
            $0.ciphersServerToClient = ["aes128-ctr"]
            $0.macsServerToClient = ["hmac-sha2-256\u{200D}", "HMAC-SHA2-256", "hmac-sha2-256-et\u{1D426}@openssh.com"]
        },
        failure("KI-07", "a blank at the end", .cipherServerToClient) { $0.ciphersServerToClient = ["aes128-ctr "] },
        failure("KI-08", "nothing but markers", .keyExchange) {
            $0.keyExchanges = ["ext-info-s", "kex-strict-s-v00@openssh.com"]
        },
        failure("KI-08", "our own markers", .keyExchange) {
            $0.keyExchanges = ["ext-info-c", "kex-strict-c-v00@openssh.com"]
        },
        failure("KI-19", "nothing but legacy ciphers", .cipherClientToServer) {
            $0.ciphersClientToServer = ["3des-cbc", "aes128-cbc", "arcfour"]
        },
        failure("KI-19", "nothing but legacy host keys", .hostKey) { $0.hostKeys = ["ssh-rsa", "ssh-dss"] },
    ]

    private static let harmless = [
        HostileRow("KI-03", "something in the reserved field", .works) { configuration, _ in
            configuration.alterKexInitPayload = { $0.setInteger(UInt32(0xDEAD_BEEF), at: $0.writerIndex - 4) }
        },
        HostileRow("KI-09", "the client's markers", .works) { configuration, _ in
            // Nothing else would make it strict.
            configuration.isStrict = false
            configuration.alterKexInit = {
                $0.keyExchanges.names = ["ext-info-c", "kex-strict-c-v00@openssh.com"] + $0.keyExchanges.names
            }
        }.expecting { !$0.engine.isStrictKeyExchange && $0.record.agreements.count == 1 },
        HostileRow(
            "KI-09", "the client's markers beside the server's own", .works,
            prepare: alter {
                $0.keyExchanges.names = ["ext-info-c", "kex-strict-c-v00@openssh.com"] + $0.keyExchanges.names
            }
        ).expecting { $0.engine.isStrictKeyExchange },
        HostileRow(
            "KI-10", "a cipher for each direction", .works,
            prepare: alter {
                $0.ciphersClientToServer = ["aes256-ctr"]
                $0.macsClientToServer = ["hmac-sha2-512"]
                $0.ciphersServerToClient = ["chacha20-poly1305@openssh.com"]
            }
        ).expecting { $0.record.agreements.first?.cipherClientToServer == .aes256CTR },
        HostileRow(
            "KI-11", "16 KiB of languages", .works,
            prepare: alter {
                $0.languagesClientToServer = [Name([UInt8](repeating: 0x61, count: 16 * 1024))]
                $0.languagesServerToClient = ["de", "", "en"]
            }),
        HostileRow("KI-14", "a server that waits for us", .works) { configuration, _ in
            configuration.waitsForClient = true
        },
        HostileRow("KI-14", "a client that waits for the server", .works) { _, script in
            script.configuration.isPolite = true
        }.notServed("the client decides who speaks first"),
        HostileRow(
            "KI-20", "a cookie of zeros", .works, prepare: alter { $0.cookie = [UInt8](repeating: 0, count: 16) }),
        HostileRow("KI-20", "our own cookie", .works) { configuration, script in
            var random = RandomSource.seeded(script.seed)
            let cookie = random.bytes(count: KexInit.cookieByteCount)
            configuration.alterKexInit = { $0.cookie = cookie }
        }.notServed("a real client's cookie is not known beforehand"),
    ]

    private static let orders: [HostileRow] = [true, false].flatMap { isStrict in
        [
            HostileRow("KI-02", "a byte after its end, strict \(isStrict)", .fails([.malformed], .protocolError)) {
                configuration, _ in
                configuration.isStrict = isStrict
                configuration.alterKexInitPayload = { $0.writeInteger(UInt8(0)) }
            },
            repeated("KI-12", "two KEXINITs", .kexInit, isStrict),
            repeated("KI-13", "a KEXINIT after the reply", .kexReply, isStrict),
        ]
    }

    /// The peer's own KEXINIT once more, right after that step.
    private static func repeated(_ id: String, _ what: String, _ place: Step, _ isStrict: Bool) -> HostileRow {
        HostileRow(id, "\(what), strict \(isStrict)", .fails([.unexpected], .protocolError)) { configuration, _ in
            configuration.isStrict = isStrict
            configuration.hook = { _, step, payload in
                guard step == place else { return [.payload(payload)] }
                let again = KexInit(
                    cookie: [UInt8](repeating: 1, count: 16), keyExchanges: ["curve25519-sha256"],
                    hostKeys: ["ssh-ed25519"], ciphers: ["aes128-ctr"], macs: ["hmac-sha2-256"])
                return [.payload(payload), .message(again)]
            }
        }
    }

    private static func guess(_ names: NameList, isStrict: Bool = true, _ emissions: [Emission]) -> Prepare {
        { configuration, script in
            configuration.isStrict = isStrict
            configuration.keyExchangeNames = names
            // A guess is right where both first names are the same.
            script.configuration.algorithms.keyExchanges = [.curve25519SHA256]
            script.configuration.algorithms.hostKeys = [.ed25519, .rsaSHA512]
            configuration.alterKexInit = { $0.firstPacketFollows = true }
            configuration.hook = { _, step, payload in
                step == .kexInit ? [.payload(payload)] + emissions : [.payload(payload)]
            }
        }
    }

    private static let wrong: NameList = ["something-else", "curve25519-sha256"]
    private static let guessed = Emission.bytes([31, 0, 0, 0, 1, 7])

    private static let guesses = [
        HostileRow("KI-15", "a right guess", .works, prepare: guess(["curve25519-sha256"], [])),
        HostileRow(
            "KI-15", "a packet behind a right guess, which is not dropped", .fails([.malformed], .protocolError),
            prepare: guess(["curve25519-sha256"], [guessed])),
        HostileRow("KI-16", "a wrong guess of the exchange", .works, prepare: guess(wrong, [guessed])),
        HostileRow("KI-16", "a wrong guess of the host key", .works) { configuration, script in
            try guess(["curve25519-sha256"], [guessed])(&configuration, &script)
            configuration.hostKeyNames = ["rsa-sha2-512", "ssh-ed25519"]
        },
        HostileRow(
            "KI-16", "two packets after a wrong guess", .fails([.malformed], .protocolError),
            prepare: guess(wrong, [guessed, guessed])),
        HostileRow("KI-17", "a guess that never comes, nor anything else", .fails([.timeout], .byApplication)) {
            configuration, script in
            try guess(wrong, [])(&configuration, &script)
            configuration.repliesToShare = false
        }.acting(.waits(Limits.handshake)) { $0.passDeadline() }.expecting {
            $0.clock.now.sinceStart == Limits.handshake
        },
        HostileRow(
            "KI-17", "the reply in place of a guess that was announced", .fails([.unexpected], .protocolError),
            prepare: guess(wrong, [])),
        HostileRow(
            "KI-18", "an IGNORE in the guess's place, strict", .fails([.unexpected], .protocolError),
            prepare: guess(wrong, [.message(Ignore(data: ByteBuffer())), guessed])),
        HostileRow(
            "KI-18", "an IGNORE before the guess, not strict", .works,
            prepare: guess(wrong, isStrict: false, [.message(Ignore(data: ByteBuffer())), guessed])),
    ]

    private static let sizes = [
        HostileRow(
            "KI-21", "almost 160 KiB of names", .works,
            prepare: alter { message in
                func filled(_ list: NameList) -> NameList {
                    let used = list.joined.count + 1
                    return NameList(list.names + [Name([UInt8](repeating: 0x61, count: 16 * 1024 - used))])
                }
                message.keyExchanges = filled(message.keyExchanges)
                message.hostKeys = filled(message.hostKeys)
                message.ciphersClientToServer = filled(message.ciphersClientToServer)
                message.ciphersServerToClient = filled(message.ciphersServerToClient)
                message.macsClientToServer = filled(message.macsClientToServer)
            }),
        HostileRow(
            "KI-21", "250 KiB in one list", .fails([.malformed], .protocolError),
            prepare: alter {
                $0.ciphersClientToServer = NameList([Name([UInt8](repeating: 0x61, count: 250 * 1024))])
            }),
        HostileRow(
            "KI-21", "300 KiB", .fails([.packet], .protocolError),
            prepare: alter {
                $0.ciphersClientToServer = NameList([Name([UInt8](repeating: 0x61, count: 300 * 1024))])
            }),
    ]
}
