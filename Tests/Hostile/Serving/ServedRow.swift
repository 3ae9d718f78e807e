import HostileRows
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// A row as a peer with a socket plays it, and what the client must be told before.
package struct ServedRow: Sendable {
    package let row: HostileRow
    let configuration: PeerConfiguration
    /// `-o` and a setting each, as ssh takes them.
    let options: [String]
    let keys: [AgentKey]

    /// Why no peer can play it alone; nil where one can.
    package static func reasonLeftOut(_ row: HostileRow) throws -> String? {
        if let reason = row.reasonNotServed { return reason }
        var (configuration, script) = try HostileRow.honest()
        try row.prepare(&configuration, &script)
        if !script.consumes { return "the client must not consume what arrives" }
        if case .wait = script.credentials.first { return "the client must wait with its first request" }
        return nil
    }

    /// Whether a client gets in by its password and by nothing else.
    package let asksForPassword: Bool

    package init(_ row: HostileRow) throws {
        self.row = row
        var (configuration, script) = try HostileRow.honest()
        try row.prepare(&configuration, &script)
        let credentials = script.credentials
        let methods = Self.methods(credentials)
        asksForPassword = methods == ["password"]
        configuration.methods = NameList(methods)
        configuration.preliminary = Self.preliminary(credentials, configuration.methods)
        self.configuration = configuration
        keys = credentials.compactMap(AgentKey.init)
        options = Self.options(script, methods)
    }

    /// A row's peer expects the first attempt that its script makes; most clients feel their way there.
    private static func preliminary(
        _ credentials: [ClientScript.Credential], _ methods: NameList
    ) -> @Sendable (ScriptedPeer, AuthenticationAttempt) -> [AuthenticationReply]? {
        let beginsWithNone = if case .some(.none) = credentials.first { true } else { false }
        let asksFirst = credentials.contains { credential in
            switch credential {
            case .key(_, _, let asksFirst), .certified(_, _, _, let asksFirst): asksFirst
            default: false
            }
        }
        return { peer, attempt in
            switch attempt.method {
            case .none where !beginsWithNone && peer.attempts.isEmpty: [.failure(methods, isPartial: false)]
            case .query(let algorithm, let blob) where !asksFirst: [.keyAccepted(algorithm: algorithm, blob: blob)]
            default: nil
            }
        }
    }

    private static func methods(_ credentials: [ClientScript.Credential]) -> [Name] {
        var methods: [Name] = []
        for credential in credentials {
            let method: Name? =
                switch credential {
                case .password, .passwordChange: "password"
                case .key, .certified: "publickey"
                case .keyboardInteractive: "keyboard-interactive"
                case .none, .giveUp, .wait: nil
                }
            if let method, !methods.contains(method) { methods.append(method) }
        }
        return methods.isEmpty ? ["password"] : methods
    }

    private static func options(_ script: ClientScript, _ methods: [Name]) -> [String] {
        let (ours, standard) = (
            script.configuration.algorithms, EngineConfiguration(user: ClientScript.user).algorithms
        )
        var settings = ["PreferredAuthentications=" + methods.map(\.text).joined(separator: ",")]
        if ours.keyExchanges != standard.keyExchanges {
            settings.append("KexAlgorithms=" + ours.keyExchanges.map(\.rawValue).joined(separator: ","))
        }
        if ours.hostKeys != standard.hostKeys {
            settings.append("HostKeyAlgorithms=" + ours.hostKeys.map(\.rawValue).joined(separator: ","))
        }
        if case .refuse = script.trust { settings.append("StrictHostKeyChecking=yes") }
        let algorithms = script.credentials.compactMap { credential -> String? in
            switch credential {
            case .key(_, let algorithm, _), .certified(_, let algorithm, _, _): algorithm.rawValue
            default: nil
            }
        }
        if !algorithms.isEmpty {
            settings.append("PubkeyAcceptedAlgorithms=" + algorithms.joined(separator: ","))
        }
        return settings.flatMap { ["-o", $0] }
    }
}
