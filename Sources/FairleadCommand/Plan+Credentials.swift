import Fairlead
import SSHConfig

/// What to log in with.
extension Planner {
    private static let defaultFiles = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"]

    /// Named certificates, named files, the agent's other keys, and the default files last; then what is typed.
    func credentials() throws -> [Credential] {
        var credentials: [Credential] = []
        if options.pubkeyAuthentication?.value != .no {
            credentials += try options.certificateFiles.map { .certificateFile(try text($0.value)) }
            credentials += try (options.identityFiles ?? []).map { .keyFile(try text($0.value)) }
            if let path = try agentPath() {
                credentials.append(.agent(SSHAgent(path: path), offersAll: options.identitiesOnly?.value != true))
            }
            if options.identityFiles == nil {
                credentials += Self.defaultFiles.map { .keyFile(user.home + "/.ssh/" + $0, isOptional: true) }
            }
        }
        guard options.batchMode?.value != true else { return credentials }
        let attempts = options.numberOfPasswordPrompts?.value ?? 3
        if options.kbdInteractiveAuthentication?.value != false {
            credentials.append(.keyboardInteractive(attempts: attempts))
        }
        if options.passwordAuthentication?.value != false { credentials.append(.password(attempts: attempts)) }
        return credentials
    }

    func setMethods(_ configuration: inout SSHConfiguration) throws {
        if let list = try options.preferredAuthentications.map({ try text($0.value) }) {
            configuration.authenticationMethods = list.split(separator: ",").map(String.init)
        }
        configuration.memoryPath = try memoryPath
        configuration.bindsLogins = options.pubkeyAuthentication?.value != .unbound
        configuration.agentAddition =
            switch options.addKeysToAgent?.value ?? .no {
            case .no: nil
            case .ask: AgentAddition(asks: true)
            case .yes(let seconds): AgentAddition(lifetime: Self.lifetime(seconds))
            case .confirm(let seconds): AgentAddition(confirms: true, lifetime: Self.lifetime(seconds))
            }
    }

    private static func lifetime(_ seconds: Int) -> Duration? { seconds > 0 ? .seconds(seconds) : nil }

    /// `IdentityAgent`, or else `SSH_AUTH_SOCK`; nil for no agent.
    private func agentPath() throws -> String? {
        guard let setting = options.identityAgent else { return PlatformTerminal.variable("SSH_AUTH_SOCK") }
        let text = try text(setting.value)
        if text.lowercased() == "none" { return nil }
        if text == "SSH_AUTH_SOCK" { return PlatformTerminal.variable(text) }
        return text.hasPrefix("$") ? PlatformTerminal.variable(String(text.dropFirst())) : text
    }
}
