import NIOCore
import Synchronization
import Testing

@testable import FairleadCommand

@Suite struct EscapeKeysTests {
    /// Types the pieces, each a read of its own.
    private func type(_ pieces: String..., character: Character = "~") throws -> (sent: String, disconnects: Int) {
        let count = Counter()
        let keys = EscapeKeys(character: character.asciiValue) { action, _ in if action == .disconnect { count.add() } }
        let sent = pieces.map { String(buffer: keys.filter(ByteBuffer(string: $0))) }
        return (sent.joined(), count.value)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    @Test("the escape character ends the connection at the very beginning, and after CR and LF")
    func lineStart() throws {
        for before in ["", "x\r", "x\n", "\r\n", "\r\r"] {
            let typed = try type(before + "~.")
            #expect(typed == (before, 1))
        }
    }

    @Test("elsewhere it is a character like others")
    func inLine() throws {
        for text in ["x~.", " ~.", "x~~", "x~?", "\r x~."] {
            let typed = try type(text)
            #expect(typed == (text, 0))
        }
    }

    @Test("twice at the start of a line sends one, which starts the line")
    func doubled() throws {
        #expect(try type("~~") == ("~", 0))
        #expect(try type("~~~.") == ("~~.", 0))
        #expect(try type("~~.\r~~x") == ("~.\r~x", 0))
    }

    @Test("before a character that is no escape both are sent")
    func unknownEscape() throws {
        #expect(try type("~x~.") == ("~x~.", 0))
        #expect(try type("~\r~.") == ("~\r", 1))
    }

    @Test("nothing is sent for ~?, and the next escape is still at the start of the line")
    func help() throws {
        #expect(try type("~?~.") == ("", 1))
    }

    @Test("what is typed arrives split in any way")
    func split() throws {
        #expect(try type("a\r", "~", ".") == ("a\r", 1))
        #expect(try type("~", "~", ".") == ("~.", 0))
        #expect(try type("x", "~", ".") == ("x~.", 0))
        #expect(try type("\n", "", "~", "", "?", "~", "x") == ("\n~x", 0))
    }

    @Test("nothing that was typed behind ~. is sent")
    func afterDisconnect() throws {
        #expect(try type("ls\r~.rm x\r", "y\r~.") == ("ls\r", 1))
    }

    @Test("every byte but the escape passes as it is")
    func transparency() throws {
        let all = (0...255).map { UInt8($0) }
        let keys = EscapeKeys(character: UInt8(ascii: "~")) { action, _ in Issue.record("\(action)") }
        #expect(Array(keys.filter(ByteBuffer(bytes: all)).readableBytesView) == all)
    }

    @Test("another character may be the escape, and then ~ is none")
    func otherCharacter() throws {
        #expect(try type("~.\r%%%.\r%.", character: "%") == ("~.\r%%.\r", 1))
    }

    @Test("an escape character that is itself the key of an escape, or ends a line, is what ssh makes of it")
    func oddCharacters() throws {
        #expect(try type("x\r..rm", character: ".") == ("x\r", 1))
        #expect(try type("\r\r\r.", character: "\r") == ("\r", 1))
    }
}
