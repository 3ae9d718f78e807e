import SSHCore

/// Tasks that are suspended on one connection, by what they wait for.
///
/// Each continuation is resumed exactly once, because it is removed first.
struct WaitingTasks {
    enum Topic: Hashable {
        /// The next step of the login.
        case login
        /// The transport's end.
        case closure
        /// What the server says about its keys.
        case hostKeys
        case output(SessionID)
        case errorOutput(SessionID)
        case writable(SessionID)
        /// Open, replies, exit and close of a session.
        case state(SessionID)
    }

    /// A place in the line for a topic.
    ///
    /// It is drawn in the same breath in which a task looks whether it must wait. Any `await`, of our own methods too, may let
    /// others run first, and always does where the caller's task prefers an executor of its own: a wake that comes
    /// between the look and the sleep must count.
    struct Ticket: Hashable {
        let topic: Topic
        fileprivate let number: UInt64
    }

    private struct Place {
        /// Nil until its task sleeps.
        var continuation: CheckedContinuation<Void, Never>?
    }

    private var places: [Topic: [UInt64: Place]] = [:]
    private var lastNumber: UInt64 = 0

    mutating func ticket(for topic: Topic) -> Ticket {
        lastNumber += 1
        places[topic, default: [:]][lastNumber] = Place()
        return Ticket(topic: topic, number: lastNumber)
    }

    /// Puts the task to sleep, unless its topic was woken since the ticket was drawn.
    mutating func add(_ continuation: CheckedContinuation<Void, Never>, for ticket: Ticket) {
        guard places[ticket.topic]?[ticket.number] != nil else { return continuation.resume() }
        places[ticket.topic]?[ticket.number] = Place(continuation: continuation)
    }

    mutating func wake(_ topic: Topic) {
        guard let woken = places.removeValue(forKey: topic) else { return }
        for place in woken.values { place.continuation?.resume() }
    }

    mutating func wake(_ ticket: Ticket) {
        places[ticket.topic]?.removeValue(forKey: ticket.number)?.continuation?.resume()
    }

    mutating func wakeAll() {
        let all = places
        places = [:]
        for place in all.values.flatMap(\.values) { place.continuation?.resume() }
    }
}
