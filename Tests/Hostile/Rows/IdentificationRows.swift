import NIOCore
import PeerSupport
import SSHCore
import SSHWire

/// hostile.md §1.
package enum IdentificationRows {
    /// An identification of that many bytes, CR LF included.
    private static func line(byteCount: Int) -> [UInt8] {
        let head = Array("SSH-2.0-".utf8)
        return head + [UInt8](repeating: UInt8(ascii: "x"), count: byteCount - head.count - 2)
    }

    private static func identification(_ text: [UInt8], ending: String = "\r\n") -> Prepare {
        { configuration, _ in
            configuration.identification = text
            configuration.lineEnd = Array(ending.utf8)
        }
    }

    private static func preamble(_ bytes: [UInt8]) -> Prepare {
        { configuration, _ in configuration.preamble = bytes }
    }

    /// Only these bytes, and then nothing.
    private static func only(_ bytes: [UInt8]) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, _ in step == .identification && !bytes.isEmpty ? [.raw(bytes)] : [] }
        }
    }

    private static func lines(_ count: Int, byteCount: Int, ending: String = "\r\n") -> [UInt8] {
        let line = [UInt8](repeating: UInt8(ascii: "-"), count: byteCount - ending.utf8.count) + Array(ending.utf8)
        return Array([[UInt8]](repeating: line, count: count).joined())
    }

    /// So many bytes on the wire, every terminator among them: 256 KiB are borne, and not a byte more.
    private static func total(_ what: String, _ lines: [UInt8]...) -> HostileRow {
        let bytes = Array(lines.joined())
        let isBorne = bytes.count <= 256 * 1024
        return HostileRow(
            "ID-11", "\(bytes.count) bytes: \(what)", isBorne ? .works : .fails([.precedingTotal], nil),
            prepare: preamble(bytes))
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SplitMix(state: 23)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    private static let hostileLine = Array("\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}text\r\n".utf8)

    package static let rows: [HostileRow] = lengths + odd + preceding + other

    private static let lengths = [
        HostileRow("ID-01", "255 bytes", .works, prepare: identification(line(byteCount: 255)))
            .expecting { !$0.record.notes.contains(.longIdentification) },
        HostileRow("ID-02", "256 bytes", .works, prepare: identification(line(byteCount: 256))),
        HostileRow("ID-02", "8,192 bytes", .works, prepare: identification(line(byteCount: 8192)))
            .expecting { $0.record.notes.contains(.longIdentification) },
        HostileRow(
            "ID-03", "8,193 bytes without an end", .fails([.lineTooLong], nil),
            prepare: only(Array(line(byteCount: 8195)))),
    ]

    private static let odd =
        [
            HostileRow(
                "ID-04", "a NUL", .fails([.malformedIdentification], nil),
                prepare: identification(Array("SSH-2.0-a\0b".utf8))),
            HostileRow(
                "ID-05", "a CR in the middle", .fails([.malformedIdentification], nil),
                prepare: identification(Array("SSH-2.0-abc\rX".utf8))),
            HostileRow(
                "ID-06", "a bare LF", .works, prepare: identification(Array("SSH-2.0-Peer".utf8), ending: "\n")),
            HostileRow("ID-14", "version 1.99", .works, prepare: identification(Array("SSH-1.99-Peer".utf8))),
            HostileRow(
                "ID-16", "bytes beyond ASCII and a tab", .works,
                prepare: identification(Array("SSH-2.0-".utf8) + [0x80, 0xFF, 0x09, 0xE2, 0x80, 0xAE])
            ).expecting { isHarmless(PeerText.line($0.record.identification)) },
        ]
        + ["SSH-1.5-x", "SSH-3.0-x", "SSH-2.1-x", "SSH-2.0"].map { text in
            HostileRow("ID-13", text, .fails([.version], nil), prepare: identification(Array(text.utf8)))
        } + [
            HostileRow(
                "ID-13", "SSH-2.0- and nothing", .fails([.malformedIdentification], nil),
                prepare: identification(Array("SSH-2.0-".utf8)))
        ]

    private static let preceding = [
        HostileRow("ID-07", "empty lines first", .works, prepare: preamble(Array("\n\r\n".utf8))),
        HostileRow("ID-07", "CR CR LF first", .works, prepare: preamble(Array("\r\r\n".utf8))),
        HostileRow("ID-07", "CR LF CR CR LF LF first", .works, prepare: preamble(Array("\r\n\r\r\n\n".utf8))),
        // A CR ends no line: this one begins with it, and is no identification.
        HostileRow("ID-07", "a CR first", .fails([.notSSH], nil), prepare: only(Array("\rSSH-2.0-Peer\r\n".utf8)))
            .acting(.closes) { $0.close() },
        HostileRow("ID-07", "nothing but a CR", .fails([.notSSH, .closed], nil), prepare: only([0x0D]))
            .acting(.closes) { $0.close() },
        HostileRow("ID-08", "1,023 lines first", .works, prepare: preamble(lines(1023, byteCount: 3))),
        HostileRow(
            "ID-09", "1,024 lines first", .fails([.precedingLines], nil), prepare: preamble(lines(1024, byteCount: 3))),
        HostileRow(
            "ID-10", "a line of 8,193 bytes", .fails([.precedingLine], nil),
            prepare: only([UInt8](repeating: 0x2D, count: 8193))),
        total("32 lines", lines(32, byteCount: 8192)),
        total("31 lines and one longer by a byte", lines(31, byteCount: 8192), lines(1, byteCount: 8193)),
        total("1,000 lines and a rest", lines(1000, byteCount: 262), lines(1, byteCount: 144)),
        total("1,000 lines and a rest longer by a byte", lines(1000, byteCount: 262), lines(1, byteCount: 145)),
        total("1,000 lines of 264 bytes", lines(1000, byteCount: 264)),
        total(
            "1,000 lines that end in a bare LF and a rest", lines(1000, byteCount: 262, ending: "\n"),
            lines(1, byteCount: 144, ending: "\n")),
        total(
            "1,000 lines that end in a bare LF and a rest longer by a byte",
            lines(1000, byteCount: 262, ending: "\n"), lines(1, byteCount: 145, ending: "\n")),
        HostileRow("ID-12", "terminal controls in a line, then a login", .works, prepare: preamble(hostileLine)),
        HostileRow("ID-12", "terminal controls, then the end", .fails([.notSSH], nil), prepare: only(hostileLine))
            .acting(.closes) { $0.close() },
        HostileRow("ID-15", "lower case first", .works, prepare: preamble(Array("ssh-2.0-x\r\n".utf8))),
        HostileRow("ID-15", "a blank first", .works, prepare: preamble(Array(" SSH-2.0-x\r\n".utf8))),
    ]

    private static let other = [
        HostileRow(
            "ID-17", "a web server's answer", .fails([.notSSH], nil),
            prepare: only(Array("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n".utf8))
        ).acting(.closes) { $0.close() }.expecting {
            $0.record.errors == [.identification(.notSSH, firstLine: Array("HTTP/1.1 400 Bad Request".utf8))]
        },
        HostileRow("ID-18", "the end before any byte", .fails([.closed], nil), prepare: only([])).acting(.closes) {
            $0.close()
        },
        HostileRow("ID-19", "silence", .fails([.timeout], nil), prepare: only([])).acting(.waits(Limits.handshake)) {
            conversation in
            conversation.advance(by: Limits.handshake - .milliseconds(1))
            guard !conversation.record.isOver else { return }
            conversation.advance(by: .milliseconds(1))
        }.expecting {
            $0.record.errors == [.timeout(.identification)] && $0.clock.now.sinceStart == Limits.handshake
        },
        HostileRow("ID-20", "a byte each half second", .fails([.timeout], nil), prepare: only([])).acting(
            .drips(Limits.handshake)
        ) { drip($0) }
        .expecting { $0.clock.now.sinceStart == Limits.handshake },
        HostileRow("ID-21", "a second identification", .fails([.packet], .protocolError)) { configuration, _ in
            configuration.hook = { _, step, payload in
                step == .identification ? [.payload(payload), .raw(Array(payload.readableBytesView))] : []
            }
        },
        HostileRow("ID-22", "identification and KEXINIT in one piece", .works) { configuration, _ in
            configuration.hook = { _, _, payload in [.payload(payload)] }
        },
        HostileRow(
            "ID-23", "TLS", .fails([.notSSH], nil),
            prepare: only([0x16, 3, 3, 0, 0x31, 2, 0, 0, 0x2D, 3, 3] + [UInt8](repeating: 0x41, count: 40))
        ).acting(.closes) { $0.close() },
        HostileRow(
            "ID-23", "telnet", .fails([.notSSH], nil), prepare: only([0xFF, 0xFD, 0x18, 0xFF, 0xFD, 0x20] + [0x6C])
        ).acting(.closes) { $0.close() },
        HostileRow(
            "ID-23", "random bytes", .fails([.notSSH, .precedingLine, .precedingLines, .precedingTotal], nil),
            prepare: only(randomBytes(1 << 20))
        ).acting(.closes) { $0.close() },
        HostileRow("ID-24", "everything comes back", .fails([.unexpected, .packet], .protocolError)) {
            configuration, script in
            try only([])(&configuration, &script)
            // The peer understands what the mirror negotiated, or it would not read our last words.
            configuration.keyExchangeNames = NameList(
                script.configuration.algorithms.keyExchanges.map { Name($0.rawValue) })
        }.acting(.reflects) { reflect($0) },
    ]

    private static func drip(_ conversation: Conversation) {
        for _ in 0..<100 where !conversation.record.isOver {
            conversation.inject(.raw([0x2D]))
            conversation.advance(by: .milliseconds(500))
        }
    }

    private static func reflect(_ conversation: Conversation) {
        var offset = 0
        for _ in 0..<100 where !conversation.record.isOver {
            let bytes = conversation.record.clientBytes
            let piece = Array(bytes[offset...])
            offset = bytes.count
            conversation.inject(.raw(piece))
        }
    }
}
