/// What is done about a server that says nothing (`ServerAliveInterval`, `ServerAliveCountMax`).
package struct KeepAlive: Hashable, Sendable {
    /// After how much silence to ask the server for a sign of life.
    ///
    /// Default nil: silence is shown where an answer is due, and ends nothing.
    package var interval: Duration?
    /// How many questions may stay unanswered; one more silent interval ends the connection.
    ///
    /// 0 is no end, as in ssh.
    package var countMax = 3

    package init() {}
}

/// How long the server has said nothing, and what is to be done about it next.
struct SilenceWatch {
    enum Action: Hashable {
        /// Ask for a sign of life.
        case probe
        /// Tell the user for how long an answer has been due.
        case show(Duration)
        case giveUp
    }

    private let keepAlive: KeepAlive
    private var lastHeard: Instant
    /// When the first packet left that nothing followed.
    private var unansweredSince: Instant?
    private var probeCount = 0
    private var shownCount = 0

    init(_ keepAlive: KeepAlive, now: Instant) {
        self.keepAlive = keepAlive
        lastHeard = now
    }

    /// True when it ends a silence that was shown.
    mutating func heard(now: Instant) -> Bool {
        let wasShown = shownCount > 0
        lastHeard = now
        unansweredSince = nil
        probeCount = 0
        shownCount = 0
        return wasShown
    }

    mutating func sent(now: Instant) {
        if unansweredSince == nil { unansweredSince = now }
    }

    private var nextProbe: Instant? {
        if let interval = keepAlive.interval { return lastHeard + interval * (probeCount + 1) }
        // Nobody asked for keep-alives: one question where an answer is due, so that silence can be told from idleness.
        guard probeCount == 0, let unansweredSince else { return nil }
        return unansweredSince + Limits.silenceProbe
    }

    private var nextShow: Instant? {
        // Not before the question had its chance.
        guard probeCount > 0, let unansweredSince else { return nil }
        return unansweredSince + Limits.silenceShown * (shownCount + 1)
    }

    var deadline: Instant? { [nextProbe, nextShow].compactMap { $0 }.min() }

    /// What is due, once for each deadline that passed.
    mutating func action(now: Instant) -> Action? {
        if let nextProbe, nextProbe <= now {
            if keepAlive.countMax > 0, probeCount >= keepAlive.countMax { return .giveUp }
            // After a long sleep of ours, one question stands for all that were missed.
            probeCount += 1
            if let interval = keepAlive.interval { lastHeard = max(lastHeard, now + interval * -probeCount) }
            return .probe
        }
        guard let nextShow, nextShow <= now, let unansweredSince else { return nil }
        let silence = now - unansweredSince
        shownCount = Int(clamping: Int64(silence / Limits.silenceShown))
        return .show(silence)
    }
}
