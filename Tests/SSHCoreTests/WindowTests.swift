import NIOCore
import SSHCore
import SSHWire
import Testing

@Suite("Windows, channels and what waits in them")
struct WindowTests {
    @Test("A send window shrinks to zero, never below, and refuses to pass 2^32-1")
    func sendWindow() throws {
        var window = SendWindow(byteCount: 10)
        window.spend(4)
        #expect(window.byteCount == 6)
        window.spend(100)
        #expect(window.byteCount == 0)
        try window.grow(by: .max)
        #expect(throws: ProtocolError.channel(.windowOverflow)) { try window.grow(by: 1) }
        #expect(window.byteCount == .max)
    }

    @Test("A receive window forgives a tenth of overrun, summed, and not a byte more")
    func overrun() throws {
        var window = ReceiveWindow(size: 1000, maximum: 1000)
        try window.receive(1000)
        for _ in 0..<10 { try window.receive(10) }
        #expect(throws: ProtocolError.channel(.windowExceeded)) { try window.receive(1) }
    }

    @Test("Credit comes in large steps, sums up to what was consumed, and never exceeds the maximum")
    func credit() throws {
        var window = ReceiveWindow(size: 400, maximum: 400)
        #expect(window.consume(0, now: start, roundTrip: .zero) == nil)
        try window.receive(300)
        #expect(window.consume(99, now: start, roundTrip: nil) == nil)
        #expect(window.consume(1, now: start, roundTrip: nil) == 100)
        #expect(window.consume(10_000, now: start, roundTrip: nil) == 200)
        try window.receive(400)
        #expect(throws: ProtocolError.channel(.windowExceeded)) { try window.receive(41) }
    }

    @Test("A window of which half is taken within a round trip grows to its maximum, and what is granted is its size")
    func growth() throws {
        var window = ReceiveWindow(size: 400, maximum: 8000)
        var now = start
        try window.receive(400)
        #expect(window.consume(100, now: now, roundTrip: .seconds(1)) == 100)
        now = now + .milliseconds(999)
        // 200 are unread: with what is granted now, that is the size.
        #expect(window.consume(100, now: now, roundTrip: .seconds(1)) == 2900)
        try window.receive(3000)
        #expect(window.consume(1600, now: now, roundTrip: .seconds(1)) == 6400)
        try window.receive(6400)
        #expect(window.consume(4000, now: now, roundTrip: .seconds(1)) == 4000)
        try window.receive(4000)
        // All of it has come; a tenth more is forgiven.
        #expect(throws: ProtocolError.channel(.windowExceeded)) { try window.receive(801) }
    }

    @Test("A window stays as it is where less than half of it is taken in a round trip, or no round trip is known")
    func noGrowth() throws {
        var window = ReceiveWindow(size: 400, maximum: 2000)
        var now = start
        var credit = 0
        for step in 0..<100 {
            try window.receive(90)
            credit += Int(window.consume(90, now: now, roundTrip: step < 50 ? .seconds(1) : nil) ?? 0)
            now = now + (step < 50 ? .milliseconds(501) : .zero)
        }
        #expect(credit <= 9000 && credit > 8900)
    }

    private let start = Instant(sinceStart: .zero)

    @Test("No two channels of the table have one number, nor does one soon get that of another that left")
    func numbers() {
        var table = ChannelTable()
        let deadline = Instant(sinceStart: .seconds(1))
        let ids = (0..<3).map { _ in
            let id = table.nextFreeID()
            table[id] = Channel(id: id, deadline: deadline)
            return id
        }
        #expect(Set(ids).count == 3 && Set(table.ids) == Set(ids))
        table[ids[1]] = nil
        #expect(table[ids[1]] == nil && table[ids[0]]?.id == ids[0])
        #expect(!ids.dropFirst(2).contains(table.nextFreeID()))
        #expect(throws: ProtocolError.channel(.unknown)) { try table.update(ids[1]) { $0.hasExit = true } }
    }

    @Test("The earliest deadline of the channels counts, and passes at its instant")
    func deadlines() {
        var table = ChannelTable()
        #expect(table.deadline == nil)
        for seconds in [3, 1, 2] {
            let id = table.nextFreeID()
            table[id] = Channel(id: id, deadline: Instant(sinceStart: .seconds(seconds)))
        }
        #expect(table.deadline == Instant(sinceStart: .seconds(1)))
        #expect(table.expired(at: Instant(sinceStart: .milliseconds(999))) == nil)
        #expect(table.expired(at: Instant(sinceStart: .seconds(1)))?.id == ChannelID(rawValue: 1))
    }

    @Test("A channel sends no packet larger than both sides allow")
    func packetSize() throws {
        var channel = Channel(id: ChannelID(rawValue: 1), deadline: Instant(sinceStart: .zero))
        #expect(channel.sendableByteCount == 0)
        let confirmation = ChannelOpenConfirmation(
            recipient: ChannelID(rawValue: 1), sender: ChannelID(rawValue: 7), windowSize: 100, maximumPacketSize: 60)
        try channel.confirm(confirmation)
        #expect(channel.sendableByteCount == 60 && channel.deadline == nil)
        channel.spend(60)
        #expect(channel.sendableByteCount == 40)
        channel.hasSentEOF = true
        #expect(channel.sendableByteCount == 0)
        #expect(throws: ProtocolError.channel(.state)) { try channel.confirm(confirmation) }
    }

    @Test("An inbox gives back what came, in order, and gathers small pieces")
    func inbox() {
        var inbox = Inbox()
        #expect(inbox.isEmpty && inbox.take() == nil)
        var expected: [UInt8] = []
        for index in 0..<10_000 {
            expected.append(UInt8(index & 0xFF))
            inbox.append(ByteBuffer(integer: UInt8(index & 0xFF)))
        }
        let large = [UInt8](repeating: 9, count: 20_000)
        inbox.append(ByteBuffer(bytes: large))
        inbox.append(ByteBuffer(string: "end"))
        var pieces: [ByteBuffer] = []
        while let piece = inbox.take() { pieces.append(piece) }
        #expect(pieces.flatMap { Array($0.readableBytesView) } == expected + large + Array("end".utf8))
        #expect(pieces.count <= 5 && inbox.isEmpty)
    }

    @Test("Terminal modes are opcodes with 32-bit arguments, in order, and end with zero")
    func terminalModes() {
        var modes = TerminalModes()
        #expect(Array(modes.encoded.readableBytesView) == [0])
        modes.set(128, 38_400)
        modes.set(1, 3)
        #expect(Array(modes.encoded.readableBytesView) == [128, 0, 0, 0x96, 0, 1, 0, 0, 0, 3, 0])
    }

    @Test("The requests of a session have the fields of RFC 4254 §6")
    func sessionRequests() {
        let size = WindowSize(columns: 80, rows: 24, pixelWidth: 1, pixelHeight: 2)
        let fields: [UInt8] = [0, 0, 0, 80, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 2]
        let cases: [(SessionRequest, Name, Bool, [UInt8])] = [
            (.shell, "shell", true, []),
            (.execute(command: [65]), "exec", true, [0, 0, 0, 1, 65]),
            (.subsystem(name: [66]), "subsystem", true, [0, 0, 0, 1, 66]),
            (.environment(name: [65], value: [66]), "env", false, [0, 0, 0, 1, 65, 0, 0, 0, 1, 66]),
            (.windowChange(size), "window-change", false, fields),
            (.signal(name: [73]), "signal", false, [0, 0, 0, 1, 73]),
            (
                .pseudoTerminal(term: [120], size: size, modes: TerminalModes()), "pty-req", true,
                [0, 0, 0, 1, 120] + fields + [0, 0, 0, 1, 0]
            ),
        ]
        for (request, name, wantsReply, details) in cases {
            #expect(request.name == name && request.wantsReply == wantsReply)
            #expect(Array(request.details.readableBytesView) == details)
        }
    }
}
