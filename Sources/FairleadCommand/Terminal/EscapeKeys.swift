package import NIOCore
import Synchronization

/// Escapes at the beginning of a line of a terminal session, as in ssh: `~.` ends it, `~?` lists them, `~~` sends one `~`.
package final class EscapeKeys: Sendable {
    /// What a key asks for.
    package enum Action: CaseIterable, Sendable {
        case disconnect, sendBreak, commandLine, rekey, quieter, louder, information, suspend, list, background, help

        /// The byte behind the escape character, how it is written, and what it does.
        package var key: (byte: UInt8, name: String, help: String) {
            switch self {
            case .disconnect: (UInt8(ascii: "."), ".", "end the connection")
            case .sendBreak: (UInt8(ascii: "B"), "B", "send a BREAK to the remote system")
            case .commandLine: (UInt8(ascii: "C"), "C", "open a command line, where EnableEscapeCommandline is on")
            case .rekey: (UInt8(ascii: "R"), "R", "agree on new keys")
            case .quieter: (UInt8(ascii: "V"), "V", "tell less (LogLevel)")
            case .louder: (UInt8(ascii: "v"), "v", "tell more (LogLevel)")
            case .information: (UInt8(ascii: "I"), "I", "show what the connection agreed on")
            case .suspend: (0x1A, "^Z", "suspend fairlead")
            case .list: (UInt8(ascii: "#"), "#", "list what runs on the connection")
            case .background: (UInt8(ascii: "&"), "&", "log out, and wait for the end in the background")
            case .help: (UInt8(ascii: "?"), "?", "this message")
            }
        }
    }

    private enum Place { case lineStart, afterEscape, inLine, left }

    /// Nil where there is none, and everything goes to the server.
    private let character: UInt8?
    private let actions: [Action]
    private let perform: @Sendable (Action, EscapeKeys) -> Void
    private let place = Mutex(Place.lineStart)

    package init(
        character: UInt8?, without missing: Set<Action> = [],
        perform: @escaping @Sendable (Action, EscapeKeys) -> Void
    ) {
        self.character = character
        actions = Action.allCases.filter { !missing.contains($0) }
        self.perform = perform
    }

    /// What of the typed bytes goes to the server.
    package func filter(_ typed: ByteBuffer) -> ByteBuffer {
        guard character != nil else { return typed }
        var sent = ByteBuffer()
        var asked: [Action] = []
        place.withLock { place in
            for byte in typed.readableBytesView { place = take(byte, at: place, into: &sent, &asked) }
        }
        for action in asked { perform(action, self) }
        return sent
    }

    private func take(
        _ byte: UInt8, at place: Place, into sent: inout ByteBuffer, _ asked: inout [Action]
    ) -> Place {
        switch place {
        case .lineStart where byte == character: return .afterEscape
        case .afterEscape:
            // Where the escape character is itself the key of an action, the action comes first, as in ssh.
            if let action = actions.first(where: { $0.key.byte == byte }) {
                asked.append(action)
                // What a terminal makes the end of input of, for the shell that is left behind.
                if action == .background { sent.writeInteger(UInt8(4)) }
                return action == .disconnect || action == .background ? .left : .lineStart
            }
            sent.writeBytes(byte == character ? [byte] : [character ?? byte, byte])
        case .left: return .left
        case .lineStart, .inLine: sent.writeInteger(byte)
        }
        return byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") ? .lineStart : .inLine
    }

    /// How an escape is written.
    func name(of action: Action) -> String { prefix + action.key.name }

    private var prefix: String { String(decoding: [character ?? 0], as: UTF8.self) }

    var help: String {
        let lines = actions.map { " \(name(of: $0))" + ($0.key.name.count > 1 ? "  " : "   ") + $0.key.help }
        return """
            \(prefix)?
            Supported escape sequences:
            \(lines.joined(separator: "\n"))
             \(prefix)\(prefix)   send the escape character itself
            (Escapes are recognised at the beginning of a line.)
            """
    }
}
