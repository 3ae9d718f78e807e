import Fairlead
import NIOCore
import SSHConfig
import Synchronization

/// Does what the escapes of a terminal session ask for.
final class Escapes: Sendable {
    private let session = Mutex<(tool: ToolSession, joined: JoinedSession)?>(nil)

    /// The session is there; what was asked before it is not done.
    func begin(_ tool: ToolSession, _ joined: JoinedSession) {
        session.withLock { $0 = (tool, joined) }
    }

    /// From the thread that reads the terminal.
    func perform(_ action: EscapeKeys.Action, with keys: EscapeKeys) {
        guard let (tool, joined) = session.withLock({ $0 }) else { return }
        let name = keys.name(of: action)
        switch action {
        case .disconnect:
            Console.say(name)
            tool.leave(saying: "Connection to \(tool.plan.hostName) closed.")
        case .help: Console.say(keys.help)
        case .sendBreak:
            Console.say("\(name)\nSent a BREAK.")
            joined.sendBreak()
        case .rekey: joined.rekey()
        case .louder: Console.say("\(name) [LogLevel \(Verbosity.shift(by: 1, from: tool.plan.verbosity.level))]")
        case .quieter: Console.say("\(name) [LogLevel \(Verbosity.shift(by: -1, from: tool.plan.verbosity.level))]")
        case .suspend:
            Console.say("\(name) [suspend fairlead]")
            SignalWatch.suspend()
        case .background:
            TerminalState.restore()
            Console.say("\(name) [backgrounded]")
            SignalWatch.sessionBegins(onResize: nil, resume: nil) { _ in tool.leave(saying: nil) }
            // On the loop's thread, which is the one that was told to follow the leader.
            joined.endInput { Background.detach() }
        case .information: joined.describe { info, _ in Console.say("\(name)\n" + Self.lines(info)) }
        case .list:
            joined.describe { _, channel in
                Console.say("\(name)\nThe following sessions are open:\n  #\(channel) \(tool.plan.program.text)")
            }
        case .commandLine: Console.say("\(name)\nThere is nothing to command yet: port forwarding is not supported.")
        }
    }

    private static func lines(_ info: ConnectionInfo) -> String {
        let key = info.hostKey.map { "\($0.typeDisplayName) \($0.fingerprint.sha256)" } ?? ""
        let round = info.roundTripTime.map { "\(Int($0 / .milliseconds(1))) ms" } ?? "not known"
        return """
            server:       \(info.serverIdentification) at \(info.remoteAddress?.description ?? "an unknown address")
            host key:     \(key) (\(info.hostKeyAlgorithm))
            key exchange: \(info.keyExchange)\(info.isPostQuantum ? ", post-quantum" : "")\(info.isStrict ? ", strict" : "")
            to server:    \(info.cipherClientToServer) \(info.macClientToServer ?? ""), \(info.compressionClientToServer)
            from server:  \(info.cipherServerToClient) \(info.macServerToClient ?? ""), \(info.compressionServerToClient)
            login:        \(info.authenticationMethod)
            sent:         \(info.sentByteCount) bytes in \(info.sentPacketCount) packets
            received:     \(info.receivedByteCount) bytes in \(info.receivedPacketCount) packets
            new keys:     \(info.rekeyCount) times; round trip: \(round)
            """
    }
}

extension SessionProgram {
    fileprivate var text: String {
        switch self {
        case .shell: "shell"
        case .command(let command): "command: \(ConfigText(command))"
        case .subsystem(let name): "subsystem: \(ConfigText(name))"
        }
    }
}
