import Foundation
import TestSupport
import Testing

/// Sessions that end, or pause, by something other than the remote command: whatever it is, the terminal is given back.
// An sshd without root gives terminals only where the system mounts them for the group tty.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct SessionEndTests {
    @Test("TM-04 SIGTERM, SIGHUP and SIGINT end a session with 255", arguments: [SIGTERM, SIGHUP, SIGINT])
    func signals(number: Int32) async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        terminal.send(number)
        try await terminal.expectEnd(.status(255))
        try await desk.server.waitForLog("disconnected by user")
    }

    @Test(
        "TM-04 SIGTERM, SIGHUP and SIGINT end a session without a terminal with 255",
        arguments: [
            SIGTERM, SIGHUP, SIGINT,
        ])
    func signalsWithoutTerminal(number: Int32) async throws {
        let desk = try await Desk()
        let process = try desk.start([], "echo up; exec cat") { $0.input = .pipe }
        try await process.waitForOutput("up")
        process.send(number)
        #expect(try await process.result().exit == .status(255))
        try await desk.server.waitForLog("disconnected by user")
    }

    @Test("TM-06 stopped in a session the terminal is as it was; continued it is raw again")
    func stop() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("head -c 4")
        terminal.send(SIGTSTP)
        try await terminal.waitUntilStopped()
        #expect(try terminal.settings == terminal.initialSettings)
        terminal.send(SIGCONT)
        try await terminal.waitUntilRaw()
        try terminal.write("back")
        try await terminal.read(until: "back")
        try await terminal.expectEnd(.status(0))
    }

    @Test(
        "TM-08, G10: a crash in a session restores the terminal, says one fixed line and dies by its signal",
        arguments: [
            SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
        ])
    func crash(number: Int32) async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        kill(try #require(terminal.worker), number)
        try await terminal.expectEnd(.signal(number))
        try await terminal.read(until: "\nfairlead: internal error; the terminal was restored")
        #expect(terminal.pendingOutput.contains { !$0.isNewline } == false)
    }

    @Test("a server that goes away in a session leaves a restored terminal, a sentence and 255")
    func serverGoes() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        desk.server.stop()
        try await terminal.read(until: "fairlead: ")
        try await terminal.expectEnd(.status(255))
    }

    @Test("a server that refuses the terminal leaves a restored one, a sentence and 255")
    func refusedTerminal() async throws {
        let desk = try await Desk { $0.keyOptions = "no-pty" }
        let terminal = try desk.sit(["-t"], "true")
        try await terminal.read(until: "fairlead: ")
        try await terminal.expectEnd(.status(255))
    }

    @Test("TM-11 a terminal that vanishes ends the tool")
    func vanishedTerminal() async throws {
        let desk = try await Desk()
        let words = try [FairleadTool.path] + desk.arguments(["-t"]) + [desk.server.destination]
        try desk.home.write(
            "#!/bin/sh\necho $$ >\(desk.home.file("pid"))\nexec \(words.joined(separator: " ")) 'echo remote; cat'\n",
            to: "run", mode: 0o755)
        var plan = RunningProcess.Plan("socat", ["EXEC:\(desk.home.file("run")),pty,setsid,ctty,stderr", "-"])
        plan.input = .pipe
        plan.environment = plainEnvironment(home: desk.home.path, ["TERM": "xterm"])
        let keeper = try RunningProcess(plan)
        try await keeper.waitForOutput("remote")
        let text = try desk.home.text(of: "pid").trimmingCharacters(in: .newlines)
        let tool = try #require(pid_t(text))
        #expect(ProcessTree.isRunning(tool))
        keeper.send(SIGKILL)
        try await poll(for: "the tool to end", within: .seconds(60)) { ProcessTree.isRunning(tool) ? nil : () }
    }

    @Test(
        "TM-04 SIGTERM, SIGHUP and SIGINT before anything is asked end the tool by that signal",
        arguments: [
            SIGTERM, SIGHUP, SIGINT,
        ])
    func signalsWhileConnecting(number: Int32) async throws {
        let desk = try await Desk()
        let port = try Loopback.freePort()
        let silent = try RunningProcess(
            RunningProcess.Plan("socat", ["-u", "TCP-LISTEN:\(port),bind=127.0.0.1,reuseaddr", "STDOUT"]))
        try await poll(for: "the silent server", within: .seconds(60)) {
            let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
            return table.contains(":\(String(format: "%04X", port)) 00000000:0000 0A") ? () : nil
        }
        let terminal = try desk.sit(["-p", String(port)], "true")
        try await silent.waitForOutput("SSH-2.0-")
        terminal.send(number)
        try await terminal.expectEnd(.signal(number))
    }

    @Test("TM-10 with -n a command runs to its end in the background, and the terminal is left alone")
    func background() async throws {
        let desk = try await Desk()
        let terminal = try desk.script("set -m; \"$@\" & wait $!; echo \"status $?\"", ["-n"], "echo remote; exit 6")
        try await terminal.read(until: "remote\r\n")
        try await terminal.read(until: "status 6\r\n")
        try await terminal.expectEnd(.status(0))
    }
}
