import NIOCore
import SSHCrypto
import SSHWire
import Testing

@testable import SSHIdentity

/// Questions to an agent and its answers, byte by byte.
@Suite struct AgentCodecTests {
    private func encoded(_ request: AgentRequest) throws -> [UInt8] {
        var message = ByteBuffer()
        request.encode(into: &message)
        let byteCount = try message.readUInt32()
        #expect(Int(byteCount) == message.readableBytes)
        return Array(message.readableBytesView)
    }

    private func frame(_ body: [UInt8]) -> [UInt8] { string(body) }

    private func answer(_ bytes: [UInt8]) throws(WireError) -> AgentReply? {
        var buffer = ByteBuffer(bytes: bytes)
        return try AgentReply(from: &buffer)
    }

    @Test("questions are encoded as the draft says")
    func questions() throws {
        #expect(try encoded(.identities) == [11])
        let flags: [(SignatureAlgorithm, UInt8)] = [
            (.rsaSHA256, 2), (.rsaSHA512, 4), (.rsaSHA1, 0), (.ed25519, 0), (.ecdsaNISTP256, 0),
        ]
        for (algorithm, flag) in flags {
            let request = AgentRequest.sign(blob: [1, 2], data: [3], algorithm)
            #expect(try encoded(request) == [13] + string([1, 2]) + string([3]) + [0, 0, 0, flag])
        }
        let bind = AgentRequest.bind(hostKey: [1], sessionID: [2, 2], signature: [], isForwarding: true)
        let name = Array("session-bind@openssh.com".utf8)
        #expect(try encoded(bind) == [27] + string(name) + string([1]) + string([2, 2]) + string([]) + [1])
    }

    @Test(
        "D9: a constrained key is added by another message than a plain one, and its constraints end it",
        arguments: [
            (nil, false, 17, []), (nil, true, 25, [2]), (10, false, 25, [1, 0, 0, 0, 10]),
            (.max, true, 25, [1, 255, 255, 255, 255, 2]), (0, false, 25, [1, 0, 0, 0, 0]),
        ] as [(UInt32?, Bool, UInt8, [UInt8])])
    func constraints(lifetime: UInt32?, confirm: Bool, number: UInt8, end: [UInt8]) throws {
        let key = try testPrivateKey(1)
        guard case .ed25519(let point) = key.publicKey.verificationKey else { throw WireError.malformed }
        let seed = [1, 0, 0, 0] + [UInt8](repeating: 0x5A, count: 28)
        let fields = string("ssh-ed25519".utf8) + string(point) + string(seed + point)
        let bytes = try encoded(.add(key, comment: [7, 7], lifetime: lifetime, confirm: confirm))
        #expect(bytes == [number] + fields + string([7, 7]) + end)
    }

    @Test("a comment without end does not outgrow the room for the key's secrets")
    func longComment() throws {
        let long = [UInt8](repeating: 0x41, count: 100_000)
        let bytes = try encoded(.add(testPrivateKey(1), comment: long, lifetime: nil, confirm: false))
        #expect(bytes.count < AgentRequest.keyByteCount)
        #expect(Array(bytes.suffix(1028)) == string(long.prefix(1024)))
    }

    @Test("a secret number is written as the shortest mpint, whatever zeros it has in front")
    func secretNumbers() {
        for (magnitude, expected) in [
            ([], [0, 0, 0, 0]), ([0, 0], [0, 0, 0, 0]), ([0, 1], [0, 0, 0, 1, 1]), ([0x7F], [0, 0, 0, 1, 0x7F]),
            ([0x80], [0, 0, 0, 2, 0, 0x80]), ([0, 0, 0x80, 0], [0, 0, 0, 3, 0, 0x80, 0]),
        ] as [([UInt8], [UInt8])] {
            var buffer = ByteBuffer()
            buffer.writeSecretMPInt(SecretBytes(copying: magnitude))
            #expect(Array(buffer.readableBytesView) == expected)
        }
    }

    @Test(
        "an answer is read when its last byte is there; one byte more, inside or behind it, is an error",
        arguments: [
            ([5], .refused), ([28], .refused), ([6], .done), ([14, 0, 0, 0, 2, 8, 9], .signature([8, 9])),
            ([12, 0, 0, 0, 0], .identities([])),
            (
                [12, 0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 0, 2, 6, 6],
                .identities([AgentIdentity(blob: [7], comment: [6, 6])])
            ),
        ] as [([UInt8], AgentReply)])
    func answers(body: [UInt8], expected: AgentReply) throws {
        let whole = frame(body)
        for count in 0..<whole.count { #expect(try answer(Array(whole.prefix(count))) == nil) }
        #expect(try answer(whole) == expected)
        #expect(throws: WireError.trailingBytes(count: 1)) { try answer(frame(body + [0])) }
        #expect(throws: WireError.trailingBytes(count: 1)) { try answer(whole + [0]) }
        for count in 1..<body.count {
            #expect(throws: WireError.truncated, "\(count) bytes") { try answer(frame(Array(body.prefix(count)))) }
        }
    }

    @Test("D10: an answer longer than OpenSSH's, or of no length, is refused by its length alone")
    func lengths() throws {
        for length in [[0, 0, 0, 0], [0, 4, 0, 1], [255, 255, 255, 255]] as [[UInt8]] {
            #expect(throws: WireError.outOfRange) { try answer(length) }
        }
        #expect(try answer([0, 4, 0, 0]) == nil)
    }

    @Test("D10: 2,048 identities are read and 2,049 refused, whether they are there or not")
    func counts() throws {
        let pair = [UInt8](repeating: 0, count: 8)
        let most = [12, 0, 0, 8, 0] + Array(repeating: pair, count: 2048).joined()
        guard case .identities(let identities) = try answer(frame(most)) else { throw WireError.malformed }
        #expect(identities.count == 2048)
        #expect(throws: WireError.outOfRange) { try answer(frame([12, 0, 0, 8, 1] + most.dropFirst(5) + pair)) }
        #expect(throws: WireError.outOfRange) { try answer(frame([12, 255, 255, 255, 255])) }
    }

    @Test("every other message is of the wrong type")
    func otherMessages() {
        for number in UInt8(0)...255 where ![5, 6, 12, 14, 28].contains(number) {
            #expect(throws: WireError.wrongMessage(number: number)) { try answer(frame([number])) }
        }
    }
}
