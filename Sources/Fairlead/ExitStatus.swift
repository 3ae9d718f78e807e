import SSHCore
import SSHWire

/// How a remote process ended (RFC 4254 §6.10).
///
/// It is a result, not an error.
public enum ExitStatus: Hashable, Sendable {
    /// It returned this status.
    case code(UInt32)
    /// A signal ended it: the name without `SIG`, and the server's words, both escaped.
    case signal(name: String, dumpedCore: Bool, message: String)
    /// The server closed the channel without saying.
    case unknown

    /// Whether the process returned zero.
    public var isSuccess: Bool { self == .code(0) }

    init(_ exit: ChannelExit?) {
        switch exit {
        case .status(let code): self = .code(code)
        case .signal(let name, let dumpedCore, let message):
            self = .signal(name: PeerText.line(name), dumpedCore: dumpedCore, message: PeerText.line(message))
        case nil: self = .unknown
        }
    }
}
