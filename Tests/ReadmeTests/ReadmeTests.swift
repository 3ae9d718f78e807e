import Foundation
import TestSupport
import Testing

/// What the README shows is what is run here: a line more or less there, and these tests fail.
@Suite struct ReadmeTests {
    private static let shell = "fairlead user@host"
    private static let command = "fairlead user@host uname -sr"
    private static let input = "fairlead user@host wc -c <notes.txt"
    private static let key = "fairlead -p 2222 -i ~/.ssh/id_ed25519 user@host cat /etc/os-release >release.txt"
    private static let clone = "GIT_SSH_COMMAND=fairlead git clone user@host:/srv/project.git"

    @Test("The README's commands are the ones that the tests here run")
    func everyCommandHasATest() throws {
        #expect(
            try Readme().commands(in: "sh")
                == ["Scripts/try", "Scripts/test", Self.shell, Self.command, Self.input, Self.key, Self.clone])
        #expect(try Readme().blocks.map(\.language) == ["sh", "sh", "swift"])
    }

    @Test("Scripts/try, as the README has it, logs in with the tool of this build")
    func tryCommand() async throws {
        let folder = try TemporaryDirectory()
        let tool = try FairleadTool.path
        let result = try await RunningProcess.run("sh", ["-c", "Scripts/try"]) {
            $0.environment = plainEnvironment(
                home: folder.path, ["FAIRLEAD_TOOL": tool, "TMPDIR": folder.path])
            $0.directory = Readme.root
        }
        #expect(result.outputText.hasPrefix("hello from "), "\(result.errorText)")
        #expect(result.exit == .status(0))
    }

    // It cannot run inside itself.
    @Test("Scripts/test, as the README has it, is a program, and the one that CI runs")
    func testCommand() throws {
        #expect(access(Readme.root + "/Scripts/test", X_OK) == 0)
        let lines = try String(contentsOfFile: Readme.root + "/.ci/run", encoding: .utf8).components(separatedBy: "\n")
        #expect(lines.contains("exec Scripts/test"))
        #expect(access(Readme.root + "/.ci/run", X_OK) == 0)
    }

    @Test("The README's first line of the tool is a shell")
    func shellCommand() async throws {
        let result = try await ReaderHome().run(Self.shell, input: "echo $((40+2))-in; exit 3\n")
        #expect(result.outputText.contains("42-in\n"), "\(result.errorText)")
        #expect(result.exit == .status(3))
    }

    @Test("The README's command runs on the server")
    func remoteCommand() async throws {
        let result = try await ReaderHome().run(Self.command)
        #expect(result.outputText == (try await kernelOfThisMachine()), "\(result.errorText)")
        #expect(result.exit == .status(0))
    }

    @Test("The README's command with standard input gets it")
    func standardInput() async throws {
        let result = try await ReaderHome().run(Self.input)
        #expect(result.outputText.trimmingCharacters(in: .whitespacesAndNewlines) == "12", "\(result.errorText)")
    }

    @Test("The README's command with a port and a key writes the file")
    func portAndKey() async throws {
        let home = try await ReaderHome()
        let result = try await home.run(Self.key)
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try home.text(of: "release.txt") == String(contentsOfFile: "/etc/os-release", encoding: .utf8))
    }

    @Test("git clones over fairlead, as the README has it", .enabled(if: (try? programPath("git")) != nil))
    func gitClone() async throws {
        let home = try await ReaderHome()
        let git = "git -c user.name=Test -c user.email=test@test.invalid -c init.defaultBranch=main"
        let made = try await home.run(
            """
            set -e
            \(git) init -q work && cp notes.txt work/ && cd work
            \(git) add notes.txt && \(git) commit -q -m first && \(git) clone -q --bare . ../project.git
            """)
        #expect(made.exit == .status(0), "\(made.errorText)")
        let result = try await home.run(Self.clone, replacing: ["/srv/project.git": "\(home.path)/project.git"])
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try home.text(of: "project/notes.txt") == "twelve bytes")
    }

    @Test("The README's Swift is the file that is compiled here, byte for byte, and works")
    func snippet() async throws {
        let blocks = try Readme().blocks.filter { $0.language == "swift" }
        let source = try String(contentsOfFile: Readme.root + "/Tests/ReadmeTests/Snippet.swift", encoding: .utf8)
        #expect(blocks.map { $0.lines.joined(separator: "\n") + "\n" } == [source])

        let home = try await ReaderHome()
        let said = try await kernel(
            of: home.server.host, port: home.server.port, user: home.server.user, home: home.path)
        #expect(said == (try await kernelOfThisMachine()))
    }

    private func kernelOfThisMachine() async throws -> String {
        try await RunningProcess.runSuccessfully("uname", ["-sr"]).outputText
    }
}
