/// What is done about a server that says nothing (`ServerAliveInterval`, `ServerAliveCountMax`).
package struct KeepAlive: Hashable, Sendable {
    /// After how much silence to ask the server for a sign of life.
    ///
    /// Default nil, as is an interval of no length: silence is shown where an answer is due, and ends nothing.
    package var interval: Duration? { didSet { if let interval, interval <= .zero { self.interval = nil } } }
    /// How many questions may stay unanswered; one more silent interval ends the connection.
    ///
    /// With 0 the first silent interval ends it, unasked, as in ssh.
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
    /// Whether the server was asked since then: only then does silence mean anything.
    private var hasAsked = false
    /// Questions of `ServerAliveInterval` without an answer.
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
        hasAsked = false
        probeCount = 0
        shownCount = 0
        return wasShown
    }

    mutating func sent(now: Instant) {
        if unansweredSince == nil { unansweredSince = now }
    }

    /// When `ServerAliveInterval` asks, or gives up.
    private var nextProbe: Instant? {
        keepAlive.interval.map { lastHeard + $0 * (probeCount + 1) }
    }

    /// One question where an answer is due, whatever the settings, so that silence can be told from idleness.
    private var nextQuestion: Instant? {
        hasAsked ? nil : unansweredSince.map { $0 + Limits.silenceProbe }
    }

    private var nextShow: Instant? {
        hasAsked ? unansweredSince.map { $0 + Limits.silenceShown * (shownCount + 1) } : nil
    }

    var deadline: Instant? { [nextProbe, nextQuestion, nextShow].compactMap { $0 }.min() }

    /// What is due, once for each deadline that passed.
    mutating func action(now: Instant) -> Action? {
        if let interval = keepAlive.interval, let nextProbe, nextProbe <= now {
            if probeCount >= keepAlive.countMax { return .giveUp }
            // After a long sleep of ours, one question stands for all that were missed.
            lastHeard = max(lastHeard, now + interval * -(probeCount + 1))
            probeCount += 1
            hasAsked = true
            return .probe
        }
        if let nextQuestion, nextQuestion <= now {
            hasAsked = true
            return .probe
        }
        guard let nextShow, nextShow <= now, let unansweredSince else { return nil }
        let silence = now - unansweredSince
        // In whole seconds: a quotient that fell short by rounding would be due for ever.
        let count = silence.components.seconds / Limits.silenceShown.components.seconds
        shownCount = Int(clamping: count)
        return .show(silence)
    }
}
