import Fairlead
import SSHConfig

/// The program that puts questions where there is no terminal, or where the user wants it so (ssh(1), ENVIRONMENT).
struct Askpass: Sendable {
    /// OpenSSH's longest answer; a program that says more says nothing.
    private static let answerByteCount = 1023
    private static let defaultPath = "/usr/bin/ssh-askpass"

    let path: String
    /// Whether it is asked though there is a terminal.
    let comesFirst: Bool

    /// Nil where it may not be used.
    init?(_ variable: (String) -> String? = PlatformTerminal.variable) {
        let demand = variable("SSH_ASKPASS_REQUIRE")?.lowercased()
        let hasDisplay = variable("DISPLAY") != nil || variable("WAYLAND_DISPLAY") != nil
        guard demand != "never", hasDisplay || demand == "force" else { return nil }
        path = variable("SSH_ASKPASS") ?? Self.defaultPath
        comesFirst = demand == "force" || demand == "prefer"
    }

    /// What the program says, up to its first line end; nil where it refuses.
    ///
    /// It inherits our environment, in which no secret of ours is; `confirm` as a hint makes it a yes or no.
    func ask(_ prompt: String, hint: String? = nil) async throws -> Secret? {
        let environment = hint.map {
            PlatformTerminal.environment.map(\.bytes) + [Array("SSH_ASKPASS_PROMPT=\($0)".utf8)]
        }
        let child = ChildProcess([path, prompt], environment: environment, outputLimit: Self.answerByteCount)
        do {
            let (status, answer) = try await child.runForSecret()
            return status == 0 ? answer : nil
        } catch ChildProcess.Failure.cancelled {
            throw CancellationError()
        } catch {
            Console.say("fairlead: \(path): \(Self.text(error))")
            return nil
        }
    }

    private static func text(_ failure: any Error) -> String {
        switch failure {
        case ChildProcess.Failure.system(let number): PlatformFiles.errorText(number)
        case ChildProcess.Failure.tooLong: "the answer is too long"
        default: "it gave no answer"
        }
    }
}
