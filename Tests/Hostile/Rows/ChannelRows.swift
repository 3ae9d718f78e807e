import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §9 and §10, as far as sessions go.
package enum ChannelRows {
    package static let rows: [HostileRow] = opening + refusals + data + windows + ends + requests + global

    /// A program of these payloads, then an honest end.
    private static func program(
        echoes: Bool = true, _ payloads: @escaping @Sendable (ChannelID) -> [ByteBuffer]
    ) -> Prepare {
        { configuration, _ in
            configuration.program = { command in
                let client = ChannelID(rawValue: 0)
                let lies = payloads(client).map { payload in ProgramStep.payload { _ in payload } }
                return lies + (echoes ? [.output(command)] : []) + [.exitStatus(0), .endOfOutput, .close]
            }
        }
    }

    private static func instead(_ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in step == .channelReply ? [.payload(payload)] : [.payload(own)] }
        }
    }

    private static func broken(_ id: String, _ what: String, _ prepare: @escaping Prepare) -> HostileRow {
        HostileRow(id, what, .fails([.channel], .protocolError), prepare: prepare)
    }

    private static func confirmation(
        _ recipient: UInt32, window: UInt32 = 1 << 20, packet: UInt32 = 32768
    ) -> ByteBuffer {
        ChannelOpenConfirmation(
            recipient: ChannelID(rawValue: recipient), sender: ChannelID(rawValue: ScriptedPeer.firstChannelNumber),
            windowSize: window, maximumPacketSize: packet
        ).payload
    }

    private static func bytes(_ id: ChannelID, _ count: Int) -> ByteBuffer {
        ChannelData(recipient: id, data: ByteBuffer(repeating: 1, count: count)).payload
    }

    private static func errorBytes(_ id: ChannelID, _ type: UInt32, _ count: Int) -> ByteBuffer {
        ChannelExtendedData(recipient: id, type: type, data: ByteBuffer(repeating: 1, count: count)).payload
    }

    private static let stranger = ChannelID(rawValue: 4711)

    private static func refusal(_ reason: UInt32, byteCount: Int) -> ByteBuffer {
        var payload = ByteBuffer(bytes: [92, 0, 0, 0, 0] + bigEndian(reason))
        payload.writeString(hostileText(byteCount))
        payload.writeString(utf8: "en")
        return payload
    }

    private static func hostileText(_ byteCount: Int) -> [UInt8] {
        Array("\u{1B}]0;x\u{7}\u{9B}31m\u{202E}".utf8) + [UInt8](repeating: 0x9B, count: byteCount)
    }

    /// Those of RFC 4254 §5.1, what is none, and what is private, the last with as much text as a packet holds.
    private static let refusals: [HostileRow] = [0, 1, 2, 3, 4, 5, 0xFE00_0000, UInt32.max].flatMap { reason in
        let byteCount = reason == .max ? 0x3FF00 : 10
        return [
            HostileRow(
                "CH-03", "refused for reason \(reason) with hostile words", .failsAnyhow([.closed]),
                prepare: instead(refusal(reason, byteCount: byteCount))
            ).acting(.closes) { $0.close() }.expecting {
                $0.record.refusals == [hostileText(byteCount)] && $0.record.refusalReasons == [reason]
            },
            broken(
                "CH-03", "refused for reason \(reason) after it was opened",
                program { _ in [refusal(reason, byteCount: 10)] }),
        ]
    }

    private static let opening: [HostileRow] = [
        broken("CH-01", "confirmed, but no channel of ours", instead(confirmation(4711))),
        broken("CH-01", "confirmed twice", program { _ in [confirmation(0)] }),
        broken("CH-02", "packets of 8 bytes at most", instead(confirmation(0, packet: 8))),
        HostileRow("CH-02", "a window of 0 that grows, packets of 9 bytes", .works) { configuration, _ in
            configuration.channelWindow = 0
            configuration.channelPacket = 9
        },
        HostileRow("CH-23", "the greatest numbers", .works) { configuration, _ in
            configuration.channelWindow = .max
            configuration.channelPacket = .max
        },
    ]

    private static let data: [HostileRow] = [
        broken("CH-05", "data for a stranger", program { _ in [bytes(stranger, 1)] }),
        broken("CH-05", "data before the confirmation", instead(bytes(ChannelID(rawValue: 0), 1))),
        HostileRow(
            "CH-06", "a packet over our maximum that fits the window", .failsAnyhow([.closed]),
            prepare: program { id in
                [bytes(id, 100_000)]
            }
        ).acting(.closes) { $0.close() }.expecting {
            $0.record.output.values.first?.count == 100_000 + HostileRow.command.count
        }.serving(.ends(0, leading: 100_000)),
        HostileRow(
            "CH-10", "data and a second end after the end", .works,
            prepare: { configuration, _ in
                configuration.program = { command in
                    [.output(command), .endOfOutput, .payload { bytes($0, 10) }, .endOfOutput, .exitStatus(0), .close]
                }
            }
        ).expecting { $0.record.ended.count == 1 && $0.record.notes.contains(.dataAfterEOF) },
        broken(
            "CH-10", "error output after the end",
            { configuration, _ in
                configuration.program = { _ in [.endOfOutput, .payload { errorBytes($0, 1, 1) }] }
            }),
        HostileRow(
            "CH-13", "a stream of a kind that nobody knows", .works,
            prepare: program { id in
                [0, 2, UInt32.max].map { errorBytes(id, $0, 1000) }
            }
        ).expecting { $0.record.errorOutput.isEmpty },
        HostileRow(
            "CH-14", "a thousand times no data", .works,
            prepare: program { id in
                Array(repeating: bytes(id, 0), count: 1000)
            }
        ).expecting { $0.record.dataEventCount == 1 },
    ]

    /// Nobody consumes: the window is what it was at first.
    private static func unread(_ pieces: [Int]) -> Prepare {
        { configuration, script in
            script.consumes = false
            configuration.program = { _ in pieces.map { count in .payload { bytes($0, count) } } }
        }
    }

    private static let fullWindow = Array(repeating: 32 * 1024, count: 64)

    private static let windows: [HostileRow] = [
        HostileRow(
            "CH-07", "the whole window and a tenth", .failsAnyhow([.closed]),
            prepare: unread(fullWindow + Array(repeating: 20_971, count: 10))
        ).acting(.closes) { $0.close() }.expecting {
            $0.record.output.values.first?.count == 64 * 32 * 1024 + 209_710
        },
        broken(
            "CH-07", "the whole window, a tenth and a byte more",
            unread(fullWindow + Array(repeating: 20_971, count: 10) + [7])),
        broken(
            "CH-08", "a window past 2^32",
            program { id in
                [ChannelWindowAdjust(recipient: id, byteCount: .max).payload]
            }),
        HostileRow(
            "CH-08", "a window that grows by nothing, and a thousand times by one", .works,
            prepare: program { id in
                [ChannelWindowAdjust(recipient: id, byteCount: 0).payload]
                    + Array(repeating: ChannelWindowAdjust(recipient: id, byteCount: 1).payload, count: 1000)
            }),
        broken(
            "CH-08", "a window for a stranger",
            program { _ in
                [ChannelWindowAdjust(recipient: stranger, byteCount: 1).payload]
            }),
    ]

    private static let ends: [HostileRow] = [
        HostileRow("CH-08", "a window after the close", .works) { configuration, _ in
            configuration.hook = { _, _, own in
                let adjust = ChannelWindowAdjust(recipient: ChannelID(rawValue: 0), byteCount: 1)
                return own.getInteger(at: own.readerIndex, as: UInt8.self) == 97
                    ? [.payload(own), .message(adjust)] : [.payload(own)]
            }
        },
        HostileRow(
            "CH-11", "closed without an end", .works,
            prepare: { configuration, _ in
                configuration.program = { [.output($0), .exitStatus(0), .close] }
            }
        ).expecting { $0.record.closed.count == 1 && $0.record.ended.isEmpty },
        broken("CH-11", "closed before it was open", instead(ChannelClose(recipient: ChannelID(rawValue: 0)).payload)),
        broken(
            "CH-11", "closed twice",
            program(echoes: false) { id in
                [ChannelClose(recipient: id).payload, ChannelClose(recipient: id).payload]
            }),
        broken(
            "CH-11", "data after the close",
            program(echoes: false) { id in
                [ChannelClose(recipient: id).payload, bytes(id, 1)]
            }),
        HostileRow(
            "CH-17", "closed without a status", .works,
            prepare: { configuration, _ in
                configuration.program = { [.output($0), .close] }
            }
        ).expecting { $0.record.exits.isEmpty }.serving(.ends(nil, leading: 0)),
    ]

    private static func request(_ id: ChannelID, _ name: Name, _ details: [UInt8] = [], wantsReply: Bool = true)
        -> ByteBuffer
    {
        ChannelRequest(recipient: id, name: name, wantsReply: wantsReply, details: ByteBuffer(bytes: details)).payload
    }

    private static let requests: [HostileRow] = [
        HostileRow(
            "CH-15", "exit-status cut short", .fails([.malformed], .protocolError),
            prepare: program { id in
                [request(id, "exit-status", [0, 0])]
            }),
        HostileRow(
            "CH-15", "exit-status twice, the first counts", .works,
            prepare: program { id in
                [request(id, "exit-status", [0, 0, 0, 7])]
            }
        ).expecting { $0.record.exits == [.status(7)] && $0.peer.messages(ChannelFailure.self).count == 1 }.serving(
            .ends(7, leading: 0)),
        HostileRow(
            "CH-16", "exit-signal with a name of 1,000 bytes", .works,
            prepare: { configuration, _ in
                configuration.program = { command in
                    [
                        .output(command), .exitSignal(name: [UInt8](repeating: 0x1B, count: 1000), message: [0x9B]),
                        .close,
                    ]
                }
            }
        ).expecting {
            $0.record.exits
                == [.signal(name: [UInt8](repeating: 0x1B, count: 64), dumpedCore: false, message: [0x9B])]
        }.serving(.ends(nil, leading: 0)),
        HostileRow(
            "CH-18", "a thousand unknown requests", .works,
            prepare: program { id in
                Array(repeating: request(id, "nonsense"), count: 1000)
            }
        ).expecting { $0.peer.messages(ChannelFailure.self).count == 1000 },
        HostileRow(
            "CH-19", "answers that nobody asked for", .works,
            prepare: program { id in
                [ChannelSuccess(recipient: id).payload, ChannelFailure(recipient: id).payload]
            }
        ).expecting { $0.record.replies == [true] },
        broken("CH-19", "an answer for a stranger", program { _ in [ChannelSuccess(recipient: stranger).payload] }),
        HostileRow(
            "CH-20", "requests that only a client may make", .works,
            prepare: program { id in
                let names: [Name] = [
                    "pty-req", "shell", "exec", "env", "subsystem", "signal", "window-change",
                    "auth-agent-req@openssh.com", "xon-xoff", "eow@openssh.com", "keepalive@openssh.com",
                ]
                return names.map { request(id, $0) }
            }
        ).expecting { $0.peer.messages(ChannelFailure.self).count == 11 },
    ]

    private static func open(_ type: Name) -> ByteBuffer {
        ChannelOpen(type: type, sender: ChannelID(rawValue: .max), windowSize: 1, maximumPacketSize: 1).payload
    }

    private static let global: [HostileRow] = [
        HostileRow(
            "GR-01", "unknown requests with and without a wish for an answer", .works,
            prepare: program { _ in
                [
                    GlobalRequest(name: "odd\u{1B}", wantsReply: true).payload,
                    GlobalRequest(name: "odd", wantsReply: false).payload,
                ]
            }
        ).expecting { $0.peer.messages(RequestFailure.self).count == 1 },
        HostileRow(
            "GR-03", "a thousand answers that nobody asked for", .works,
            prepare: program { _ in
                Array(repeating: [ByteBuffer(bytes: [81]), ByteBuffer(bytes: [82])], count: 500).flatMap { $0 }
            }),
        HostileRow(
            "GR-07", "forwards that the server asks for", .works,
            prepare: program { _ in
                ["no-more-sessions@openssh.com", "tcpip-forward", "streamlocal-forward@openssh.com"].map {
                    GlobalRequest(name: $0, wantsReply: true).payload
                }
            }
        ).expecting { $0.peer.messages(RequestFailure.self).count == 3 },
        HostileRow(
            "FW-03", "channels that nobody asked for", .works,
            prepare: program { _ in
                [
                    "forwarded-tcpip", "forwarded-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "session",
                    "direct-tcpip", "tun@openssh.com",
                ].map { open($0) }
            }
        ).expecting {
            let answers = $0.peer.messages(ChannelOpenFailure.self)
            return answers.count == 7 && answers.allSatisfy { $0.reason == 1 && $0.recipient.rawValue == .max }
        },
    ]
}
