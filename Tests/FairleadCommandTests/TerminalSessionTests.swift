import Foundation
import TestSupport
import Testing

/// Sessions with a remote terminal, used by a person at a local one.
// An sshd without root gives terminals only where the system mounts them for the group tty.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct TerminalSessionTests {
    @Test("a shell takes what is typed, its status is ours, and the end is told")
    func shell() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit()
        try await terminal.waitUntilRaw()
        try terminal.write("echo $((40+2))-in; exit 3\n")
        try await terminal.read(until: "42-in")
        try await terminal.read(until: "Connection to 127.0.0.1 closed.\r\n")
        try await terminal.expectEnd(.status(3))
    }

    @Test("the remote status is ours", arguments: [0, 1, 255])
    func status(code: Int32) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "exit \(code)")
        try await terminal.expectEnd(.status(code))
    }

    @Test("a remote death by signal is 128 and its number, and is told")
    func remoteSignal() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "exec sh -c 'kill -TERM $$'")
        try await terminal.read(until: "SIGTERM")
        try await terminal.expectEnd(.status(143))
    }

    @Test("-t gives a command a terminal where we have one, and -T takes a shell's away")
    func requests() async throws {
        let desk = try await Desk()
        let plain = try desk.sit([], "test -t 0; echo tty $?")
        try await plain.read(until: "tty 1")
        try await plain.expectEnd(.status(0))
        let forced = try desk.sit(["-t"], "test -t 0; echo tty $?")
        try await forced.read(until: "tty 0")
        try await forced.expectEnd(.status(0))
        let refused = try desk.sit(["-T"])
        try refused.write("test -t 0; echo tty $?; exit\n")
        try await refused.read(until: "tty 1")
        try await refused.expectEnd(.status(0))
    }

    @Test("without a local terminal -t gives none and -tt does")
    func requestsWithoutTerminal() async throws {
        let desk = try await Desk()
        #expect(try await desk.run(["-t"], "test -t 0; echo tty $?").outputText == "tty 1\n")
        #expect(try await desk.run(["-tt"], "test -t 0; echo tty $?").outputText == "tty 0\r\n")
    }

    @Test("-n with -tt leaves the local terminal as it is")
    func noInput() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-n", "-tt"], "echo ready; sleep 3600")
        try await terminal.read(until: "ready")
        #expect(try terminal.settings == terminal.initialSettings)
        try terminal.write("\u{3}")
        try await terminal.expectEnd(.status(255))
    }

    @Test("the remote terminal has the local size")
    func size() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "stty size", columns: 101, rows: 37)
        try await terminal.read(until: "37 101\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test(
        "TM-02 a terminal without a size gets a sane one, and the largest arrives",
        arguments: [
            (0, 0, "24 80"), (0, 50, "24 80"), (65535, 65535, "65535 65535"),
        ])
    func strangeSize(columns: Int, rows: Int, shown: String) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "stty size", columns: columns, rows: rows)
        try await terminal.read(until: shown + "\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test("TM-02 where nobody can tell a size, for there is no terminal here, the remote one gets a sane one")
    func noSize() async throws {
        let desk = try await Desk()
        for input in [RunningProcess.Input.none, .bytes([])] {
            let result = try await desk.run(["-tt"], "stty size") { $0.input = input }
            #expect(result.exit == .status(0) && result.outputText.contains("24 80\r\n"), "\(result.errorText)")
        }
    }

    @Test("a new size reaches the remote terminal")
    func resize() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(
            ["-t"], "trap 'stty size' WINCH; stty size; while [ ! -e \(desk.home.file("end")) ]; do sleep 0.05; done")
        try await terminal.read(until: "24 80\r\n")
        try terminal.resize(columns: 132, rows: 43)
        try await terminal.read(until: "43 132\r\n")
        try desk.home.write("", to: "end")
        try await terminal.expectEnd(.status(0))
    }

    @Test("TM-01 of a thousand sizes in a burst the last one arrives")
    func resizes() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(
            ["-t"], "stty size; until [ \"$(stty size)\" = '77 88' ]; do sleep 0.05; done; echo last")
        try await terminal.read(until: "24 80\r\n")
        for number in 0..<1000 { try terminal.resize(columns: 80 + number % 50, rows: 24) }
        try terminal.resize(columns: 88, rows: 77)
        try await terminal.read(until: "last\r\n", within: .seconds(60))
        try await terminal.expectEnd(.status(0))
    }

    @Test("TERM arrives, and what SendEnv names where the server takes it; nothing else does")
    func environment() async throws {
        let desk = try await Desk { $0.lines = ["AcceptEnv LANG LC_*"] }
        for (options, shown) in [(["-oSendEnv=LANG LC_*"], "<C.UTF-8> <POSIX> <>"), ([], "<> <> <>")] {
            let terminal = try desk.sit(
                ["-t"] + options, "echo \"<$TERM> <$LC_TEXT> <$LC_ALL> <$PLANTED>\"",
                environment: ["TERM": "vt220", "LC_TEXT": "C.UTF-8", "LC_ALL": "POSIX", "PLANTED": "x"])
            try await terminal.read(until: "<vt220> " + shown)
            try await terminal.expectEnd(.status(0))
        }
    }

    @Test("the remote terminal has the local one's modes")
    func modes() async throws {
        let desk = try await Desk()
        let terminal = try desk.script(
            "stty erase '^H' intr '^Y' -ixon; \"$@\"; stty sane erase '^?' intr '^C'", ["-t"], "stty -a")
        let shown = try await terminal.read(until: "echoke")
        #expect(shown.contains("erase = ^H"))
        #expect(shown.contains("intr = ^Y"))
        #expect(shown.contains("-ixon"))
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("all 256 byte values that are typed arrive and come back as they are")
    func transparency() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("head -c 1024")
        let all = (0..<1024).map { UInt8($0 % 256) }
        try terminal.write(all)
        #expect(try await terminal.read(until: all) == all)
        try await terminal.expectEnd(.status(0))
    }

    @Test("TM-03 Ctrl-C, Ctrl-\\ and Ctrl-Z are bytes for the server")
    func controls() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("head -c 3 | od -An -tx1")
        try terminal.write("\u{3}\u{1C}\u{1A}")
        try await terminal.read(until: "03 1c 1a")
        try await terminal.expectEnd(.status(0))
    }

    @Test(
        "TM-12 TM-15 F5: a full screen's output passes byte for byte: escapes, invalid UTF-8, and an end in the middle of it"
    )
    func output() async throws {
        let desk = try await Desk()
        var screen: [UInt8] = []
        for number in 0..<20_000 {
            screen += Array(
                "\u{1B}[?1049h\u{1B}[\(number % 24);\(number % 80)H\u{1B}]0;title\u{7}\u{1B}[?2004h\r\n\t".utf8)
            screen += [0x80, 0xFF, UInt8(number % 256), 0xC3, 0x28]
        }
        screen += Array("the end\u{1B}[".utf8)
        try desk.home.write(screen, to: "screen")
        let terminal = try desk.sit(["-t"], "stty -opost; cat \(desk.home.file("screen"))")
        #expect(try await terminal.read(until: Array("the end\u{1B}[".utf8), within: .seconds(60)) == screen)
        try await terminal.expectEnd(.status(0))
    }

    @Test(
        "TM-12 TM-04 a server that is killed in the midst of a full screen: its bytes, the error, and the terminal as it was"
    )
    func abruptEnd() async throws {
        let desk = try await Desk()
        let screen = Array(
            "\u{1B}[?1049h\u{1B}[?1000h\u{1B}[?2004h\u{1B}]0;title\u{7}\u{80}half a sequence\u{1B}[".utf8)
        try desk.home.write(screen, to: "screen")
        let terminal = try desk.sit(["-t"], "stty raw -echo; cat \(desk.home.file("screen")); sleep 3600")
        #expect(try await terminal.read(until: screen) == screen)
        let sessions = desk.server.sessions
        #expect(!sessions.isEmpty)
        for session in sessions { kill(session, SIGKILL) }
        try await terminal.expectEnd(.status(255))
        // Nothing is added to what the server said but the sentence: no reset that nobody asked for.
        let rest = String(decoding: terminal.readAvailable(), as: UTF8.self)
        #expect(rest.contains("fairlead: ") && !rest.contains("\u{1B}"), "\(rest)")
    }

    @Test("output that the command begins with passes byte for byte too", arguments: 0..<10)
    func firstOutput(number: Int) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "stty -opost; printf 'a\\nb\\nend'")
        #expect(try await terminal.read(until: "end") == "a\nb\nend")
        try await terminal.expectEnd(.status(0))
    }

    @Test("TM-14 a paste of ten mebibytes arrives whole, though at first nobody reads it: the window shuts before")
    func paste() async throws {
        let desk = try await Desk()
        let count = 10 << 20
        let terminal = try await desk.sitRaw("sleep 2; head -c \(count) | sha256sum")
        // Of a length that fits no buffer's, so that none looks like the one before.
        let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 7 % 251) | 0x80 }
        var text: [UInt8] = []
        while text.count < count { text += block }
        text.removeLast(text.count - count)
        try desk.home.write(text, to: "paste")
        let sum = try await RunningProcess.runSuccessfully("sha256sum", [desk.home.file("paste")])
        try terminal.write(text)
        try await terminal.read(until: String(sum.outputText.prefix(64)), within: .seconds(180))
        try await terminal.expectEnd(.status(0))
    }

    @Test(
        "TM-13 Ctrl-C overtakes the output of a command that never stops talking: what was on its way is all that comes"
    )
    func interrupt() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "yes")
        var count = 0
        try await poll(for: "64 MiB of output", within: .seconds(300)) {
            count += terminal.readAvailable().count
            return count >= 64 << 20 ? () : nil
        }
        try terminal.write("\u{3}")
        try await terminal.expectEnd(.status(130))
        // The window's 16 MiB, and as much again while the key is on its way; without end if it waited for its turn.
        #expect(terminal.readAvailable().count < 48 << 20)
    }

    @Test("TM-06 ~. ends the connection with 255, and says so")
    func disconnect() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        try terminal.write("\r~.")
        try await terminal.read(until: "Connection to 127.0.0.1 closed.\r\n")
        try await terminal.expectEnd(.status(255))
    }

    @Test("TM-06 ~? lists the escapes and sends nothing, ~~ sends one, and -e none sends all")
    func escapes() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("head -c 3 | od -An -c")
        try terminal.write("~?")
        try await terminal.read(until: "~.   end the connection\r\n")
        try terminal.write("~~x\r")
        try await terminal.read(until: "~   x  \\r")
        try await terminal.expectEnd(.status(0))
        let none = try desk.sit(["-t", "-e", "none"], Desk.raw + "head -c 2")
        try await none.read(until: Desk.ready)
        try none.write("~.")
        try await none.read(until: "~.")
        try await none.expectEnd(.status(0))
    }

    @Test("standard output may be a file while the terminal is used")
    func outputIsFile() async throws {
        let desk = try await Desk()
        let terminal = try desk.script(
            "exec \"$@\" >output", ["-t"], "stty -echo; echo ready; read line; echo \"<$line>\"")
        try await terminal.waitUntilRaw()
        try await poll(for: "the output") { try desk.home.text(of: "output").contains("ready") ? () : nil }
        try terminal.write("typed\r")
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "output") == "ready\r\n<typed>\r\n")
    }
}
