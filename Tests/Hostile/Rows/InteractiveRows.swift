import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §8 and attacks.md D, as far as prompts, changed passwords and message 60 go.
package enum InteractiveRows {
    package static let rows: [HostileRow] = unasked + counts + rounds + changes + misplaced + keys

    package typealias Judge = @Sendable (ScriptedPeer, AuthenticationAttempt) -> [AuthenticationReply]?

    package static func judge(_ credentials: [ClientScript.Credential], _ judge: @escaping Judge) -> Prepare {
        { configuration, script in
            configuration.judge = judge
            script.credentials = credentials
        }
    }

    /// A round with so many hidden prompts.
    package static func ask(_ count: Int, text: String = "Code: ") -> AuthenticationReply {
        let prompt = UserauthInfoRequest.Prompt(text: ByteBuffer(string: text), echoes: false)
        let request = UserauthInfoRequest(
            name: ByteBuffer(), instruction: ByteBuffer(), prompts: Array(repeating: prompt, count: count))
        return .payload(request.payload)
    }

    package static let change = AuthenticationReply.payload(
        UserauthPasswordChangeRequest(prompt: ByteBuffer(string: "expired")).payload)

    /// Keyboard-interactive with these numbers of prompts, one round after the other, and then SUCCESS.
    private static func interactive(_ counts: [Int]) -> Prepare {
        judge([.keyboardInteractive]) { _, attempt in
            [attempt.index < counts.count ? ask(counts[attempt.index]) : .success]
        }
    }

    private static func answerCounts(_ conversation: Conversation) -> [Int] {
        conversation.peer.attempts.compactMap { attempt in
            guard case .answers(let answers) = attempt.method else { return nil }
            return answers.allSatisfy { $0 == ClientScript.password } ? answers.count : -1
        }
    }

    private static let unasked: [HostileRow] =
        ([
            ("nothing asked at all", [], .keyboardInteractiveUnasked),
            ("no prompts, then SUCCESS", [0], .keyboardInteractiveUnasked),
            ("no prompts time and again", [0, 0, 0], .keyboardInteractiveUnasked),
            ("words, then a question", [0, 1], .keyboardInteractive),
            ("a question, then words", [1, 0], .keyboardInteractive),
            ("two rounds", [2, 1], .keyboardInteractive),
        ] as [(String, [Int], AuthenticationProof)]).map { what, counts, proof in
            HostileRow("AU-03 D1", what, .works, prepare: interactive(counts)).expecting {
                $0.record.proofs == [proof] && answerCounts($0) == counts
            }
        }

    private static let counts: [HostileRow] =
        [0, 1, 64, 65, 256, 1 << 31, UInt32.max].map { count in
            let verdict = count == 0 ? HostileRow.Verdict.works : .fails([.malformed], .protocolError)
            // Name, instruction and language are empty, and four bytes follow the number: 20 in all.
            let payload =
                [60] + [UInt8](repeating: 0, count: 12) + bigEndian(count) + [UInt8](repeating: 0, count: 4)
            return HostileRow(
                "AU-08 D2", "\(count) prompts claimed in 20 bytes", verdict,
                prepare: judge([.keyboardInteractive]) { _, attempt in
                    [attempt.index == 0 ? .payload(ByteBuffer(bytes: payload)) : .success]
                }
            ).expecting { $0.record.infoRequests.map(\.prompts.count) == (count == 0 ? [0] : []) }
        } + [
            HostileRow("AU-09", "64 prompts", .works, prepare: interactive([Limits.promptCount])).expecting {
                answerCounts($0) == [64]
            },
            HostileRow("AU-09", "65 prompts", .fails([.prompts], .protocolError), prepare: interactive([65])).expecting
            {
                $0.record.infoRequests.isEmpty
            },
            HostileRow(
                "AU-10", "a prompt of 250 KiB", .works,
                prepare: judge([.keyboardInteractive]) { _, attempt in
                    let text = String(repeating: "\u{1B}[2J\r\n\u{202E}é", count: 20_000)
                    return [attempt.index == 0 ? ask(1, text: text) : .success]
                }),
        ]

    private static func fails(
        _ id: String, _ what: String, _ credentials: [ClientScript.Credential], answers count: Int, attempts: Int,
        _ reply: @escaping Judge
    ) -> HostileRow {
        HostileRow(
            id, what, .fails([.tooManyAttempts], .noMoreAuthenticationMethods), prepare: judge(credentials, reply)
        )
        .expecting { answerCounts($0).count == count && $0.peer.attempts.count == attempts }
    }

    private static let rounds: [HostileRow] = [
        HostileRow("AU-12", "20 rounds", .works, prepare: interactive(Array(repeating: 1, count: 20))),
        fails("AU-12", "21 rounds", [.keyboardInteractive], answers: 20, attempts: 21) { _, _ in [ask(1)] },
        fails("D3", "rounds without a prompt, for ever", [.keyboardInteractive], answers: 20, attempts: 21) { _, _ in
            [ask(0)]
        },
        fails(
            "D3", "the method refused and begun again, for ever", Array(repeating: .keyboardInteractive, count: 100),
            answers: 20, attempts: 41
        ) { _, attempt in
            guard case .answers = attempt.method else { return [ask(1)] }
            return [.failure(["keyboard-interactive"], isPartial: false)]
        },
        fails(
            "D3", "partial success of the method, for ever", Array(repeating: .keyboardInteractive, count: 100),
            answers: 0, attempts: Limits.authenticationAttemptCount
        ) { _, _ in [.failure(["keyboard-interactive"], isPartial: true)] },
        fails(
            "D3", "a password that is never new enough",
            Array(repeating: .passwordChange(ClientScript.password, new: [1]), count: 100),
            answers: 0, attempts: Limits.authenticationAttemptCount
        ) { _, _ in [change] },
        HostileRow(
            "AU-18", "answers taken in part, and a password in place of more", .works,
            prepare: judge([.keyboardInteractive, .password(ClientScript.password)]) { _, attempt in
                switch attempt.method {
                case .answers: [.failure(["password"], isPartial: true)]
                case .password: [.success]
                default: [ask(1)]
                }
            }
        ).expecting { $0.record.proofs == [.keyboardInteractive, .password] },
    ]

    private static let changes: [HostileRow] = [1, 10].map { count in
        let changed = ClientScript.Credential.passwordChange(ClientScript.password, new: Array("new".utf8))
        return HostileRow(
            "AU-14", "a password that has expired, asked for \(count) times", .works,
            prepare: judge([.password(ClientScript.password)] + Array(repeating: changed, count: count)) { _, attempt in
                [attempt.index < count ? change : .success]
            }
        ).expecting {
            $0.record.rounds.filter { $0.expiredPasswordPrompt == Array("expired".utf8) }.count == count
                && $0.peer.attempts.dropFirst().allSatisfy {
                    guard case .passwordChange(ClientScript.password, Array("new".utf8)) = $0.method else {
                        return false
                    }
                    return true
                }
        }
        // People are not asked that often.
        .serving(count == 1 ? .works : .either)
    }

    private static func signed(asksFirst: Bool) -> ClientScript.Credential {
        certain { .key(try TestKeys.ed25519(seed: 4), .ed25519, asksFirst: asksFirst) }
    }

    /// Message 60 as each method writes it, sent in answer to each method.
    private static let misplaced: [HostileRow] = {
        let bodies: [(String, AuthenticationReply)] = [
            ("PK_OK", .keyAccepted(algorithm: "rsa-sha2-512", blob: [1])), ("PASSWD_CHANGEREQ", change),
            ("INFO_REQUEST", ask(1)),
        ]
        let methods: [(String, ClientScript.Credential, [ErrorKind?])] = [
            ("none", .none, [.unexpected, .unexpected, .unexpected]),
            ("a key that was asked about", signed(asksFirst: true), [.malformed, .malformed, .malformed]),
            ("a signature", signed(asksFirst: false), [.unexpected, .unexpected, .unexpected]),
            // Each begins with a string, and old servers leave out the rest.
            ("a password", .password(ClientScript.password), [.cancelled, .cancelled, .cancelled]),
            ("keyboard-interactive", .keyboardInteractive, [.malformed, .malformed, nil]),
        ]
        return methods.flatMap { method, credential, kinds in
            zip(bodies, kinds).map { body, kind in
                let reason: DisconnectReason = kind == .cancelled ? .authenticationCancelled : .protocolError
                let verdict = kind.map { HostileRow.Verdict.fails([$0], reason) } ?? .works
                return HostileRow(
                    "AU-25", "\(body.0) in answer to \(method)", verdict,
                    prepare: judge([credential, .giveUp]) { _, attempt in [attempt.index == 0 ? body.1 : .success] }
                ).expecting { $0.peer.attempts.count == (kind == nil ? 2 : 1) }
                    .serving(kind == .cancelled ? .either : kind == nil ? .works : .fails)
            }
        } + [
            HostileRow(
                "AU-13", "INFO_REQUEST before any request", .fails([.unexpected], .protocolError),
                prepare: judge([.wait]) { _, _ in nil }
            ).acting(.none) { $0.inject(.bytes([60] + [UInt8](repeating: 0, count: 16))) },
            HostileRow(
                "AU-13", "INFO_REQUEST while its prompts are being answered", .fails([.unexpected], .protocolError)
            ) { configuration, script in
                configuration.judge = { _, _ in [ask(1), ask(1)] }
                script.answers = nil
                script.credentials = [.keyboardInteractive, .wait]
            },
            HostileRow("AU-13", "INFO_REQUEST after SUCCESS", .fails([.unexpected], .protocolError)) {
                configuration, _ in
                configuration.judge = { _, _ in [.success, ask(1)] }
            },
            HostileRow(
                "AU-04", "SUCCESS while prompts are being answered", .fails([.unsolicited], .protocolError)
            ) { configuration, script in
                configuration.judge = { _, _ in [ask(1), .success] }
                script.answers = nil
                script.credentials = [.keyboardInteractive, .wait]
            },
        ]
    }()

    private static func answered(
        _ what: String, certified: Bool, _ reply: @escaping @Sendable (Name, [UInt8]) -> (Name, [UInt8])
    ) -> HostileRow {
        HostileRow("D4 AU-07", "PK_OK \(what)", .fails([.malformed], .protocolError)) { configuration, script in
            let key = try TestKeys.ed25519(seed: 4)
            let certificate = try TestKeys.certificate(of: key, by: TestKeys.ed25519(seed: 5), role: 1)
            script.credentials = [
                certified
                    ? .certified(key, .ed25519Certificate, certificate: certificate, asksFirst: true)
                    : .key(key, .ed25519, asksFirst: true)
            ]
            configuration.judge = { _, attempt in
                guard case .query(let algorithm, let blob) = attempt.method else { return nil }
                let (name, shown) = reply(algorithm, blob)
                return [.keyAccepted(algorithm: name, blob: shown)]
            }
        }.expecting { $0.record.signatureRequests.isEmpty && $0.peer.attempts.count == 1 }
    }

    private static let plainBlob = certain { try TestKeys.ed25519(seed: 4).verificationKey.blob }
    private static let certificateBlob =
        certain { try TestKeys.certificate(of: TestKeys.ed25519(seed: 4), by: TestKeys.ed25519(seed: 5), role: 1) }

    private static let keys: [HostileRow] =
        [
            answered("for a certificate of the plain key", certified: false) { _, _ in
                ("ssh-ed25519-cert-v01@openssh.com", certificateBlob)
            },
            answered("for the plain key of a certificate", certified: true) { _, _ in ("ssh-ed25519", plainBlob) },
            answered("with a certificate's name for a plain key", certified: false) { _, blob in
                ("ssh-ed25519-cert-v01@openssh.com", blob)
            },
            answered("with a plain name for a certificate", certified: true) { _, blob in ("ssh-ed25519", blob) },
            answered("with a byte after the key", certified: false) { name, blob in (name, blob + [0]) },
            answered("with a key cut short", certified: false) { name, blob in (name, blob.dropLast()) },
            answered("without a key", certified: false) { name, _ in (name, []) },
            HostileRow("D4", "PK_OK with a byte after it", .fails([.malformed], .protocolError)) {
                configuration, script in
                script.credentials = [signed(asksFirst: true)]
                configuration.judge = { _, attempt in
                    guard case .query(let algorithm, let blob) = attempt.method else { return nil }
                    var payload = UserauthPublicKeyOK(algorithm: algorithm, blob: blob).payload
                    payload.writeInteger(UInt8(0))
                    return [.payload(payload)]
                }
            }.expecting { $0.record.signatureRequests.isEmpty },
        ]
        + [true, false].map { asksFirst in
            HostileRow("AU-07", "an honest login with a certificate, asking first: \(asksFirst)", .works) {
                configuration, script in
                let key = try TestKeys.ed25519(seed: 4)
                configuration.acceptedKeys = [certificateBlob]
                script.credentials = [
                    .certified(key, .ed25519Certificate, certificate: certificateBlob, asksFirst: asksFirst)
                ]
            }.expecting { $0.record.proofs == [.publicKey] }
        }
}

/// Four bytes.
package func bigEndian(_ number: UInt32) -> [UInt8] { Array(ByteBuffer(integer: number).readableBytesView) }
