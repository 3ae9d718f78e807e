import Foundation

/// OpenSSH's sshd with a PAM service of its own, which asks for a throwaway user's password and then for a one-time code.
///
/// PAM's service is named as sshd's program is: so the program is a copy. Gone, with its file in `/etc/pam.d`, with its
/// last reference or with this process.
package final class PAMServer: Sendable {
    package let server: OpenSSHServer
    package let user: ThrowawayUser
    private let directory: TemporaryDirectory
    private let watchdog: Watchdog

    /// Whether it can run here; for `.enabled(if:)`.
    package static var isPossible: Bool {
        let folders = ["/lib/\(machine)-linux-gnu/security", "/lib64/security", "/lib/security"]
        return ThrowawayUser.isPossible && isInstalled("sshd")
            && folders.contains { access($0 + "/pam_oath.so", R_OK) == 0 }
    }

    private static var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    /// The one-time codes in their order (RFC 4226, Appendix D).
    package static let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583"]
    private static let codeKey = "3132333435363738393031323334353637383930"

    /// `methods` is `AuthenticationMethods`, and `lines` come before all other lines of the configuration.
    package init(
        methods: String = "publickey,keyboard-interactive", asksForCode: Bool = true, lines: [String] = []
    ) async throws {
        let user = try await ThrowawayUser.create()
        self.user = user
        let directory = try TemporaryDirectory(isPublic: true)
        self.directory = directory
        let service =
            "fairlead-" + (directory.path as NSString).lastPathComponent.replacing(".", with: "-").lowercased()
        let program = directory.file(service)
        try copyProgram(programPath("sshd"), to: program)
        try directory.write("HOTP \(user.name) - \(Self.codeKey)\n", to: "oath")
        let code = "auth required pam_oath.so usersfile=\(directory.file("oath")) window=8 digits=6\n"
        watchdog = try Watchdog("rm -f '/etc/pam.d/\(service)'")
        // The right password alone goes on to the code: a wrong one is told at once, and without a pause.
        let stack = """
            auth requisite pam_unix.so nodelay
            \(asksForCode ? code : "")account required pam_unix.so
            password required pam_unix.so
            session required pam_permit.so

            """
        try Data(stack.utf8).write(to: URL(fileURLWithPath: "/etc/pam.d/" + service))
        server = try await OpenSSHServer { options in
            options.user = user
            options.program = program
            options.lines =
                lines + [
                    "UsePAM yes", "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
                    "AuthenticationMethods \(methods)",
                ]
        }
    }

    deinit {
        server.stop()
        watchdog.bark()
    }
}
