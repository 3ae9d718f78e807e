import Foundation
import TestSupport
import Testing

/// What the escapes do in a real session, and what runs without one.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct EscapeSessionTests {
    @Test("TM-06 ~I, ~#, ~v, ~V and ~R tell or do what they are for, and nothing of them reaches the server")
    func tellingEscapes() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat; echo end")
        try terminal.write("~I")
        try await terminal.read(until: "new keys:     0 times")
        try terminal.write("~#")
        try await terminal.read(until: "The following sessions are open:\r\n  #0 command: ")
        try terminal.write("~v")
        try await terminal.read(until: "~v [LogLevel VERBOSE]")
        try terminal.write("~V~V")
        try await terminal.read(until: "~V [LogLevel ERROR]")
        try terminal.write("~R~I")
        var shown = try await terminal.read(until: "; round trip")
        let end = ContinuousClock.now + .seconds(60)
        while !shown.contains("new keys:     1 times"), .now < end {
            try terminal.write("~I")
            shown = try await terminal.read(until: "; round trip")
        }
        #expect(shown.contains("new keys:     1 times"))
        // Raw as it is, the remote terminal gives back what arrived.
        try terminal.write("through\r")
        shown = try await terminal.read(until: "through\r")
        #expect(!shown.contains("~I~"))
        try terminal.write("~.")
        try await terminal.read(until: "Connection to 127.0.0.1 closed.")
        try await terminal.expectEnd(.status(255))
    }

    @Test("TM-06 ~^Z suspends with the terminal as it was, and the session goes on afterwards")
    func suspend() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        try terminal.write("~\u{1A}")
        try await terminal.waitUntilStopped()
        #expect(try terminal.settings == terminal.initialSettings)
        terminal.send(SIGCONT)
        try await terminal.waitUntilRaw()
        try terminal.write("on\r")
        try await terminal.read(until: "on\r")
        try terminal.write("~.")
        try await terminal.expectEnd(.status(255))
    }

    @Test("TM-06 ~B sends a BREAK; ~C opens a command line only where it is enabled")
    func otherEscapes() async throws {
        let desk = try await Desk()
        let plain = try await desk.sitRaw("cat")
        try plain.write("~B")
        try await plain.read(until: "Sent a BREAK.")
        try plain.write("~C\r")
        try await plain.read(until: "~C\r")
        try plain.write("~.")
        try await plain.expectEnd(.status(255))
        let enabled = try desk.sit(["-t", "-oEnableEscapeCommandline=yes"], Desk.raw + "cat")
        try await enabled.waitUntilRaw()
        try await enabled.read(until: Desk.ready)
        try enabled.write("~C")
        try await enabled.read(until: "port forwarding is not supported")
        try enabled.write("~.")
        try await enabled.expectEnd(.status(255))
    }

    @Test("a server that falls silent is told of; local keys stay alive, and ~. leaves")
    func silence() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        for process in desk.server.sessions { kill(process, SIGSTOP) }
        try terminal.write("typed\r")
        try await terminal.read(until: "no answer from the server for 15 s", within: .seconds(60))
        try terminal.write("~\u{1A}")
        try await terminal.waitUntilStopped()
        terminal.send(SIGCONT)
        try await terminal.waitUntilRaw()
        for process in desk.server.sessions { kill(process, SIGCONT) }
        try await terminal.read(until: "typed\r")
        for process in desk.server.sessions { kill(process, SIGSTOP) }
        try terminal.write("~.")
        try await terminal.expectEnd(.status(255))
        desk.server.stop()
    }

    @Test("-N opens no session, and ends well when it is told to end")
    func withoutSession() async throws {
        let desk = try await Desk()
        for (number, status) in [(SIGTERM, Int32(0)), (SIGINT, 255), (SIGHUP, 255)] {
            let tool = try desk.start(["-v", "-N"])
            try await tool.waitForError("logged in, without a session")
            tool.send(number)
            #expect(try await tool.result().exit == .status(status))
        }
        #expect(!desk.server.log.contains("Starting session"))
    }

    @Test("-f leaves once it is logged in; the command runs on without the terminal, and its output arrives")
    func background() async throws {
        let desk = try await Desk()
        let gate = desk.home.file("gate")
        let terminal = try desk.script(
            "\"$@\"; echo left $?; touch '\(gate)'; cat", ["-f"],
            "echo begun; until [ -e '\(gate)' ]; do sleep 0.05; done; echo behind; touch '\(gate).done'")
        try await terminal.read(until: "left 0")
        try await terminal.read(until: "behind")
        try await poll(for: "the command's end") { access(gate + ".done", F_OK) == 0 ? () : nil }
        terminal.kill()
        let refused = try await desk.run(["-f"])
        #expect(refused.exit == .status(255))
        #expect(refused.errorText == "fairlead: Cannot fork into background without a command to execute.\n")
        // What ends before it is logged in ends as it would have.
        #expect(
            try await desk.run(["-f", "-oPubkeyAuthentication=no", "-oBatchMode=yes"], "true").exit == .status(255))
    }

    @Test("LocalCommand runs once we are logged in, where it is permitted, with our standard output")
    func localCommand() async throws {
        let desk = try await Desk()
        let options = ["-oPermitLocalCommand=yes", "-oLocalCommand=echo started %n %p"]
        let result = try await desk.run(options, "echo remote")
        #expect(result.outputText == "started 127.0.0.1 \(desk.server.port)\nremote\n", "\(result.errorText)")
        #expect(try await desk.run(["-oLocalCommand=echo started"], "echo remote").outputText == "remote\n")
    }

    @Test("the terminal goes by the name of --term, of SetEnv TERM, and else by its own")
    func terminalName() async throws {
        let desk = try await Desk()
        for (options, name) in [(["--term", "vt100"], "vt100"), (["-oSetEnv=TERM=vt220"], "vt220"), ([], "xterm")] {
            let terminal = try desk.sit(["-t"] + options, "echo \"<$TERM>\"")
            try await terminal.read(until: "<\(name)>")
            try await terminal.expectEnd(.status(0))
        }
    }
}
