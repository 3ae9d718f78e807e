import Logging
import SSHIdentity

/// How a key that was read from a file is given to the agent (`AddKeysToAgent`).
public struct AgentAddition: Hashable, Sendable {
    /// Whether the configuration's `responder` is asked first.
    public var asks: Bool
    /// Whether the agent is to ask before each use of the key.
    public var confirms: Bool
    /// After which the agent forgets the key; nil is never.
    public var lifetime: Duration?

    /// What is to be done with each key that was read from a file and is about to be used.
    ///
    /// - Parameters:
    ///   - asks: Whether the configuration's `responder` is asked first. Default false.
    ///   - confirms: Whether the agent is to ask before each use. Default false.
    ///   - lifetime: After which the agent forgets it. Default `nil`: never.
    public init(asks: Bool = false, confirms: Bool = false, lifetime: Duration? = nil) {
        self.asks = asks
        self.confirms = confirms
        self.lifetime = lifetime
    }
}

extension SSHConfiguration {
    /// The agents among the credentials, in their order.
    var agents: [SSHAgent] {
        credentials.compactMap {
            guard case .agent(var agent, _) = $0.kind else { return nil }
            agent.logger = logger
            agent.minimumRSABitCount = minimumRSABitCount
            return agent
        }
    }

    /// Gives a key to the first agent, where that is wanted; it is told, and no more, when that fails.
    func addToAgent(_ key: PrivateKey, _ file: LoginKey) async {
        guard let addition = agentAddition, let agent = agents.first else { return }
        if addition.asks {
            let question = "Add key \(file.name) (\(key.publicKey.fingerprint.sha256)) to agent?"
            guard (try? await responder.confirms(question)) == true else { return }
        }
        do throws(SSHError) {
            let comment = key.commentBytes.isEmpty ? file.name : nil
            try await agent.add(key, comment: comment, lifetime: addition.lifetime, confirm: addition.confirms)
            logger.debug("added \(file.name) to the agent \(agent.path)")
        } catch {
            logger.debug("\(error)")
        }
    }
}
