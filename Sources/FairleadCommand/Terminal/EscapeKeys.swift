import NIOCore
import Synchronization

/// Escapes at the beginning of a line of a terminal session: `~.` ends the connection, `~?` lists them, `~~` sends one `~`.
final class EscapeKeys: Sendable {
    private enum Place { case lineStart, afterEscape, inLine, disconnected }

    private let character: UInt8
    private let disconnect: @Sendable () -> Void
    private let place = Mutex(Place.lineStart)

    init(character: UInt8, disconnect: @escaping @Sendable () -> Void) {
        self.character = character
        self.disconnect = disconnect
    }

    /// What of the typed bytes goes to the server.
    func filter(_ typed: ByteBuffer) -> ByteBuffer {
        var sent = ByteBuffer()
        place.withLock { place in
            for byte in typed.readableBytesView { place = take(byte, at: place, into: &sent) }
        }
        return sent
    }

    private func take(_ byte: UInt8, at place: Place, into sent: inout ByteBuffer) -> Place {
        switch place {
        case .lineStart where byte == character:
            return .afterEscape
        case .afterEscape:
            switch byte {
            case UInt8(ascii: "."):
                disconnect()
                return .disconnected
            case UInt8(ascii: "?"):
                Console.say(help)
                return .lineStart
            case character:
                sent.writeInteger(character)
                return .inLine
            default:
                sent.writeBytes([character, byte])
            }
        case .disconnected:
            return .disconnected
        case .lineStart, .inLine:
            sent.writeInteger(byte)
        }
        return byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") ? .lineStart : .inLine
    }

    private var help: String {
        let name = String(decoding: [character], as: UTF8.self)
        return """

            Supported escape sequences:
             \(name).   end the connection
             \(name)?   this message
             \(name)\(name)   send the escape character itself
            (Escapes are recognised at the beginning of a line.)
            """
    }
}
