import NIOCore

/// What a peer does by itself once both sides fell silent.
package enum PeerAct: Sendable {
    case none
    /// It closes the connection.
    case closes
    /// Nothing, for as long as a client may be patient.
    case waits(Duration)
    /// A byte each half second, for as long as a client may be patient.
    case drips(Duration)
    /// All that the client said, and says from then on, comes back.
    case reflects
    /// So many messages, these in turn, and an end of the program; meanwhile it reads or does not.
    case floods(Int, [ByteBuffer], reads: Bool)

    /// How long a client may wait for more.
    package var patience: Duration {
        switch self {
        case .none, .closes, .reflects: .zero
        case .floods: .seconds(50)
        case .waits(let duration), .drips(let duration): duration
        }
    }
}

/// How a program ends that is the client.
package enum Outcome: Sendable, Hashable {
    /// With this status, or with any; its output is so many bytes and then the command's.
    case ends(Int32?, leading: Int)
    /// With 255, by itself.
    case fails
    /// With the command's output and 0, or with 255: the row leaves it to the client.
    case either

    package static let works = Outcome.ends(0, leading: 0)
}
