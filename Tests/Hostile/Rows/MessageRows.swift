import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §2, from PK-18 on: whole packets with the wrong thing in them.
package enum MessageRows {
    package static let rows: [HostileRow] =
        zeros + unimplemented + trailing + lies + integers + exchangeNumbers + booleans + lists + disconnects + unsorted

    /// Says these payloads right before the step's own.
    package static func before(_ step: Step, _ emissions: [Emission]) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, current, payload in
                (current == step ? emissions : []) + [.payload(payload)]
            }
        }
    }

    /// Says these payloads instead of the step's own.
    package static func instead(_ step: Step, _ emissions: [Emission]) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, current, payload in current == step ? emissions : [.payload(payload)] }
        }
    }

    /// Changes the bytes of each message of that number.
    package static func edit(_ number: UInt8, _ edit: @escaping @Sendable (inout [UInt8]) -> Void) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, _, payload in
                var bytes = Array(payload.readableBytesView)
                guard bytes.first == number else { return [.payload(payload)] }
                edit(&bytes)
                return [.bytes(bytes)]
            }
        }
    }

    private static let zeros = [Step.kexReply, .authentication, .channelReply].map { step in
        HostileRow(
            "PK-18", "message 0 before \(step)", .fails([.unexpected], .protocolError),
            prepare: before(step, [.bytes([0])]))
    }

    /// UNIMPLEMENTED in the step's place, for the packet that the client sent last, or one before or after it.
    private static func unanswered(_ step: Step, offset: Int = 0) -> Prepare {
        { configuration, _ in
            configuration.hook = { peer, current, payload in
                guard current == step, let last = peer.received.last?.sequence else { return [.payload(payload)] }
                let sequence = last &+ UInt32(truncatingIfNeeded: offset)
                return [.message(Unimplemented(sequenceNumber: sequence))]
            }
        }
    }

    private static let unimplemented: [HostileRow] =
        [
            // Our NEWKEYS follows the peer's.
            ("NEWKEYS", Step.newKeys, 1, ProtocolError.Situation.keyExchange),
            ("SERVICE_REQUEST", .serviceAccept, 0, .serviceRequest),
            ("USERAUTH_REQUEST", .authentication, 0, .authentication),
        ]
        .map { what, step, offset, situation in
            HostileRow(
                "PK-21", "UNIMPLEMENTED for \(what)", .fails([.unexpected], .protocolError),
                prepare: unanswered(step, offset: offset)
            ).expecting { $0.record.errors == [.unexpected(.unimplemented, during: situation)] }
        } + [
            HostileRow(
                "PK-21", "UNIMPLEMENTED for CHANNEL_OPEN", .refusesChannel, prepare: unanswered(.channelReply)),
            HostileRow(
                "PK-21", "UNIMPLEMENTED for what came before CHANNEL_OPEN, and no answer to it", .refusesChannel,
                prepare: unanswered(.channelReply, offset: -1)
            ).acting(.waits(Limits.channelOpen)) { $0.passDeadline() },
            HostileRow(
                "PK-22", "UNIMPLEMENTED for what was never sent", .works,
                prepare: before(.authentication, [.message(Unimplemented(sequenceNumber: 4_000_000))])),
            HostileRow(
                "PK-22", "UNIMPLEMENTED cut short", .fails([.malformed], .protocolError),
                prepare: before(.authentication, [.bytes([3, 0, 0])])),
        ]

    /// Ruling 10: an error in these, ignored elsewhere.
    private static let trailing: [HostileRow] =
        [7, 6, 20, 21, 31, 91, 94, 96, 97].map { number in
            HostileRow(
                "PK-24", "a byte after message \(number)", .fails([.malformed], .protocolError),
                prepare: edit(number) { $0.append(0) })
        }
        + [52, 99].map { number in
            HostileRow("PK-24", "a byte after message \(number)", .works, prepare: edit(number) { $0.append(0) })
        } + [
            HostileRow(
                "PK-24", "a byte after USERAUTH_FAILURE", .fails([.malformed], .protocolError),
                prepare: instead(.authentication, [.bytes([51, 0, 0, 0, 0, 0, 0])])),
            HostileRow(
                "PK-24", "a byte after EXTENDED_DATA", .fails([.malformed], .protocolError),
                prepare: before(.channelData, [.bytes([95, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])])),
            HostileRow(
                "PK-24", "a byte after WINDOW_ADJUST", .fails([.malformed], .protocolError),
                prepare: before(.channelData, [.bytes([93, 0, 0, 0, 0, 0, 0, 0, 1, 0])])),
            HostileRow(
                "PK-24", "a byte after OPEN_FAILURE", .fails([.malformed], .protocolError),
                prepare: instead(.channelReply, [.bytes([92, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])])),
            HostileRow(
                "PK-24", "bytes after IGNORE, DEBUG, UNIMPLEMENTED and BANNER", .works,
                prepare: before(
                    .authentication,
                    [
                        .bytes([2, 0, 0, 0, 0, 9]), .bytes([4, 1, 0, 0, 0, 0, 9, 9]),
                        .bytes([3, 255, 255, 255, 255, 9]),
                        .bytes([53, 0, 0, 0, 0, 9]),
                    ])),
        ]

    /// Where the strings of each message begin, in a message of the honest peer.
    private static let stringOffsets: [(number: UInt8, offsets: [Int])] = [
        (20, [17]), (31, [1, 56, 92]), (7, [5, 24]), (6, [1]), (94, [5]), (98, [5]),
    ]

    private static let lies: [HostileRow] = stringOffsets.flatMap { number, offsets in
        offsets.flatMap { offset in
            [UInt32.max, 0x8000_0000, 0].map { lie in
                let prepare = edit(number) { bytes in
                    // Zero stands for one more than there is.
                    let length = lie == 0 ? UInt32(bytes.count - offset - 4 + 1) : lie
                    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
                }
                return HostileRow(
                    "PK-25", "message \(number) with a string of \(lie) at \(offset)",
                    .fails([.malformed], .protocolError), prepare: prepare)
            }
        }
    }

    private static func rsa(exponent: [UInt8], modulus: [UInt8]) -> Prepare {
        { configuration, _ in
            let acceptedPassword = configuration.acceptedPassword
            configuration = PeerConfiguration(hostKey: try TestKeys.rsa())
            configuration.acceptedPassword = acceptedPassword
            configuration.hostKeyBlob = TestKeys.rsaBlob(exponent: exponent, modulus: modulus)
        }
    }

    /// An f, or a p and a g, written in another way than the one that both sides hash.
    private static func rewritten(
        _ what: String, _ verdict: HostileRow.Verdict, f: (@Sendable ([UInt8]) -> [UInt8])? = nil,
        group: (@Sendable (_ p: [UInt8], _ g: [UInt8]) -> ([UInt8], [UInt8]))? = nil
    ) -> HostileRow {
        let method: Name = group == nil ? "diffie-hellman-group14-sha256" : "diffie-hellman-group-exchange-sha256"
        return HostileRow("PK-26", what, verdict) { configuration, _ in
            configuration.keyExchangeNames = [method]
            if let f { configuration.alterReply = { $0.publicShare = f($0.publicShare) } }
            guard let group else { return }
            let own = configuration.group
            let (prime, generator) = group(own.prime.body, own.generator.body)
            var message = ByteBuffer(bytes: [31])
            message.writeString(prime)
            message.writeString(generator)
            configuration.hook = { [message] _, step, own in [.payload(step == .kexGroup ? message : own)] }
        }.expecting { if case .works = verdict { true } else { $0.record.offeredKeys.isEmpty } }
    }

    private static let zeros16K = [UInt8](repeating: 0, count: 16 * 1024 + 1)
    private static let refusedNumber = HostileRow.Verdict.fails([.keyExchange], .keyExchangeFailed)

    /// Redundant zeros are borne, and a zero, a negative number and 16 KiB are not numbers of an exchange.
    private static let exchangeNumbers: [HostileRow] = [
        rewritten("f with redundant zeros", .works, f: { [0, 0] + $0 }),
        rewritten("f of one zero byte", refusedNumber, f: { _ in [0] }),
        rewritten("f that is empty", refusedNumber, f: { _ in [] }),
        rewritten("f that is negative", refusedNumber, f: { [0x80] + $0 }),
        rewritten("f behind 16 KiB of zeros", refusedNumber, f: { zeros16K + $0 }),
        rewritten("p and g with redundant zeros", .works, group: { ([0, 0] + $0, [0, 0] + $1) }),
        rewritten("p of one zero byte", refusedNumber, group: { ([0], $1) }),
        rewritten("p that is empty", refusedNumber, group: { ([], $1) }),
        rewritten("p that is negative", refusedNumber, group: { (Array($0.drop { $0 == 0 }), $1) }),
        rewritten("p behind 16 KiB of zeros", refusedNumber, group: { (zeros16K + $0, $1) }),
        rewritten("g of one zero byte", refusedNumber, group: { p, _ in (p, [0]) }),
        rewritten("g that is empty", refusedNumber, group: { p, _ in (p, []) }),
        rewritten("g that is negative", refusedNumber, group: { p, _ in (p, [0x82]) }),
        rewritten("g behind 16 KiB of zeros", refusedNumber, group: { ($0, zeros16K + $1) }),
    ]

    private static let integers: [HostileRow] = [
        HostileRow(
            "PK-26", "redundant zeros", .works,
            prepare: rsa(exponent: [0, 0, 1, 0, 1], modulus: [0, 0, 0] + TestKeys.modulus)),
        HostileRow(
            "PK-26", "a negative modulus", .fails([.hostKeyMismatch], .keyExchangeFailed),
            prepare: rsa(exponent: [1, 0, 1], modulus: TestKeys.modulus)),
        HostileRow(
            "PK-26", "a negative exponent", .fails([.hostKeyMismatch], .keyExchangeFailed),
            prepare: rsa(exponent: [0x81, 0, 1], modulus: [0] + TestKeys.modulus)),
        HostileRow(
            "PK-26", "a modulus of 16 KiB and a byte", .fails([.hostKeyMismatch], .keyExchangeFailed),
            prepare: rsa(exponent: [1, 0, 1], modulus: [UInt8](repeating: 1, count: 16 * 1024 + 1))),
        HostileRow(
            "PK-26", "an exponent that is empty", .fails([.hostKeyMismatch], .keyExchangeFailed),
            prepare: rsa(exponent: [], modulus: [0] + TestKeys.modulus)),
        HostileRow(
            "PK-26", "an exponent of one zero byte", .fails([.hostKeyMismatch], .keyExchangeFailed),
            prepare: rsa(exponent: [0], modulus: [0] + TestKeys.modulus)),
    ]

    private static let booleans: [HostileRow] = [UInt8(2), 0x7F, 0x80, 0xFF].flatMap { byte in
        [
            HostileRow("PK-27", "a guess that follows, said with \(byte)", .works) { configuration, _ in
                configuration.keyExchangeNames = ["wrong-guess", "curve25519-sha256"]
                configuration.alterKexInitPayload = { payload in
                    payload.setInteger(byte, at: payload.writerIndex - 5)
                }
                configuration.hook = { _, step, payload in
                    step == .kexInit ? [.payload(payload), .bytes([31, 1, 2, 3])] : [.payload(payload)]
                }
            },
            HostileRow(
                "PK-27", "partial success, said with \(byte)", .works
            ) { configuration, script in
                script.credentials = [.none, .password(ClientScript.password)]
                configuration.hook = { _, _, payload in
                    var bytes = Array(payload.readableBytesView)
                    if bytes.first == 51 { bytes[bytes.count - 1] = byte }
                    return [.bytes(bytes)]
                }
            }.expecting { $0.record.rounds.last?.isPartialSuccess == true },
        ]
    }

    private static let lists: [HostileRow] = [
        HostileRow("PK-28", "names that can never match", .works) { configuration, _ in
            configuration.alterKexInit = { message in
                let odd: [Name] = [
                    "", "", Name([0, 0x41]), Name([UInt8](repeating: 0x61, count: 65)), Name([0xFF, 0x1B]),
                    "aes128-ctr", "aes128-ctr",
                ]
                message.keyExchanges.names = odd + message.keyExchanges.names + [""]
                message.ciphersServerToClient.names = odd + message.ciphersServerToClient.names + ["", ""]
            }
        },
        HostileRow("PK-28", "1,024 names", .works) { configuration, _ in
            configuration.alterKexInit = { message in
                message.languagesClientToServer = NameList((1...1024).map { Name("\($0)") })
                // The one that counts is the last.
                message.keyExchanges.names.insert(
                    contentsOf: (0..<1024 - message.keyExchanges.names.count).map { Name("\($0)") }, at: 0)
            }
        }.expecting { $0.record.agreements.first?.keyExchange == .curve25519SHA256 },
        HostileRow("PK-28", "1,025 names that count", .fails([.malformed], .protocolError)) { configuration, _ in
            configuration.alterKexInit = { message in
                message.keyExchanges.names.insert(
                    contentsOf: (0..<1025 - message.keyExchanges.names.count).map { Name("\($0)") }, at: 0)
            }
        },
        HostileRow("PK-28", "1,025 names", .fails([.malformed], .protocolError)) { configuration, _ in
            configuration.alterKexInit = { $0.languagesClientToServer = NameList((0...1024).map { Name("\($0)") }) }
        },
        HostileRow("PK-28", "16 KiB and a byte", .fails([.malformed], .protocolError)) { configuration, _ in
            configuration.alterKexInit = {
                $0.languagesClientToServer = NameList([Name([UInt8](repeating: 0x61, count: 16 * 1024 + 1))])
            }
        },
    ]

    private static let disconnects: [HostileRow] =
        ((0...16).map { UInt32($0) } + [.max]).map { code in
            HostileRow(
                "PK-32", "DISCONNECT with code \(code)", .fails([.disconnected], nil),
                prepare: instead(
                    .authentication,
                    [.message(Disconnect(reason: DisconnectReason(rawValue: code), description: "go \u{1B}[31maway"))])
            ).expecting {
                $0.record.errors
                    == [.disconnected(DisconnectReason(rawValue: code), text: Array("go \u{1B}[31maway".utf8))]
            }
        } + [
            HostileRow(
                "PK-32", "DISCONNECT with 256 KiB of invalid text", .fails([.disconnected], nil),
                prepare: instead(
                    .authentication,
                    [.bytes([1, 0, 0, 0, 2, 0, 3, 0xFF, 0] + [UInt8](repeating: 0x9B, count: 0x3FF00))])
            ).expecting { conversation in
                conversation.record.errors
                    == [.disconnected(.protocolError, text: [UInt8](repeating: 0x9B, count: 1024))]
            }
        ]
        + [[1], [1, 0, 0], [1, 0, 0, 0, 11], [1, 0, 0, 0, 11, 255, 255, 255, 255, 65]].map { bytes in
            HostileRow(
                "PK-32", "DISCONNECT of \(bytes.count) bytes", .fails([.disconnected], nil),
                prepare: instead(.kexReply, [.bytes(bytes)]))
        }

    private static let unsorted: [HostileRow] = [
        HostileRow("PK-29", "compression that we did not offer", .fails([.negotiation], .keyExchangeFailed)) {
            configuration, _ in
            configuration.alterKexInit = { $0.compressionsServerToClient = ["zlib"] }
        },
        HostileRow("PK-29", "compression outwards that is left out", .fails([.negotiation], .keyExchangeFailed)) {
            configuration, script in
            script.configuration.algorithms.compressions = [.none]
            configuration.alterKexInit = { $0.compressionsClientToServer = ["zlib", "zlib@openssh.com"] }
        }.notServed("a client offers compression of itself"),
        HostileRow("PK-30", "the end in the middle of KEXINIT", .fails([.closed], nil)) { configuration, _ in
            configuration.hook = { _, step, payload in
                step == .kexInit ? [.altered(payload) { $0.removeLast(100) }] : [.payload(payload)]
            }
        }.acting(.closes) { $0.close() }.expecting { $0.record.errors == [.closed(.keyExchange)] },
    ]
}
