import Foundation

/// AsyncSSH, a server in Python with what Debian's servers lack, on a loopback port.
///
/// Whoever runs the tests may log in, under any name.
package final class AsyncSSHServer: Sendable {
    package struct Options: Sendable, Encodable {
        /// Lists of names in the server's order; nil is what AsyncSSH has by default.
        package var kex: [String]?
        package var ciphers: [String]?
        package var macs: [String]?
        package var compressions: [String]?
        package var hostKeyAlgorithms: [String]?
        /// What it calls itself after `SSH-2.0-`.
        package var version: String?
        /// After so many bytes of its own it starts a key exchange.
        package var rekeyBytes: Int?
        /// The sizes of prime that group exchange may choose from.
        package var groupSizes: [Int]?
        /// Lets this password in too.
        package var password: String?
        /// What keyboard-interactive asks, round by round; nil asks for the password.
        package var rounds: [Round]?
        /// The password has to be changed before it counts.
        package var passwordChange: PasswordChange?
        /// Lists of methods: who succeeds with all of one list, in its order, is in.
        ///
        /// Nil is any one method.
        package var steps: [[String]]?
        /// As old devices: no extensions, no strict key exchange, and a bare LF ends the identification.
        package var bare = false

        package init() {}
    }

    /// One round of keyboard-interactive; other answers than these fail the method.
    package struct Round: Sendable, Encodable {
        package var name = ""
        package var instruction = ""
        package var prompts: [Prompt]
        package var answers: [String]

        package init(_ prompts: [Prompt], answers: [String], name: String = "", instruction: String = "") {
            self.prompts = prompts
            self.answers = answers
            self.name = name
            self.instruction = instruction
        }
    }

    package struct Prompt: Sendable, Encodable {
        package var text: String
        package var echoes: Bool

        package init(_ text: String, echoes: Bool = false) {
            self.text = text
            self.echoes = echoes
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(text)
            try container.encode(echoes)
        }
    }

    package struct PasswordChange: Sendable, Encodable {
        package var prompt: String
        /// New passwords that are too weak.
        package var refused: [String]

        package init(prompt: String, refused: [String] = []) {
            self.prompt = prompt
            self.refused = refused
        }
    }

    private struct Plan: Encodable {
        var options: Options
        var port: Int
        var publicKeys: String
        var hostKeys: [String]
        var generatedHostKeys: [String]
        var authorizedKeys: String

        private enum CodingKeys: CodingKey { case port, publicKeys, hostKeys, generatedHostKeys, authorizedKeys }

        func encode(to encoder: any Encoder) throws {
            try options.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(port, forKey: .port)
            try container.encode(publicKeys, forKey: .publicKeys)
            try container.encode(hostKeys, forKey: .hostKeys)
            try container.encode(generatedHostKeys, forKey: .generatedHostKeys)
            try container.encode(authorizedKeys, forKey: .authorizedKeys)
        }
    }

    package let files: ClientFiles
    private let server: Server
    private let directory: TemporaryDirectory

    /// Starts it with these keys, and with keys of `generated` types, such as `ssh-ed448`, which it makes itself.
    package init(
        hostKeys kinds: [KeyKind] = [.ed25519, .ecdsa, .rsa], generated: [String] = [],
        _ change: (inout Options) -> Void = { _ in }
    ) async throws {
        var options = Options()
        change(&options)
        let directory = try TemporaryDirectory()
        self.directory = directory
        var paths: [String] = []
        for kind in kinds {
            let pair = try await KeyPair.shared(kind, of: .host)
            paths.append(try directory.write(pair.privateText, to: "host_\(kind.rawValue)"))
        }
        let userKeys = try await KeyPair.shared(of: .user)
        let authorized = userKeys.map { $0.publicLine + "\n" }.joined()
        var plan = Plan(
            options: options, port: 0, publicKeys: directory.file("public_keys"), hostKeys: paths,
            generatedHostKeys: generated, authorizedKeys: try directory.write(authorized, to: "authorized_keys"))
        let python = try Self.python
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        server = try await Server.start { port in
            plan.port = port
            let file = try directory.write(Array(encoder.encode(plan)), to: "plan.json")
            var process = RunningProcess.Plan(python, [Self.folder + "/server.py", file])
            process.environment = plainEnvironment(
                home: directory.path, ["PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"])
            return process
        }
        let publicKeys = try directory.text(of: "public_keys").split(separator: "\n").map(String.init)
        files = try ClientFiles(in: directory, port: server.port, hostKeys: publicKeys, userKeys: userKeys)
    }

    package var host: String { Loopback.address }
    package var port: Int { server.port }
    package var user: String { "anyone" }
    package var destination: String { "\(user)@\(host)" }
    package var log: String { server.log }

    package func clientArguments(_ key: KeyKind = .ed25519) -> [String] {
        files.arguments(port: port, key: key)
    }

    package func stop() {
        server.stop()
    }

    private static let folder = (#filePath as NSString).deletingLastPathComponent + "/AsyncSSH"

    /// A Python with AsyncSSH and ssh-audit: `FAIRLEAD_PYTHON` where it is set; else what Scripts/test installed.
    package static var python: String {
        get throws {
            if let path = ProcessInfo.processInfo.environment["FAIRLEAD_PYTHON"] { return try programPath(path) }
            let path = folder + "/../../../.build/asyncssh/bin/python3"
            guard access(path, X_OK) == 0 else { throw SupportError.missingProgram("AsyncSSH") }
            return path
        }
    }
}
