import Foundation
import TestSupport
import Testing

/// The tool as a job of an interactive shell: it leaves the terminal alone while another has it.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct JobControlTests {
    /// A shell with job control, in which `$T` begins the tool's command line.
    private func shell(_ desk: Desk, _ options: [String] = []) throws -> PseudoTerminal {
        let words = try [FairleadTool.path] + desk.arguments(options) + [desk.server.destination]
        return try PseudoTerminal(
            "bash", ["--norc", "--noprofile", "-i"],
            environment: plainEnvironment(
                home: desk.home.path, ["TERM": "dumb", "PS1": "P> ", "T": words.joined(separator: " ")]))
    }

    /// Waits until all that the shell has started is stopped.
    private func waitUntilStopped(_ terminal: PseudoTerminal) async throws {
        try await poll(for: "a job that is stopped", within: .seconds(60), soFar: { terminal.pendingOutput }) {
            let states = ProcessTree.descendants(of: terminal.identifier).map { identifier in
                (try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8))?.split(separator: ")").last?
                    .hasPrefix(" T ") == true
            }
            return !states.isEmpty && states.allSatisfy { $0 } ? () : nil
        }
    }

    @Test(
        "TM-10 a session that is started in the background stops before it touches the terminal, and goes on in front")
    func session() async throws {
        let desk = try await Desk()
        let terminal = try shell(desk, ["-t"])
        try await terminal.read(until: "P> ")
        try terminal.write("$T 'echo re''mote; cat' &\r")
        try await waitUntilStopped(terminal)
        #expect(!terminal.pendingOutput.contains("remote"))
        try terminal.write("fg\r")
        try await terminal.read(until: "remote\r\n")
        try await terminal.waitForSettings { !$0.isCanonical && !$0.echoes }
        try terminal.write("~.")
        try await terminal.read(until: "closed.")
        try terminal.write("echo status $?\r")
        try await terminal.read(until: "status 255\r\n")
        terminal.kill()
    }

    @Test("TM-10 a question in the background stops the tool, takes nothing of what is typed, and is asked in front")
    func questions() async throws {
        let desk = try await Desk(password: "pass word")
        for (options, question, answer) in [
            (desk.withPassword, "'s password: ", "pass word"), (desk.asking + desk.withPassword, "])? ", "yes"),
        ] {
            let terminal = try shell(desk, options)
            try await terminal.read(until: "P> ")
            try terminal.write("$T echo re''mote & cat\r")
            try await terminal.read(until: "[1] ")
            try await terminal.waitForSettings { $0.isCanonical }
            try terminal.write("line\r")
            try await terminal.read(until: "line\r\nline\r\n")
            #expect(try terminal.settings.echoes)
            try terminal.write([4])
            try await waitUntilStopped(terminal)
            try terminal.write("fg\r")
            try await terminal.read(until: question)
            if question.contains("password") { try await terminal.waitForSettings { !$0.echoes } }
            // As a shell may leave the terminal: a return is not made a line feed.
            try terminal.write(answer + "\r")
            if answer == "yes" {
                try await terminal.read(until: "'s password: ")
                try await terminal.waitForSettings { !$0.echoes }
                try terminal.write("pass word\r")
            }
            try await terminal.read(until: "remote\r\n")
            terminal.kill()
        }
    }

    @Test("TM-10 where nobody could bring it to the front, a question is not asked, and the terminal is left alone")
    func orphan() async throws {
        let desk = try await Desk(password: "pass word")
        for options in [desk.withPassword, desk.asking] {
            let gate = desk.home.file("gate")
            let terminal = try shell(desk, options)
            try await terminal.read(until: "P> ")
            try terminal.write("( ( sleep 0.2; $T true; echo $? >'\(gate)' ) & ); cat\r")
            let status = try await poll(for: "the tool's end", soFar: { terminal.pendingOutput }) {
                (try? String(contentsOfFile: gate, encoding: .utf8)).flatMap { $0.isEmpty ? nil : $0 }
            }
            #expect(status == "255\n")
            #expect(try terminal.settings.echoes && terminal.settings.isCanonical)
            try terminal.write("line\r")
            try await terminal.read(until: "line\r\nline\r\n")
            try FileManager.default.removeItem(atPath: gate)
            terminal.kill()
        }
    }

    @Test("TM-05 an open question that is stopped and sent to the background waits there, and is asked again in front")
    func questionInBackground() async throws {
        let desk = try await Desk()
        let terminal = try shell(desk, desk.asking)
        try await terminal.read(until: "P> ")
        try terminal.write("$T echo re''mote\r")
        try await terminal.read(until: "])? ")
        try terminal.write([26])
        try await waitUntilStopped(terminal)
        try terminal.write("bg\r")
        try await terminal.read(until: "&\r\n")
        try await waitUntilStopped(terminal)
        #expect(!terminal.pendingOutput.contains("])? "))
        try terminal.write("fg\r")
        try await terminal.read(until: "])? ")
        try terminal.write("yes\r")
        try await terminal.read(until: "remote\r\n")
        terminal.kill()
    }

    @Test("TM-05 a job that is stopped at a question ends when its shell ends it")
    func ended() async throws {
        let desk = try await Desk(password: "pass word")
        let terminal = try shell(desk, desk.withPassword)
        try await terminal.read(until: "P> ")
        try terminal.write("$T true\r")
        try await terminal.read(until: "'s password: ")
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write([26])
        try await waitUntilStopped(terminal)
        try terminal.write("kill %1\r")
        try await poll(for: "the job's end", within: .seconds(60), soFar: { terminal.pendingOutput }) {
            ProcessTree.descendants(of: terminal.identifier).isEmpty ? () : nil
        }
        terminal.kill()
    }

    @Test("the tool leaves its place though whoever started it had SIGUSR1 ignored")
    func ignoredMessage() async throws {
        let desk = try await Desk()
        let gate = desk.home.file("gate")
        let terminal = try desk.script(
            "trap '' USR1; \"$@\"; echo left $?; touch '\(gate)'; cat", ["-f"],
            "until [ -e '\(gate)' ]; do sleep 0.05; done; echo behind")
        try await terminal.read(until: "left 0")
        try await terminal.read(until: "behind")
        terminal.kill()
    }
}
