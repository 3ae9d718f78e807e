import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// hostile.md §2: framing, in the clear and under every kind of cipher.
package enum PacketRows {
    package static let rows = TestedMode.allCases.flatMap { mode in
        lengths(mode) + tiny(mode) + paddings(mode) + sizes(mode) + (mode == .plain ? [] : order(mode))
    }

    /// A peer of this mode that does something else at the mode's own step.
    package static func lie(
        _ mode: TestedMode, _ lie: @escaping @Sendable (ScriptedPeer, ByteBuffer) -> [Emission]
    ) -> Prepare {
        { configuration, _ in
            mode.prepare(&configuration)
            configuration.hook = { peer, step, payload in
                step == mode.step ? lie(peer, payload) : [.payload(payload)]
            }
        }
    }

    /// Writes another length over the honest one, by the XOR that a cipher lets through.
    package static func length(_ mode: TestedMode, _ wanted: UInt32) -> Prepare {
        lie(mode) { _, payload in
            [
                .altered(payload) { packet in
                    let difference = UInt32(packet.count - 4 - mode.tagByteCount) ^ wanted
                    for index in 0..<4 { packet[index] ^= UInt8(truncatingIfNeeded: difference >> (24 - 8 * index)) }
                }
            ]
        }
    }

    private static func lengths(_ mode: TestedMode) -> [HostileRow] {
        let tooShort = (5..<mode.minimumLength).map { ("PK-02", $0) }
        let uneven: [(String, UInt32)] = Set([13, mode.minimumLength + 1, mode.minimumLength + 4])
            .filter { $0 >= mode.minimumLength }.sorted().map { ("PK-05", $0) }
        let tiny: [(String, UInt32)] = (0...4).map { ("PK-01", $0) }
        let huge: [(String, UInt32)] = [mode.maximumLength + 1, 262_160, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, .max]
            .map { ("PK-04", $0) }
        let refused = (tiny + tooShort + uneven + huge).map { id, wanted in
            HostileRow(
                id, "\(mode): a length of \(wanted)", .fails([.packet], .protocolError), prepare: length(mode, wanted))
        }
        let large = HostileRow("PK-03", "\(mode): the greatest length, and silence", .failsAnyhow([.timeout])) {
            configuration, script in
            try length(mode, mode.maximumLength)(&configuration, &script)
            let lie = configuration.hook
            configuration.hook = { peer, step, payload in
                lie(peer, step, payload) + (step == mode.step ? [.raw([UInt8](repeating: 0, count: 1000))] : [])
            }
        }
        return refused + [
            large.acting(.waits(Limits.authenticationReply)) { $0.passDeadline() }.expecting {
                $0.clock.now.sinceStart <= .seconds(150)
            }
        ]
    }

    /// B2: bodies of up to seven bytes under a tag that holds, their length told in truth.
    private static func tiny(_ mode: TestedMode) -> [HostileRow] {
        (0...7).map { byteCount in
            let body = [UInt8](([4, 2] + [UInt8](repeating: 0, count: 6)).prefix(byteCount))
            return HostileRow(
                byteCount < 5 ? "PK-01" : "PK-02", "\(mode): \(byteCount) bytes that are sealed as they should be",
                .fails([.packet], .protocolError), prepare: lie(mode) { _, _ in [.forged(body: body)] })
        }
    }

    private static func paddings(_ mode: TestedMode) -> [HostileRow] {
        let short = (0...3).map { UInt8($0) }.map { padding in
            HostileRow(
                "PK-06", "\(mode): padding of \(padding)", .fails([.packet], .protocolError),
                prepare: lie(mode) { _, _ in [.forged(body: mode.body(claiming: padding, byteCount: 16))] })
        }
        let byteCount = mode.body(claiming: 0, byteCount: 16).count
        let claims: [Int] = [byteCount - 1, byteCount, byteCount + 1, 255]
        let greedy = claims.map { claim in
            HostileRow(
                "PK-07", "\(mode): padding of \(claim) in \(byteCount)", .fails([.packet], .protocolError),
                prepare: lie(mode) { _, _ in
                    [.forged(body: mode.body(claiming: UInt8(claim), byteCount: byteCount))]
                })
        }
        // One byte of payload: IGNORE without its string.
        let fitting = HostileRow(
            "PK-07", "\(mode): padding of \(byteCount - 2) in \(byteCount), which leaves a byte",
            .fails([.malformed], .protocolError),
            prepare: lie(mode) { _, _ in
                [.forged(body: mode.body(claiming: UInt8(byteCount - 2), byteCount: byteCount))]
            })
        let most = HostileRow(
            "PK-08", "\(mode): padding of 255", .works,
            prepare: lie(mode) { _, payload in
                [.forged(body: mode.body(claiming: 255, byteCount: 1000)), .payload(payload)]
            })
        return short + greedy + [fitting, most]
    }

    private static func sizes(_ mode: TestedMode) -> [HostileRow] {
        [
            HostileRow("PK-09", "\(mode): the smallest packet", .works) { configuration, _ in
                mode.prepare(&configuration)
                // NEWKEYS in the clear, USERAUTH_SUCCESS under keys: one byte of payload each.
                configuration.makeForge = nil
            },
            HostileRow(
                "PK-10", "\(mode): a packet of 35,000 bytes", .works,
                prepare: lie(mode) { _, payload in
                    [.message(Ignore(data: ByteBuffer(repeating: 1, count: 34_980))), .payload(payload)]
                }),
        ]
    }

    /// What `peer` says, and then the same packet once more.
    private static func doubled(_ peer: ScriptedPeer) -> Emission {
        peer.inject(.message(Ignore(data: ByteBuffer(string: "twice"))))
        return .raw(peer.wire.last ?? [])
    }

    /// Whole packets out of place.
    ///
    /// Where the length is not encrypted, or where nothing but the MAC is wrong, it is the tag that tells. Elsewhere the
    /// length may make no sense, or want more than comes; then more comes.
    private static func order(_ mode: TestedMode) -> [HostileRow] {
        // The place of a packet under GCM is its nonce's.
        let isCounted = mode == .aes128GCM || mode == .aes256GCM
        let lies: [(String, String, @Sendable (ScriptedPeer, ByteBuffer) -> [Emission])] = [
            (
                "PK-13", "two packets swapped",
                { peer, payload in
                    peer.swapped(payload, Ignore(data: ByteBuffer(string: "first")).payload)
                }
            ),
            ("PK-13", "a packet lost", { _, payload in [.afterLost(payload)] }),
            ("PK-13", "a packet doubled", { peer, payload in [doubled(peer), .payload(payload)] }),
            (
                "PK-13", "the packet before the last once more",
                { peer, payload in
                    [.message(Ignore(data: ByteBuffer())), .raw(peer.wire.last ?? []), .payload(payload)]
                }
            ),
            (
                "PK-14", "the next sequence number",
                { _, payload in isCounted ? [.afterLost(payload)] : [.sequenced(payload, offset: 1)] }
            ),
            (
                "PK-14", "the sequence number before",
                { peer, payload in isCounted ? [.raw(peer.wire.last ?? [])] : [.sequenced(payload, offset: -1)] }
            ),
        ]
        return lies.map { id, stimulus, lie in
            let isCertain = isCounted || mode == .ctrETM || mode == .ctr && id == "PK-14"
            return HostileRow(
                id, "\(mode): \(stimulus)",
                isCertain ? .fails([.integrity], .macError) : .failsAnyhow([.integrity, .packet]),
                prepare: Self.lie(mode, lie)
            ).feedingOn().expecting { !$0.record.isLoggedIn && $0.record.endsAsTold(to: $0.peer) }
        }
    }
}

extension HostileRow {
    /// Whatever a wrong length asks for comes.
    package func feedingOn() -> HostileRow {
        acting(.waits(Limits.authenticationReply)) { conversation in
            guard !conversation.record.isOver else { return }
            conversation.inject(.raw([UInt8](repeating: 0x5A, count: 300_000)))
        }
    }
}

extension ConversationRecord {
    /// Whether the peer was told of a wrong tag, or else of broken framing.
    package func endsAsTold(to peer: ScriptedPeer) -> Bool {
        let reasons = peer.messages(Disconnect.self).map(\.reason)
        return reasons == [errors.first?.kind == .integrity ? .macError : .protocolError]
    }
}
