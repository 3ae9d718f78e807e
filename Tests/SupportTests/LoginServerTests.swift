import TestSupport
import Testing

/// The servers that ask for more than one key or password, with the system's `ssh` before them.
@Suite struct LoginServerTests {
    private func ssh(
        _ options: [String], _ arguments: [String], _ destination: String, answers: [String]
    ) async throws -> (result: RunningProcess.Result, askpass: Askpass) {
        let askpass = try Askpass(answers)
        let home = try TemporaryDirectory()
        let result = try await RunningProcess.run(
            "ssh", ["-oBatchMode=no"] + options + arguments + [destination, "echo in"]
        ) { $0.environment = plainEnvironment(home: home.path, askpass.environment) }
        return (result, askpass)
    }

    @Test("PAM asks for the password and then for a one-time code", .enabled(if: PAMServer.isPossible))
    func pam() async throws {
        let pam = try await PAMServer()
        for (count, code) in PAMServer.codes.prefix(2).enumerated() {
            let (result, askpass) = try await ssh(
                [], pam.server.clientArguments(), pam.server.destination, answers: [pam.user.password, code])
            #expect(result.outputText == "in\n", "\(count): \(result.errorText)\(pam.server.log)")
            #expect(askpass.asked.count == 2 && askpass.asked.last?.contains("One-time password") == true)
        }
        let (result, _) = try await ssh(
            [], pam.server.clientArguments(), pam.server.destination, answers: [pam.user.password, PAMServer.codes[0]])
        #expect(result.outputText == "", "a code counts once")
    }

    @Test("AsyncSSH asks in rounds, wants steps, and changes passwords")
    func asyncSSH() async throws {
        let server = try await AsyncSSHServer {
            $0.password = "old"
            $0.passwordChange = .init(prompt: "It is old", refused: ["weak"])
            $0.rounds = [
                .init([.init("Token: ", echoes: true), .init("Pin: ")], answers: ["t", "p"], name: "Hello"),
                .init([], answers: [], instruction: "Only words"), .init([.init("Second: ")], answers: ["s"]),
            ]
            $0.steps = [["publickey", "keyboard-interactive"], ["password", "publickey"]]
        }
        let (rounds, _) = try await ssh(
            ["-oPreferredAuthentications=publickey,keyboard-interactive"], server.clientArguments(),
            server.destination, answers: ["t", "p", "s"])
        #expect(rounds.outputText == "in\n" && rounds.errorText.contains("Only words"), "\(rounds.errorText)")
        let (change, askpass) = try await ssh(
            ["-oPreferredAuthentications=password,publickey"], server.clientArguments(), server.destination,
            answers: ["old", "old", "weak", "weak", "old", "better", "better"])
        #expect(change.outputText == "in\n" && askpass.answersLeft == [], "\(change.errorText)\(server.log)")
    }

    @Test("dropbear -t wants a key and a password", .enabled(if: DropbearServer.isPossible))
    func dropbear() async throws {
        let server = try await DropbearServer(["-t"])
        let (result, askpass) = try await ssh(
            [], server.clientArguments(), server.destination, answers: [server.user.password])
        #expect(result.outputText == "in\n" && askpass.asked.count == 1, "\(result.errorText)\(server.log)")
    }
}
