/// What is done about a server that says nothing (`ServerAliveInterval`, `ServerAliveCountMax`).
package struct KeepAlive: Hashable, Sendable {
    /// After how much silence to ask the server for a sign of life.
    ///
    /// Default nil: silence is shown where an answer is due, and ends nothing.
    package var interval: Duration?
    /// How many questions may stay unanswered; one more silent interval ends the connection.
    package var countMax = 3

    package init() {}
}
