import Fairlead
import NIOCore
import SSHWire
import TestSupport
import Testing

/// An old network device, as a walk through its packets shows it: reached with the legacy profile, and only with that.
@Suite(.fewAtOnce) struct CiscoTests {
    @Test("B.1 B.2 B.17 B.27 the legacy profile logs in to a device with a bare LF, SHA-1 groups and SHA-1 signatures")
    func legacyProfile() async throws {
        let (info, output) = try await CiscoDevice().login { connection in
            (await connection.info, try await connection.run("echo in").output.text)
        }
        #expect(output == "in\n")
        #expect(info.serverIdentification == "SSH-2.0-Cisco-1.25")
        #expect(info.keyExchange == "diffie-hellman-group-exchange-sha1")
        #expect(info.hostKey?.typeName == "ssh-rsa")
        #expect(info.authenticationMethod == "password")
        #expect(!info.isStrict)
    }

    @Test("B.3 B.12 B.14 the connection tells both sides' eight lists, the device's as they are")
    func lists() async throws {
        let info = try await CiscoDevice().login { await $0.info }
        let (ciphers, macs) = (CiscoDevice.ciphers, CiscoDevice.macs)
        #expect(
            info.offers.map(\.theirs)
                == [CiscoDevice.keyExchanges, ["ssh-rsa"], ciphers, ciphers, macs, macs, ["none"], ["none"]])
        #expect(info.offers.allSatisfy { !$0.ours.isEmpty })
        #expect(info.compressionClientToServer == "none")
        #expect(info.hostKeyAlgorithm == "ssh-rsa")
    }

    // What the walk cuts off is filled in so that every length is the one it shows.
    @Test("B.5 B.6 B.7 B.8 B.9 B.10 B.11 the KEXINIT of the walk keeps all its lengths")
    func proposalOfTheWalk() throws {
        let cookie: [UInt8] = [
            0x47, 0xA9, 0x62, 0x15, 0xAF, 0xC9, 0x20, 0x03, 0x18, 0x0B, 0x60, 0x34, 0x29, 0x70, 0xA1, 0x05,
        ]
        let lists = Self.listsOfTheWalk.map { NameList($0.split(separator: ",").map { Name($0.utf8) }) }
        #expect(lists.map(\.joined.count) == [315, 123, 189, 155, 26])
        var proposal = KexInit(
            cookie: cookie, keyExchanges: lists[0], hostKeys: lists[1], ciphers: lists[2], macs: lists[3])
        (proposal.compressionsClientToServer, proposal.compressionsServerToClient) = (lists[4], lists[4])
        var body = ByteBuffer()
        proposal.encode(into: &body)
        let packet = PlainPackets.packet([20] + Array(body.readableBytesView))
        #expect(packet.count == 1256)
        #expect(packet.prefix(6) == [0, 0, 0x04, 0xE4, 11, 20])
        #expect(packet[6..<22] == cookie[...])
        let sent = PlainPackets(Array("SSH-2.0-PuTTY_Release_0.76\r\n".utf8) + packet)
        #expect(sent.identification.utf8.count == 28)
        var received = ByteBuffer(bytes: sent.payloads[0].dropFirst())
        #expect(try KexInit(from: &received) == proposal)
    }

    private static let listsOfTheWalk = [
        """
        curve448-sha512,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
        ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,\
        diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1,\
        diffie-hellman-group1-sha1,ext-info-c
        """,
        """
        rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed448,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,\
        ecdsa-sha2-nistp521,ssh-dss
        """,
        """
        aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc,\
        chacha20-poly1305@openssh.com,3des-ctr,3des-cbc,blowfish-ctr,blowfish-cbc,arcfour256,arcfour128
        """,
        """
        hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,\
        hmac-sha1-96-etm@openssh.com,hmac-md5-etm@openssh.com
        """,
        "none,zlib,zlib@openssh.com",
    ]

    @Test("B.14 of what the device has, the ciphers that the user prefers are taken")
    func preferredCipher() async throws {
        let info = try await CiscoDevice().login {
            try $0.select("^aes256-ctr", for: .cipher)
            try $0.select("^hmac-sha2-256", for: .mac)
        } _: {
            await $0.info
        }
        #expect(info.cipherClientToServer == "aes256-ctr")
        #expect(info.cipherServerToClient == "aes256-ctr")
        #expect(info.macClientToServer == "hmac-sha2-256")
        #expect(info.macServerToClient == "hmac-sha2-256")
    }

    @Test("B.2 B.4 B.12 B.26 the device speaks as the walk shows it: 19 bytes, 308 with 241 of names, NEWKEYS of 12")
    func deviceIsTheSeeds() async throws {
        let (client, device) = try await conversation()
        #expect(device.identification == "SSH-2.0-Cisco-1.25\n")
        #expect(device.identification.utf8.count == 19)
        let proposal = try #require(device.payloads.first)
        #expect(packetLength(device, 0) == 308)
        #expect(device.paddings.first == 4)
        #expect(proposal.first == 20)
        #expect(proposal.count == 1 + KexInit.cookieByteCount + 10 * 4 + 241 + 1 + 4)
        for side in [client, device] {
            let last = side.payloads.count - 1
            #expect(side.payloads[last] == [21])
            #expect(packetLength(side, last) == 12)
            #expect(side.paddings[last] == 10)
        }
    }

    @Test("B.15 B.18 group exchange in full: 34, 31, 32, 33, in the sizes of a group and a key of 2,048 bits")
    func groupExchange() async throws {
        let (client, device) = try await conversation()
        #expect(client.messageNumbers == [20, 34, 32, 21])
        #expect(device.messageNumbers == [20, 31, 33, 21])
        // On the wire as TCP counted them: 24 out, 280 in.
        #expect(4 + packetLength(client, 1) == 24)
        #expect(4 + packetLength(device, 1) == 280)
        var group = ByteBuffer(bytes: device.payloads[1].dropFirst())
        let prime: ByteBuffer = try group.readString()
        #expect(prime.readableBytes == 257)
        #expect(prime.getInteger(at: prime.readerIndex, as: UInt16.self) == 0x00FF)
        #expect(try Array(group.readString().readableBytesView) == [2])
        // A number's first byte may be 0 by chance, or need a 0 before it.
        var share = ByteBuffer(bytes: client.payloads[2].dropFirst())
        #expect((250...257).contains(try share.readString().readableBytes))
        try expectReply(device.payloads[2])
    }

    private func expectReply(_ payload: [UInt8]) throws {
        var reply = ByteBuffer(bytes: payload.dropFirst())
        var hostKey = try reply.readString()
        #expect(hostKey.readableBytes == 279)
        #expect(try hostKey.readString().text == "ssh-rsa")
        #expect(try Array(hostKey.readString().readableBytesView) == [1, 0, 1])
        #expect(try hostKey.readString().readableBytes == 257)
        #expect((250...257).contains(try reply.readString().readableBytes))
        let signature = try reply.readString()
        #expect(signature.readableBytes == 271)
        #expect(Payload.hexadecimal(Array(signature.readableBytesView.prefix(15))) == "000000077373682d72736100000100")
        #expect(reply.readableBytes == 0)
    }

    @Test("B.1 without group exchange, the 2,048-bit group with SHA-1 is taken")
    func fixedGroup() async throws {
        let (info, output) = try await CiscoDevice().login {
            try $0.select("-diffie-hellman-group-exchange-*", for: .keyExchange)
        } _: { connection in
            (await connection.info, try await connection.run("echo in").output.text)
        }
        #expect(info.keyExchange == "diffie-hellman-group14-sha1")
        #expect(output == "in\n")
    }

    @Test("B.28 in segments of any size the device's packets are the same", arguments: [1, 7, 536])
    func segments(size: Int) async throws {
        let output = try await CiscoDevice(segment: size).login { try await $0.run("echo in").output.text }
        #expect(output == "in\n")
    }

    @Test("B.13 other profiles refuse it", arguments: [AlgorithmProfile.standard, .strict, .interop])
    func refused(profile: AlgorithmProfile) async throws {
        let error = try #require(await CiscoDevice().failure { $0.profile = profile })
        #expect(error.stage == .negotiation)
        #expect(error.kind == .noCommonAlgorithm)
    }

    @Test("KI-19 B.13 the refusal has the slot, both lists, and the option that would help")
    func refusalTells() async throws {
        let error = try #require(await CiscoDevice().failure { $0.profile = .standard })
        #expect(error.offers?.slot == "key exchange")
        #expect(error.offers?.theirs == CiscoDevice.keyExchanges.joined(separator: ","))
        #expect(error.offers?.ours.contains("sha1") == false)
        let remedy = "--profile legacy, or -o KexAlgorithms=+diffie-hellman-group-exchange-sha1"
        #expect(error.offers?.remedy == remedy)
        #expect(error.message.contains(remedy))
    }

    @Test("B.17 a device that can only sign with SHA-1 is refused for that alone, with the option that would help")
    func signatureRefused() async throws {
        let error = try await CiscoDevice().failure {
            $0.profile = .standard
            try $0.select("+diffie-hellman-group14-sha1", for: .keyExchange)
        }
        #expect(error?.offers?.slot == "host key")
        #expect(error?.offers?.theirs == "ssh-rsa")
        #expect(error?.offers?.remedy == "--profile legacy, or -o HostKeyAlgorithms=+ssh-rsa")
        // And this is all that was missing.
        let output = try await CiscoDevice().login {
            $0.profile = .standard
            try $0.select("+diffie-hellman-group14-sha1", for: .keyExchange)
            try $0.select("+ssh-rsa", for: .hostKey)
        } _: {
            try await $0.run("echo in").output.text
        }
        #expect(output == "in\n")
    }

    @Test("B.1 B.13 the tool's --profile legacy reaches the device and says what it permits; without it, the way there")
    func tool() async throws {
        let server = try await CiscoDevice().server
        let result = try await server.tool(["--profile", "legacy"], ["echo in; exit 3"])
        #expect(result.exit == .status(3))
        #expect(result.outputText == "in\n")
        let announcement = result.errorText.split(separator: "\n").filter { $0.contains("legacy profile permits") }
        #expect(announcement.count == 1, "\(result.errorText)")
        for name in CiscoDevice.keyExchanges + ["ssh-rsa"] {
            #expect(announcement.first?.contains(name) == true, "\(name)")
        }
        let refused = try await server.tool([], ["echo in"])
        #expect(refused.exit == .status(255))
        #expect(refused.errorText.contains("--profile legacy"))
        #expect(refused.outputText == "")
    }

    /// What the legacy profile and the device say in the clear.
    private func conversation() async throws -> (client: PlainPackets, device: PlainPackets) {
        let device = try await CiscoDevice()
        try await device.login { _ in }
        return try await device.conversation()
    }

    /// The length as the packet tells it.
    private func packetLength(_ side: PlainPackets, _ index: Int) -> Int {
        1 + side.payloads[index].count + side.paddings[index]
    }
}
