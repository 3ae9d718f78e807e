import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §8, as far as passwords and public keys go.
package enum LoginRows {
    package static let rows: [HostileRow] = unasked + failures + keys + banners

    private static func judge(
        _ credentials: [ClientScript.Credential],
        _ judge: @escaping @Sendable (ScriptedPeer, AuthenticationAttempt) -> [AuthenticationReply]?
    ) -> Prepare {
        { configuration, script in
            configuration.judge = judge
            script.credentials = credentials
        }
    }

    private static func before(_ place: Step, _ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in (step == place ? [.payload(payload)] : []) + [.payload(own)] }
        }
    }

    private static let success = UserauthSuccess().payload
    private static let failure = UserauthFailure(methods: ["password"], partialSuccess: false).payload

    private static let unasked: [HostileRow] = [
        HostileRow("AU-01", "SUCCESS to a request for nothing", .works, prepare: judge([.none]) { _, _ in [.success] })
            .expecting { $0.record.proofs == [.none] },
        HostileRow("AU-04", "SUCCESS twice", .fails([.unexpected], .protocolError)) { configuration, _ in
            configuration.hook = { _, step, own in
                step == .authentication ? [.payload(own), .payload(own)] : [.payload(own)]
            }
        },
        unsolicited("AU-04", "SUCCESS before any request", success),
        unsolicited("AU-05", "FAILURE before any request", failure),
        unsolicited("AU-26", "a flood of FAILURE before any request", failure, count: 1000),
        HostileRow(
            "AU-25", "a message of a method that nobody started", .fails([.unexpected], .protocolError),
            prepare: judge([.none]) { _, _ in [.payload(ByteBuffer(bytes: [60, 0, 0, 0, 0]))] }),
    ]

    private static func unsolicited(_ id: String, _ what: String, _ payload: ByteBuffer, count: Int = 1) -> HostileRow {
        HostileRow(id, what, .fails([.unsolicited], .protocolError)) { configuration, script in
            script.credentials = [.wait]
            configuration.hook = { _, step, own in
                guard step == .serviceAccept else { return [.payload(own)] }
                return [.payload(own)] + Array(repeating: .payload(payload), count: count)
            }
        }
    }

    private static let failures: [HostileRow] = [
        HostileRow(
            "AU-05", "FAILURE with an empty list", .works,
            prepare: judge(
                [.none, .password(ClientScript.password)]
            ) { _, attempt in attempt.index == 0 ? [.failure([], isPartial: false)] : nil }
        ).serving(.either),
        HostileRow(
            "AU-05", "FAILURE with 16 KiB of odd names", .works,
            prepare: judge(
                [.none, .password(ClientScript.password)]
            ) { _, attempt in
                let odd = Name([0, 0x1B, 0x9B] + [UInt8](repeating: 0x61, count: 16_000))
                return attempt.index == 0 ? [.failure([odd, "password"], isPartial: false)] : nil
            }
        ).expecting { isHarmless($0.record.rounds.last?.methods?.text ?? "\u{1B}") },
        HostileRow(
            "AU-06", "partial success for ever", .fails([.tooManyAttempts], .noMoreAuthenticationMethods),
            prepare: judge(Array(repeating: .none, count: 100)) { _, _ in [.failure(["none"], isPartial: true)] }
        )
        .expecting { $0.peer.attempts.count == Limits.authenticationAttemptCount },
        HostileRow(
            "AU-24", "the end in answer to the password", .fails([.closed], nil),
            prepare: judge([.password(ClientScript.password)]) { _, _ in [] }
        ).acting(.closes) { $0.close() }.expecting { $0.record.errors == [.closed(.authentication)] },
        HostileRow(
            "AU-17", "no answer to the password", .fails([.timeout], .byApplication),
            prepare: judge([.password(ClientScript.password)]) { _, _ in [] }
        ).acting(.waits(Limits.authenticationReply)) { $0.passDeadline() }.expecting {
            $0.clock.now.sinceStart == Limits.authenticationReply
        },
        HostileRow(
            "AU-17", "no answer to a password that took ten minutes to type", .fails([.timeout], .byApplication),
            prepare: judge([.wait, .password(ClientScript.password)]) { _, _ in [] }
        ).acting(.waits(Limits.authenticationReply)) { conversation in
            conversation.advance(by: .seconds(600))
            conversation.offerCredential()
            conversation.run().passDeadline()
        }.expecting { $0.clock.now.sinceStart == .seconds(600) + Limits.authenticationReply },
        HostileRow(
            "AU-17", "no answer to a password that took ten minutes to type after a failure",
            .fails([.timeout], .byApplication),
            prepare: judge([.none, .wait, .password(ClientScript.password)]) { _, attempt in
                attempt.index == 0 ? [.failure(["password"], isPartial: false)] : []
            }
        ).acting(.waits(Limits.authenticationReply)) { conversation in
            conversation.advance(by: .seconds(600))
            conversation.offerCredential()
            conversation.run().passDeadline()
        }.expecting { $0.clock.now.sinceStart == .seconds(600) + Limits.authenticationReply }
            .notServed("the client must wait with its second request"),
        HostileRow(
            "AU-18", "the password taken in part, and asked for again", .fails([.cancelled], .authenticationCancelled),
            prepare: judge([.password(ClientScript.password), .giveUp]) { _, _ in
                [.failure(["password"], isPartial: true)]
            }
        ).expecting { $0.peer.attempts.count == 1 },
        HostileRow(
            "AU-14", "a password that has expired", .works,
            prepare: judge(
                [.password(Array("old".utf8)), .password(ClientScript.password)]
            ) { _, attempt in
                let change = UserauthPasswordChangeRequest(prompt: ByteBuffer(string: "expired\u{1B}"))
                return attempt.index == 0 ? [.payload(change.payload)] : nil
            }
        ).expecting { $0.record.rounds.last?.expiredPasswordPrompt == Array("expired\u{1B}".utf8) },
    ]

    private static func query(
        _ id: String, _ what: String, _ reply: @escaping @Sendable (Name, [UInt8]) -> AuthenticationReply
    ) -> HostileRow {
        HostileRow(id, what, .fails([.malformed], .protocolError)) { configuration, script in
            script.credentials = [.key(try TestKeys.rsa(), .rsaSHA512, asksFirst: true)]
            configuration.judge = { _, attempt in
                guard case .query(let algorithm, let blob) = attempt.method else { return nil }
                return [reply(algorithm, blob)]
            }
        }.expecting { $0.record.signatureRequests.isEmpty && $0.peer.attempts.count == 1 }
    }

    private static let otherBlob = certain { try TestKeys.ed25519(seed: 55).verificationKey.blob }

    private static let keys: [HostileRow] =
        [
            query("AU-07", "PK_OK for another key") { algorithm, _ in
                .keyAccepted(algorithm: algorithm, blob: otherBlob)
            },
            query("AU-07", "PK_OK for another algorithm") { _, blob in
                .keyAccepted(algorithm: "rsa-sha2-256", blob: blob)
            },
            query("AU-07", "PK_OK for another key and algorithm") { _, _ in
                .keyAccepted(algorithm: "ssh-ed25519", blob: otherBlob)
            },
            HostileRow("AU-07", "PK_OK in answer to a signature", .fails([.unexpected], .protocolError)) {
                configuration, script in
                script.credentials = [.key(try TestKeys.ed25519(seed: 4), .ed25519, asksFirst: false)]
                configuration.judge = { _, attempt in
                    guard case .signed(let algorithm, let blob, _) = attempt.method else { return nil }
                    return [.keyAccepted(algorithm: algorithm, blob: blob)]
                }
            },
            HostileRow("AU-02", "SUCCESS to a question about a key", .works) { configuration, script in
                script.credentials = [.key(try TestKeys.ed25519(seed: 4), .ed25519, asksFirst: true)]
                configuration.judge = { _, _ in [.success] }
            }.expecting { $0.record.proofs == [.publicKeyUnproven] && $0.record.signatureRequests.isEmpty },
        ]
        + TestKeys.algorithms.flatMap { algorithm in
            [true, false].map { asksFirst in
                HostileRow("AU-04", "an honest login with \(algorithm.rawValue), asking first: \(asksFirst)", .works) {
                    configuration, script in
                    let key = try TestKeys.key(for: algorithm)
                    configuration.acceptedKeys = [key.verificationKey.blob]
                    script.credentials = [.key(key, algorithm, asksFirst: asksFirst)]
                }.expecting { $0.record.proofs == [.publicKey] }
            }
        }

    private static func banner(_ count: Int, byteCount: Int) -> Prepare {
        judge([.none, .password(ClientScript.password)]) { _, attempt in
            let banner = AuthenticationReply.banner([UInt8](repeating: 0x9B, count: byteCount))
            return attempt.index == 0
                ? Array(repeating: banner, count: count) + [.failure(["password"], isPartial: false)] : nil
        }
    }

    private static let banners: [HostileRow] = [
        HostileRow("AU-15", "a thousand banners", .works, prepare: banner(1000, byteCount: 10)).expecting {
            $0.record.banners.count == Limits.bannerCount
                && $0.record.notes.filter { $0 == .bannersSuppressed }.count == 1
        },
        HostileRow("AU-15", "a banner of 250 KiB", .works, prepare: banner(1, byteCount: 250 * 1024)).expecting {
            $0.record.banners.isEmpty && $0.record.notes.filter { $0 == .bannersSuppressed }.count == 1
        },
        HostileRow("AU-15", "five banners of 15 KiB", .works, prepare: banner(5, byteCount: 15 * 1024)).expecting {
            $0.record.banners.map(\.count) == Array(repeating: 15 * 1024, count: 4)
                && $0.record.notes.filter { $0 == .bannersSuppressed }.count == 1
        },
        HostileRow("AU-15", "four banners of 16 KiB", .works, prepare: banner(4, byteCount: 16 * 1024)).expecting {
            $0.record.banners.map(\.count) == Array(repeating: 16 * 1024, count: 4)
                && !$0.record.notes.contains(.bannersSuppressed)
        },
        HostileRow(
            "AU-15", "a banner in a session", .works,
            prepare: before(.channelReply, UserauthBanner(text: ByteBuffer(string: "late")).payload)
        ).expecting { $0.record.banners.isEmpty },
        HostileRow(
            "AU-15", "a banner before the service was granted", .works,
            prepare: before(.serviceAccept, UserauthBanner(text: ByteBuffer(string: "early")).payload)
        ).expecting { $0.record.banners.count == 1 },
        HostileRow(
            "AU-15", "a banner without a language", .works,
            prepare: before(.serviceAccept, ByteBuffer(bytes: [53, 0, 0, 0, 1, 65]))
        ).expecting { $0.record.banners == [[65]] },
    ]
}
