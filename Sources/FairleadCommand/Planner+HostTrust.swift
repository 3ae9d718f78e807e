import Fairlead
import SSHConfig

/// Which keys of the host are right, as the options say.
extension Planner {
    var userKnownHostsFiles: [String] {
        get throws {
            try options.userKnownHostsFiles?.value.map(text)
                ?? ["known_hosts", "known_hosts2"].map { user.home + "/.ssh/" + $0 }
        }
    }

    var globalKnownHostsFiles: [String] {
        get throws {
            try options.globalKnownHostsFiles?.value.map(text)
                ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        }
    }

    func hostVerification() throws -> HostVerification {
        let policy: HostKeyPolicy =
            switch options.strictHostKeyChecking?.value ?? .ask {
            case .yes: .strict
            case .acceptNew: .acceptNew
            case .ask: .ask
            case .off: .off
            }
        var rules = HostVerification.KnownHostsOptions(userFiles: try userKnownHostsFiles, policy: policy)
        rules.globalFiles = try globalKnownHostsFiles
        rules.hashesNames = options.hashKnownHosts?.value == true
        rules.pins = invocation.hostKeys
        rules.checksAddress = options.flag(.checkHostIP)?.value == true
        rules.trustsLoopback = options.flag(.noHostAuthenticationForLocalhost)?.value == true
        rules.revokedKeysFiles = try options.revokedHostKeys?.value.map(text) ?? []
        rules.command = try knownHostsCommand()
        rules.updatesHostKeys = hostKeyUpdates
        return .knownHosts(rules)
    }

    /// By default only where the user has left the place of known hosts to us, as in ssh.
    private var hostKeyUpdates: HostVerification.HostKeyUpdates {
        if let word = options.updateHostKeys?.value { return HostVerification.HostKeyUpdates(rawValue: word) ?? .no }
        let asksDNS = ![nil, "no"].contains(options.word(.verifyHostKeyDNS)?.value)
        return options.userKnownHostsFiles == nil && !asksDNS ? .yes : .no
    }

    /// The program is taken as it is written, and its arguments are expanded one by one: no shell is in between.
    private func knownHostsCommand() throws -> [String]? {
        guard let setting = options.knownHostsCommand, let program = setting.value.first else { return nil }
        guard program.bytes.first == UInt8(ascii: "/") else {
            throw UsageError(message: "\(setting.source): KnownHostsCommand needs an absolute path")
        }
        let words = try setting.value.dropFirst().map {
            try expanded($0, .knownHostsCommand, "\(setting.source): KnownHostsCommand")
        }
        return [try text(program)] + words
    }

    /// The file that keeps how logins went; none where no host is to be kept.
    var memoryPath: String? {
        get throws {
            guard !invocation.remembersNothing, try userKnownHostsFiles.contains(where: { $0 != "/dev/null" }) else {
                return nil
            }
            let folder = PlatformTerminal.variable("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
            return (folder ?? user.home + "/.local/state") + "/fairlead/logins"
        }
    }

    func hostKeyScreen() throws -> HostKeyScreen {
        let host = try text(options.hostKeyAlias?.value ?? options.host)
        var options: [String] = []
        if let file = invocation.configurationFile { options += ["-F", file] }
        if self.options.hostKeyAlias == nil, let port = self.options.port?.value, port != 22 {
            options += ["-p", String(port)]
        }
        if self.options.userKnownHostsFiles?.value.isEmpty == false {
            let words = try userKnownHostsFiles.map { $0.contains(" ") ? "\"\($0)\"" : $0 }
            options += ["-o", "UserKnownHostsFile=" + words.joined(separator: " ")]
        }
        return HostKeyScreen(
            forgetting: options + ["--forget", host], userFiles: try userKnownHostsFiles,
            hash: self.options.fingerprintHash.flatMap { FingerprintHash(rawValue: $0.value.uppercased()) },
            isVisual: self.options.flag(.visualHostKey)?.value == true)
    }

    /// Shows what there is to see of a key that is trusted, before the login.
    func watchHostKey(_ configuration: inout SSHConfiguration, _ screen: HostKeyScreen) {
        let verbosity = verbosity
        configuration.onHostKey = { host, objection in
            if let warning = objection.flatMap(screen.warning) {
                Console.say(warning + "\n" + HostKeyScreen.restrictions)
            } else if screen.isVisual, verbosity.shows(.note) {
                let hash = screen.hash ?? .sha256
                Console.say(
                    "Host key fingerprint is \(host.key.fingerprint.text(by: hash))\n\(host.key.randomart(by: hash))")
            }
        }
    }
}
