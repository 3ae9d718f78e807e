import NIOCore
import SSHCore
import Testing

@Suite("Identification")
struct IdentificationTests {
    private func read(_ text: String) throws(ProtocolError) -> (Identification?, rest: String) {
        var reader = IdentificationReader()
        var bytes = ByteBuffer(string: text)
        let found = try reader.read(from: &bytes)
        return (found, String(buffer: bytes))
    }

    @Test("The line is taken without its terminator, and not a byte more")
    func line() throws {
        let (found, rest) = try read("hello\r\nSSH-2.0-Peer_1 a comment\r\nrest")
        #expect(found?.line == Array("SSH-2.0-Peer_1 a comment".utf8))
        #expect(found.map { Array($0.software) } == Array("Peer_1 a comment".utf8))
        #expect(rest == "rest")
    }

    @Test("A dash in the software version belongs to it")
    func dashes() throws {
        #expect(try read("SSH-2.0-a-b-\n").0.map { Array($0.software) } == Array("a-b-".utf8))
    }

    @Test("Without a line feed nothing is found yet")
    func unfinished() throws {
        #expect(try read("SSH-2.0-Peer").0 == nil)
    }

    @Test("The first line is quoted when the server is something else")
    func somethingElse() {
        var reader = IdentificationReader()
        var bytes = ByteBuffer(string: "\r\n220 mail.example ESMTP\r\n")
        #expect(throws: Never.self) { try reader.read(from: &bytes) }
        #expect(reader.closed() == .identification(.notSSH, firstLine: Array("220 mail.example ESMTP".utf8)))
        var silent = IdentificationReader()
        #expect(silent.closed() == .closed(.identification))
    }

    @Test("A server that is cut off in its identification is an SSH server all the same", arguments: 1...11)
    func cutOff(byteCount: Int) throws {
        for preceding in ["", "Welcome\r\n"] {
            var reader = IdentificationReader()
            var bytes = ByteBuffer(string: preceding + "SSH-2.0-Peer".prefix(byteCount))
            #expect(try reader.read(from: &bytes) == nil)
            #expect(reader.closed() == .closed(.identification))
        }
    }
}
