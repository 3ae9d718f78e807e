import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// hostile.md §2: framing, in the clear and under every kind of cipher.
package enum PacketRows {
    package static let rows = TestedMode.allCases.flatMap { mode in
        lengths(mode) + paddings(mode) + sizes(mode) + (mode == .plain ? [] : order(mode))
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
        let tooShort = [5, mode.minimumLength - 1].map { ("PK-02", $0) }
        let uneven: [(String, UInt32)] = [13, mode.minimumLength + 1, mode.minimumLength + 4].map { ("PK-05", $0) }
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

    private static func paddings(_ mode: TestedMode) -> [HostileRow] {
        let short = (0...3).map { UInt8($0) }.map { padding in
            HostileRow(
                "PK-06", "\(mode): padding of \(padding)", .fails([.packet], .protocolError),
                prepare: lie(mode) { _, _ in [.forged(body: mode.body(claiming: padding, byteCount: 16))] })
        }
        let byteCount = mode.body(claiming: 0, byteCount: 16).count
        let claims: [Int] = [byteCount - 1, byteCount, 255]
        let greedy = claims.map { claim in
            HostileRow(
                "PK-07", "\(mode): padding of \(claim) in \(byteCount)", .fails([.packet], .protocolError),
                prepare: lie(mode) { _, _ in
                    [.forged(body: mode.body(claiming: UInt8(claim), byteCount: byteCount))]
                })
        }
        let most = HostileRow(
            "PK-08", "\(mode): padding of 255", .works,
            prepare: lie(mode) { _, payload in
                [.forged(body: mode.body(claiming: 255, byteCount: 1000)), .payload(payload)]
            })
        return short + greedy + [most]
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

    /// Whole packets out of place: a cipher may see a bad tag, or a length that makes no sense or wants more than comes.
    private static func order(_ mode: TestedMode) -> [HostileRow] {
        let lies: [(String, String, @Sendable (ScriptedPeer, ByteBuffer) -> [Emission])] = [
            (
                "PK-13", "two packets swapped",
                { peer, payload in
                    peer.swapped(payload, Ignore(data: ByteBuffer(string: "first")).payload)
                }
            ),
            ("PK-13", "a packet lost", { _, payload in [.afterLost(payload)] }),
            (
                "PK-13", "a packet doubled",
                { peer, payload in
                    [.message(Ignore(data: ByteBuffer())), .raw(peer.wire.last ?? []), .payload(payload)]
                }
            ),
            (
                "PK-14", "the next sequence number",
                { _, payload in
                    mode == .aes128GCM || mode == .aes256GCM ? [.afterLost(payload)] : [.sequenced(payload, offset: 1)]
                }
            ),
            (
                "PK-14", "the sequence number before",
                { peer, payload in
                    mode == .aes128GCM || mode == .aes256GCM
                        ? [.raw(peer.wire.last ?? [])] : [.sequenced(payload, offset: -1)]
                }
            ),
        ]
        return lies.map { id, stimulus, lie in
            HostileRow(
                id, "\(mode): \(stimulus)", .failsAnyhow([.integrity, .packet, .timeout]),
                prepare: Self.lie(mode, lie)
            ).acting(.waits(Limits.authenticationReply)) { if !$0.record.isOver { $0.passDeadline() } }.expecting {
                !$0.record.isLoggedIn
            }
        }
    }
}
