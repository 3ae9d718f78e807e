import Fairlead
import Foundation
import Synchronization
import TestSupport
import Testing

/// Who gets in, with what, and after how many tries.
@Suite(.fewAtOnce) struct LoginTests {
    private final class Asked: Sendable {
        private let questions = Mutex<[Credential.PasswordQuestion]>([])

        var attempts: [Int] { questions.withLock { $0.map(\.attempt) } }
        var users: Set<String> { Set(questions.withLock { $0.map(\.user) }) }

        /// Answers with the words in their order, and then gives up.
        func responder(_ answers: [String]) -> Responder {
            Responder(password: { question in
                let count = self.questions.withLock { questions in
                    questions.append(question)
                    return questions.count
                }
                return count <= answers.count ? Secret(copying: answers[count - 1].utf8) : nil
            })
        }
    }

    @Test("a password lets in, at the third try too", .enabled(if: ThrowawayUser.isPossible), arguments: 1...3)
    func password(attempt: Int) async throws {
        let user = try await ThrowawayUser.create(password: "right words")
        let server = try await OpenSSHServer { $0.user = user }
        let asked = Asked()
        var configuration = server.configuration()
        let wrong = Array(repeating: "wrong words", count: attempt - 1)
        configuration.credentials = [.password()]
        configuration.responder = asked.responder(wrong + ["right words"])
        let (info, name) = try await withSSHConnection(configuration) { connection in
            (await connection.info, try await connection.run("id -un").output.text)
        }
        #expect(info.authenticationMethod == "password")
        #expect(name == user.name + "\n")
        #expect(asked.attempts == Array(1...attempt))
        #expect(asked.users == [user.name])
    }

    @Test("three wrong passwords are denied, and nobody is asked again", .enabled(if: ThrowawayUser.isPossible))
    func wrongPasswords() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let asked = Asked()
        var configuration = server.configuration()
        configuration.credentials = [.password()]
        configuration.responder = asked.responder(["one", "two", "three", "four"])
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .authentication)
        #expect(error?.kind == .denied)
        #expect(asked.attempts == [1, 2, 3])
    }

    @Test("dropbear takes a password", .enabled(if: DropbearServer.isPossible))
    func dropbearPassword() async throws {
        let server = try await DropbearServer()
        var configuration = server.configuration()
        configuration.credentials = [.password(Secret(copying: server.user.password.utf8))]
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.authenticationMethod == "password")
    }

    @Test(
        "where the server wants a key and a password, both are given", .enabled(if: ThrowawayUser.isPossible),
        arguments: ["publickey,password", "password,publickey"])
    func partialSuccess(methods: String) async throws {
        let user = try await ThrowawayUser.create(password: "right words")
        let server = try await OpenSSHServer {
            $0.user = user
            $0.lines = ["AuthenticationMethods \(methods)"]
        }
        let asked = Asked()
        var configuration = server.configuration()
        configuration.credentials.append(.password())
        configuration.responder = asked.responder(["right words"])
        let name = try await withSSHConnection(configuration) { try await $0.run("id -un").output.text }
        #expect(name == user.name + "\n")
        #expect(asked.attempts == [1])
        try await server.waitForLog("Partial publickey for".replacing("publickey", with: methods.prefix { $0 != "," }))
        configuration.credentials.removeLast()
        let error = await connectionFailure(configuration)
        #expect(error?.kind == .denied)
    }

    @Test("keys are tried in their order until one is taken")
    func secondKey() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.authorizedKeys = [.ecdsa] }
        var configuration = server.configuration()
        configuration.credentials = [KeyKind.ed25519, .rsa, .ecdsa].map { .keyFile(server.files.keyPath($0)) }
        let output = try await withSSHConnection(configuration) { try await $0.run("echo in").output.text }
        #expect(output == "in\n")
    }

    @Test(
        "a login that nothing convinces is denied, and the tool says by which methods",
        arguments: ServerProgram.possible)
    func denied(program: ServerProgram) async throws {
        let server = try await program.shared
        var configuration = server.configuration()
        configuration.user = "flnobody"
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .authentication)
        #expect(error?.kind == .denied)
        let result = try await server.tool(["-l", "flnobody"], ["true"])
        #expect(result.exit == .status(255))
        #expect(
            result.errorText.contains("flnobody@\(server.host): Permission denied (publickey"), "\(result.errorText)")
    }

    @Test("LF-08 a key file that others can read is not used, and the tool says why")
    func readableKey() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        chmod(server.files.keyPath(.ed25519), 0o644)
        let result = try await server.tool([], ["true"])
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("bad permissions"))
        try await poll(for: "the connection's end in the log") {
            server.log.contains("Connection closed") || server.log.contains("Disconnected") ? () : nil
        }
        #expect(!server.log.contains("Accepted publickey"))
    }
}
