import Foundation

/// OpenSSH's sshd on a loopback port, with keys and a configuration of its own.
package final class OpenSSHServer: Sendable {
    package struct Options: Sendable {
        /// Lines of `sshd_config` that come first, and so win: `Ciphers …`, `RekeyLimit …`.
        package var lines: [String] = []
        package var hostKeys: [KeyKind] = [.ed25519, .ecdsa, .rsa]
        package var authorizedKeys = KeyKind.allCases
        /// Put before each line of authorized_keys: `command="…"`, `restrict`.
        package var keyOptions = ""
        /// Who may log in with a password, and as whom clients log in; nil is the user that runs the tests.
        package var user: ThrowawayUser?
        package var arguments: [String] = []
        /// A copy under another name has a PAM service of that name.
        package var program = "sshd"

        package init() {}
    }

    package let files: ClientFiles
    package let user: String
    private let directory: TemporaryDirectory
    private let server: Server
    private let options: Options
    private let hostKeyPairs: [KeyPair]

    package init(_ change: (inout Options) throws -> Void = { _ in }) async throws {
        var options = Options()
        try change(&options)
        self.options = options
        user = options.user?.name ?? currentUserName()
        directory = try TemporaryDirectory(isPublic: true)
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        let hostKeys = try await Self.pairs(options.hostKeys, of: .host)
        hostKeyPairs = hostKeys
        let userKeys = try await Self.pairs(options.authorizedKeys, of: .user)
        for key in hostKeys { try directory.write(key.privateText, to: "host_\(key.kind.rawValue)") }
        let prefix = options.keyOptions.isEmpty ? "" : options.keyOptions + " "
        try directory.write(
            userKeys.map { prefix + $0.publicLine + "\n" }.joined(), to: "authorized_keys", mode: 0o644)
        let extra = try await Self.linesOfNewerServers.value
        let configuration = directory.file("sshd_config")
        server = try await Server.start { [directory] port in
            try directory.write(
                Self.configuration(options, port: port, directory: directory, extra: extra), to: "sshd_config")
            var plan = RunningProcess.Plan(options.program, ["-D", "-e", "-f", configuration] + options.arguments)
            plan.environment = plainEnvironment(home: directory.path)
            return plan
        }
        let port = server.port
        files = try ClientFiles(
            in: directory, port: port, hostKeys: hostKeys.map(\.publicKey),
            userKeys: try await KeyPair.shared(of: .user))
    }

    package var host: String { Loopback.address }
    package var port: Int { server.port }
    package var isRunning: Bool { server.isRunning }
    /// The listener's process.
    package var identifier: pid_t { server.identifier }
    /// What sshd wrote so far.
    package var log: String { server.log }
    /// The processes that serve a connection, and what these started.
    package var sessions: [pid_t] { server.sessions }

    /// `type base64` of a host key.
    package func hostKey(_ kind: KeyKind) throws -> String {
        guard let pair = hostKeyPairs.first(where: { $0.kind == kind }) else {
            throw SupportError.serverFailed("no host key of kind \(kind)")
        }
        return pair.publicKey
    }

    /// A path in the server's folder, for sockets and files of a test.
    package func file(_ name: String) -> String { directory.file(name) }

    /// Arguments for `ssh` and our tool, up to the destination.
    package func clientArguments(_ key: KeyKind = .ed25519) -> [String] {
        files.arguments(port: port, key: key)
    }

    /// What a block of `ssh_config` needs to say so that the key of that kind logs in there, a line each.
    package func configurationLines(_ key: KeyKind = .ed25519) -> [String] {
        [
            "HostName \(host)", "Port \(port)", "User \(user)", "IdentityFile \(files.keyPath(key))",
            "IdentitiesOnly yes", "UserKnownHostsFile \(files.knownHostsPath)", "GlobalKnownHostsFile /dev/null",
            "StrictHostKeyChecking yes",
        ]
    }

    package var destination: String { "\(user)@\(host)" }

    /// Waits until the log contains the text.
    package func waitForLog(_ text: String, within limit: Duration = .seconds(60)) async throws {
        try await poll(for: "\"\(text)\" in the server's log", within: limit, soFar: { self.log }) {
            log.contains(text) ? () : nil
        }
    }

    /// Kills the server and its sessions.
    package func stop() {
        server.stop()
    }

    private static func pairs(_ kinds: [KeyKind], of owner: KeyPair.Owner) async throws -> [KeyPair] {
        var pairs: [KeyPair] = []
        for kind in kinds { pairs.append(try await KeyPair.shared(kind, of: owner)) }
        return pairs
    }

    /// A line of `sshd_config` that permits every algorithm of a kind that OpenSSH knows, in the order of `ssh -Q`.
    package static func everything(_ keyword: String, _ query: String) async throws -> String {
        let names = try await RunningProcess.runSuccessfully("ssh", ["-Q", query]).outputText.split(separator: "\n")
        return "\(keyword) " + names.joined(separator: ",")
    }

    private static func configuration(
        _ options: Options, port: Int, directory: TemporaryDirectory, extra: [String]
    ) -> String {
        let hostKeys = options.hostKeys.map { "HostKey \(directory.file("host_" + $0.rawValue))" }
        // A shell reads its start files from HOME: the developer's may print, fail, or take a second.
        let home = options.user == nil ? ["SetEnv HOME=\(directory.path)"] : []
        let lines =
            options.lines + [
                "Port \(port)", "ListenAddress \(Loopback.address)", "PidFile none", "LogLevel VERBOSE",
                "AuthorizedKeysFile \(directory.file("authorized_keys"))", "StrictModes no", "UsePAM no",
                "PermitRootLogin yes", "PermitUserRC no", "PermitUserEnvironment no",
                "PasswordAuthentication \(options.user == nil ? "no" : "yes")", "KbdInteractiveAuthentication no",
                "MaxSessions 200", "MaxStartups 1000:30:2000", "MaxAuthTries 20", "LoginGraceTime 120",
                "UseDNS no", "PrintMotd no", "PrintLastLog no", "AcceptEnv *", "GatewayPorts clientspecified",
                "Subsystem sftp internal-sftp",
            ] + home + hostKeys + extra
        return lines.joined(separator: "\n") + "\n"
    }

    /// From 9.8 on sshd shuts out addresses whose logins failed, which tests do on purpose; older ones refuse the word.
    private static let linesOfNewerServers = Task {
        let folder = try TemporaryDirectory()
        let key = try await KeyPair.shared(.ed25519, of: .host)
        let keyPath = try folder.write(key.privateText, to: "host")
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        let path = try folder.write("HostKey \(keyPath)\nPerSourcePenalties no\n", to: "sshd_config")
        let result = try await RunningProcess.run(try programPath("sshd"), ["-t", "-f", path])
        return result.exit == .status(0) ? ["PerSourcePenalties no"] : []
    }
}
