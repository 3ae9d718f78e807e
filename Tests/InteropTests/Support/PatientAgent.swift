import Fairlead

extension SSHAgent {
    /// An agent that nobody is in a hurry with: tests share their threads with a thousand others.
    static func patient(_ path: String) -> SSHAgent {
        var agent = SSHAgent(path: path)
        agent.answerLimit = .seconds(300)
        return agent
    }
}

/// How work with an agent failed; nil where it did not.
func agentFailure(_ work: () async throws -> Void) async -> SSHError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? SSHError
    }
}
