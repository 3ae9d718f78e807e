import NIOCore
import SSHWire
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("A message reads and writes what the RFC lays out", arguments: MessageSample.all)
    func roundTrip(sample: MessageSample) throws {
        #expect(try sample.reencode(ByteBuffer(bytes: sample.payload)) == sample.payload)
    }

    @Test(
        "A truncated message throws; what ends in ignored or undecoded bytes may be shorter",
        arguments: MessageSample.all)
    func truncation(sample: MessageSample) {
        for count in 0..<sample.payload.count {
            let outcome = Result { try sample.reencode(ByteBuffer(bytes: sample.payload.prefix(count))) }
            switch outcome {
            case .success: #expect(sample.isWhole(prefix: count), "\(count) bytes")
            case .failure(let error):
                #expect(error as? WireError == .truncated, "\(count) bytes")
                #expect(!sample.isWhole(prefix: count), "\(count) bytes")
            }
        }
    }

    @Test("One byte too many throws, or is ignored, or is carried undecoded", arguments: MessageSample.all)
    func trailingByte(sample: MessageSample) throws {
        let longer = ByteBuffer(bytes: sample.payload + [0x5A])
        switch sample.tail {
        case .nothing: #expect(throws: WireError.trailingBytes(count: 1)) { try sample.reencode(longer) }
        case .ignored: #expect(try sample.reencode(longer) == sample.payload)
        case .undecoded: #expect(try sample.reencode(longer) == sample.payload + [0x5A])
        }
    }

    @Test(
        "A string whose length lies throws or reads as less; it never reaches past the end",
        arguments: MessageSample.all)
    func lies(sample: MessageSample) {
        for (offset, isRequired) in sample.stringOffsets {
            let rest = UInt32(sample.payload.count - offset - 4)
            for lie in [0, rest, rest + 1, 1 << 31, UInt32.max] {
                var payload = sample.payload
                payload.replaceSubrange(offset..<offset + 4, with: Field.bigEndian(lie))
                let outcome = Result { try sample.reencode(ByteBuffer(bytes: payload)) }
                switch outcome {
                case .success(let bytes):
                    #expect(lie <= rest || !isRequired, "\(lie) at \(offset)")
                    #expect(bytes.count <= payload.count + 8)
                case .failure(let error): #expect(error is WireError, "\(lie) at \(offset): \(error)")
                }
            }
        }
    }

    @Test("Another message's number throws, and so does no number", arguments: MessageSample.all)
    func wrongNumber(sample: MessageSample) {
        var payload = sample.payload
        payload[0] ^= 0x80
        #expect(throws: WireError.wrongMessage(number: payload[0])) { try sample.reencode(ByteBuffer(bytes: payload)) }
        #expect(throws: WireError.truncated) { try sample.reencode(ByteBuffer()) }
    }

    @Test("Any single byte may be anything without harm", arguments: MessageSample.all)
    func anyByte(sample: MessageSample) {
        for index in sample.payload.indices.dropFirst() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var payload = sample.payload
                payload[index] = value
                do { _ = try sample.reencode(ByteBuffer(bytes: payload)) } catch {
                    #expect(error is WireError, "\(value) at \(index): \(error)")
                }
            }
        }
    }

    @Test("The samples hold every message number that has a name, but REQUEST_SUCCESS, which has no layout of its own")
    func complete() {
        let named = (UInt8.min...UInt8.max).filter { MessageNumber(rawValue: $0).name != "message \($0)" }
        #expect(Set(named).subtracting(MessageSample.all.map(\.number)) == [81])
        #expect(MessageNumber(rawValue: 200).name == "message 200")
        #expect(MessageNumber.kexInit.name == "KEXINIT")
    }

    @Test("DISCONNECT keeps what it can read")
    func disconnect() throws {
        let reasonAlone = try Disconnect(payload: ByteBuffer(bytes: [1, 0, 0, 0, 2]))
        #expect(reasonAlone.reason == .protocolError)
        #expect(reasonAlone.description.readableBytes == 0)
        #expect(try Disconnect(payload: ByteBuffer(bytes: [1])).reason.rawValue == 0)
        let whole = try Disconnect(payload: Disconnect(reason: .byApplication, description: "bye").payload)
        #expect(whole.reason == .byApplication)
        #expect(whole.description == ByteBuffer(string: "bye"))
    }

    @Test("A login request of another method is malformed")
    func otherMethod() {
        var payload = ByteBuffer(bytes: [50])
        UserauthRequest.encodeHead(user: [1], service: "ssh-connection", method: "password", into: &payload)
        #expect(throws: WireError.malformed) { try UserauthRequest(payload: payload) }
    }

    @Test("What a key signs is the session identifier and the request up to its signature")
    func dataToSign() {
        let request = UserauthRequest(
            user: [98, 111, 98], method: .publicKey(algorithm: "ssh-ed25519", blob: [1, 2], signature: [3]))
        let unsigned = Array(request.payload.readableBytesView.dropLast(5))
        let data = request.dataToSign(sessionID: [9, 8])
        #expect(data == [0, 0, 0, 2, 9, 8] + unsigned)
    }

    @Test("EXT_INFO does not believe its count, and the last of a name counts")
    func extensions() throws {
        for count in [1, 1024] as [UInt32] {
            #expect(throws: WireError.truncated) {
                try ExtInfo(payload: ByteBuffer(bytes: [7] + Field.bigEndian(count)))
            }
        }
        for count in [1025, 1 << 31, UInt32.max] {
            #expect(throws: WireError.outOfRange) {
                try ExtInfo(payload: ByteBuffer(bytes: [7] + Field.bigEndian(count)))
            }
        }
        let twice = ExtInfo(
            extensions: [
                ExtInfo.Extension(name: "a", value: ByteBuffer(string: "1")),
                ExtInfo.Extension(name: "a", value: ByteBuffer(string: "2")),
            ])
        #expect(twice.value(of: "a") == ByteBuffer(string: "2"))
        #expect(twice.value(of: "b") == nil)
    }

    @Test("SERVICE_ACCEPT may be empty")
    func emptyServiceAccept() throws {
        #expect(try ServiceAccept(payload: ByteBuffer(bytes: [6])).service == nil)
    }
}
