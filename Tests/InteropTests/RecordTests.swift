import Fairlead
import NIOCore
import Synchronization
import TestSupport
import Testing

/// The record of messages and `connection.info`, against what a real server says and does.
@Suite(.fewAtOnce) struct RecordTests {
    private final class Log: Sendable {
        private let records = Mutex<[MessageRecord]>([])
        func add(_ record: MessageRecord) { records.withLock { $0.append(record) } }
        var all: [MessageRecord] { records.withLock { $0 } }
    }

    /// Logs in, runs a command, and returns what went on record.
    private func records(
        _ server: OpenSSHServer, _ change: (inout SSHConfiguration) throws -> Void
    ) async throws -> (records: [MessageRecord], info: ConnectionInfo) {
        let log = Log()
        var configuration = server.configuration()
        configuration.onMessage = { log.add($0) }
        try change(&configuration)
        let info = try await withSSHConnection(configuration) { connection in
            let result = try await connection.run("echo here")
            #expect(result.output == ByteBuffer(string: "here\n"))
            return await connection.info
        }
        return (log.all, info)
    }

    private func field(_ record: MessageRecord, _ name: String) throws -> MessageRecord.Field {
        try #require(record.fields.first { $0.name == name }, "\(record.name) has no \(name)")
    }

    @Test(
        "A login reads like the seeds' captures: proposals, shares, the host's 64-byte signature, NEWKEYS, the service")
    func handshake() async throws {
        let server = try await OpenSSHServer()
        let (records, info) = try await records(server) {
            try $0.select("curve25519-sha256", for: .keyExchange)
            try $0.select("ssh-ed25519", for: .hostKey)
        }
        func record(_ name: String, _ direction: MessageRecord.Direction) throws -> MessageRecord {
            try #require(records.first { $0.name == name && $0.direction == direction }, "no \(name)")
        }
        let lines = records.filter { $0.number == nil }
        #expect(lines.map(\.direction) == [.sent, .received])
        #expect(
            lines.map { $0.fields[0].value } == [.text(info.clientIdentification), .text(info.serverIdentification)])
        #expect(lines[1].payloadByteCount == info.serverIdentification.utf8.count + 2)
        for (direction, list) in [(MessageRecord.Direction.sent, \ConnectionInfo.Offer.ours), (.received, \.theirs)] {
            let proposal = try record("KEXINIT", direction)
            #expect(proposal.number == 20 && !proposal.isEncrypted && proposal.sequenceNumber == 0)
            #expect(try field(proposal, "cookie").byteCount == 16)
            let lists = proposal.fields.compactMap { field -> [String]? in
                guard case .names(let names) = field.value else { return nil }
                return names
            }
            #expect(lists.prefix(8) == info.offers.map { $0[keyPath: list] }[...])
            #expect(lists.count == 10)
        }
        let share = try record("KEX_ECDH_INIT", .sent)
        #expect(share.number == 30 && share.payloadByteCount == 37 && share.packetLength == 44)
        #expect(try field(share, "Q_C").byteCount == 32)
        let reply = try record("KEX_ECDH_REPLY", .received)
        #expect(reply.number == 31)
        #expect(reply.fields.map(\.byteCount) == [51, 11, 32, 32, 83, 11, 64])
        #expect(try field(reply, "signature.format identifier").value == .text("ssh-ed25519"))
        #expect(try field(reply, "signature.data").byteCount == 64)
        for direction in [MessageRecord.Direction.sent, .received] {
            let newKeys = try record("NEWKEYS", direction)
            #expect(!newKeys.isEncrypted && newKeys.packetLength == 12)
            let mine = records.filter { $0.direction == direction }
            let next = mine[try #require(mine.firstIndex(of: newKeys)) + 1]
            #expect(next.isEncrypted)
            #expect(info.isStrict && next.sequenceNumber == 0)
        }
        let request = try record("SERVICE_REQUEST", .sent)
        #expect(try field(request, "service name").value == .text("ssh-userauth"))
        let acceptance = try record("SERVICE_ACCEPT", .received)
        #expect(try field(acceptance, "service name").value == .text("ssh-userauth"))
        let login = try record("USERAUTH_REQUEST", .sent)
        #expect(try field(login, "user name").value == .text(server.user))
        let run = try record("CHANNEL_REQUEST", .sent)
        #expect(try field(run, "command").value == .text("echo here"))
        let data = try record("CHANNEL_DATA", .received)
        #expect(data.fields.map(\.value) == [.number(0), .data] && data.fields[1].byteCount == 5)
        #expect(records.last?.name == "DISCONNECT")
        #expect(!records.flatMap(\.fields).contains { $0.value == .undecoded })
        #expect(zip(records, records.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test("A group exchange shows its four messages, and the sizes of the group, the shares, an RSA key and signature")
    func groupExchange() async throws {
        let server = try await OpenSSHServer()
        let (records, info) = try await records(server) {
            try $0.select("diffie-hellman-group-exchange-sha256", for: .keyExchange)
            try $0.select("rsa-sha2-512", for: .hostKey)
            try $0.select("aes128-ctr", for: .cipher)
        }
        #expect(info.hostKeyAlgorithm == "rsa-sha2-512")
        #expect(info.macClientToServer != nil && info.compressionClientToServer == "none")
        let exchange = records.filter { (30...34).contains($0.number ?? 0) }
        #expect(exchange.map(\.number) == [34, 31, 32, 33])
        try #require(exchange.count == 4)
        let names = ["KEX_DH_GEX_REQUEST", "KEX_DH_GEX_GROUP", "KEX_DH_GEX_INIT", "KEX_DH_GEX_REPLY"]
        #expect(exchange.map(\.name) == names)
        #expect(exchange[0].fields.map(\.value) == [.number(2048), .number(3072), .number(8192)])
        // As in the seeds' capture: 24 bytes out.
        #expect(exchange[0].packetLength == 20)
        guard case .integer(_, let primeBitCount) = try field(exchange[1], "p").value,
            case .integer(let generator, _) = try field(exchange[1], "g").value
        else {
            Issue.record("the group is not made of numbers")
            return
        }
        // The server's list has primes of one bit less than their nominal size.
        #expect((3071...8192).contains(primeBitCount))
        #expect(generator.count == 1)
        #expect(try field(exchange[1], "g").byteCount == 1)
        for share in [try field(exchange[2], "e"), try field(exchange[3], "f")] {
            guard case .integer(_, let bitCount) = share.value else {
                Issue.record("\(share.name) is not a number")
                return
            }
            #expect((primeBitCount - 64...primeBitCount).contains(bitCount))
        }
        let reply = exchange[3]
        #expect(try field(reply, "K_S.format identifier").value == .text("ssh-rsa"))
        #expect(try field(reply, "K_S.e").value == .integer([1, 0, 1], bitCount: 17))
        let modulus = try field(reply, "K_S.n")
        #expect(try field(reply, "K_S").byteCount == 4 + 7 + 4 + 3 + 4 + modulus.byteCount)
        #expect(try field(reply, "signature.format identifier").value == .text("rsa-sha2-512"))
        #expect(try field(reply, "signature.data").byteCount == modulus.byteCount - 1)
    }

    @Test("Both sides' lists are those of the two configurations, and each choice is the first of ours that theirs has")
    func lists() async throws {
        let queries = [("KexAlgorithms", "kex"), ("Ciphers", "cipher"), ("MACs", "mac")]
        var lines: [String] = []
        for (keyword, query) in queries { lines.append(try await OpenSSHServer.everything(keyword, query)) }
        let configured = lines
        let server = try await OpenSSHServer {
            $0.lines = configured
            $0.hostKeys = [.ed25519]
        }
        let (_, info) = try await records(server) {
            try $0.select("aes256-ctr,aes128-ctr", for: .cipher)
            try $0.select("hmac-sha2-512,hmac-sha2-256", for: .mac)
        }
        let slots = [
            "key exchange", "host key", "cipher, client to server", "cipher, server to client", "MAC, client to server",
            "MAC, server to client", "compression, client to server", "compression, server to client",
        ]
        #expect(info.offers.map(\.slot) == slots)
        try #require(info.offers.count == 8)
        let known = configured.map { $0.split(separator: " ")[1].split(separator: ",").map(String.init) }
        let exchanges = info.offers[0].theirs.filter { !$0.hasPrefix("kex-strict-s") && $0 != "ext-info-s" }
        #expect(exchanges == known[0])
        #expect(info.offers[1].theirs == ["ssh-ed25519"])
        for (index, list) in [(2, known[1]), (3, known[1]), (4, known[2]), (5, known[2])] {
            #expect(info.offers[index].theirs == list)
        }
        #expect(info.offers[2].ours == ["aes256-ctr", "aes128-ctr"] && info.offers[3].ours == info.offers[2].ours)
        #expect(info.offers[4].ours == ["hmac-sha2-512", "hmac-sha2-256"])
        #expect(info.offers[0].ours.suffix(2) == ["ext-info-c", "kex-strict-c-v00@openssh.com"])
        let chosen = [
            info.keyExchange, info.hostKeyAlgorithm, info.cipherClientToServer, info.cipherServerToClient,
            info.macClientToServer, info.macServerToClient, info.compressionClientToServer,
            info.compressionServerToClient,
        ]
        #expect(chosen == info.offers.map { offer in offer.ours.first { offer.theirs.contains($0) } })
    }

    @Test("The counters move with what is sent and received; ends, extensions and rekeys are told")
    func counters() async throws {
        let server = try await OpenSSHServer()
        var configuration = server.configuration()
        configuration.rekeyByteCount = 1 << 20
        try await withSSHConnection(configuration) { connection in
            let before = await connection.info
            #expect(before.rekeyCount == 0)
            #expect(before.remoteAddress?.port == server.port)
            #expect(before.remoteAddress?.ipAddress == server.host && before.localAddress?.ipAddress == server.host)
            #expect(before.serverSignatureAlgorithms?.contains("rsa-sha2-512") == true)
            #expect(before.roundTripTime.map { $0 > .zero } == true)
            #expect(before.sentByteCount > 1000 && before.receivedByteCount > 1000)
            let output = try await connection.run("head -c 3000000 /dev/zero").output
            #expect(output.readableBytes == 3_000_000)
            let after = await connection.info
            #expect(after.receivedByteCount - before.receivedByteCount > 3_000_000)
            #expect(after.receivedPacketCount - before.receivedPacketCount > 3_000_000 / 32_768)
            #expect(after.sentPacketCount > before.sentPacketCount)
            #expect(after.sentByteCount - before.sentByteCount < 100_000)
            // The window is smaller than the output: what is left of it waits for the new keys.
            #expect(after.rekeyCount >= 1)
        }
    }
}
