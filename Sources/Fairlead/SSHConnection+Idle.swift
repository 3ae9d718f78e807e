import SSHCore

/// Sessions on which nothing moves for too long are closed (`ChannelTimeout` of ssh_config(5)).
extension SSHConnection {
    static var idle: SSHError { SSHError(.channel, .timeout, "The session was closed: it was idle for too long") }

    /// Bytes arrived, left, or were taken by whoever reads.
    func bytesMoved(on id: SessionID) {
        guard configuration.idleTimeout ?? configuration.sessionIdleTimeout != nil else { return }
        lastActivity = now
        sessions[id]?.lastActivity = lastActivity
    }

    /// When the first session will have been idle for too long.
    var idleDeadline: Instant? {
        guard configuration.idleTimeout ?? configuration.sessionIdleTimeout != nil else { return nil }
        return sessions.values.lazy.compactMap(idleDeadline(of:)).min()
    }

    private func idleDeadline(of session: Session) -> Instant? {
        guard session.isOpen, !session.isClosed, !session.isIdle else { return nil }
        return Self.earlier(
            configuration.sessionIdleTimeout.map { session.lastActivity + $0 },
            configuration.idleTimeout.map { lastActivity + $0 })
    }

    static func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    func closeIdleSessions() {
        for (id, session) in sessions {
            guard let deadline = idleDeadline(of: session), deadline <= now else { continue }
            update(id) { $0.isIdle = true }
            for topic in [.output(id), .errorOutput(id), .writable(id)] as [WaitingTasks.Topic] { wake(topic) }
            sessions[id]?.pump?.sessionClosed()
            try? perform(.close(id))
        }
    }
}
