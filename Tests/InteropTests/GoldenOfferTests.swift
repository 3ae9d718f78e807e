import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

/// What a client offers, name for name, read off the wire by a listener that knows nothing of our own decoder.
@Suite(.fewAtOnce) struct GoldenOfferTests {
    /// The ten lists of a KEXINIT in their order (RFC 4253 §7.1), and the flag behind them.
    struct Offer: Equatable {
        var lists: [String]
        var guesses: Bool

        init?(_ payload: [UInt8]) {
            var body = ByteBuffer(bytes: payload.dropFirst(17))
            lists = []
            for _ in 0..<10 {
                guard let count = body.readInteger(as: UInt32.self), let text = body.readString(length: Int(count))
                else { return nil }
                lists.append(text)
            }
            guard payload.first == 20, let flag = body.readInteger(as: UInt8.self),
                body.readInteger(as: UInt32.self) == 0, body.readableBytes == 0
            else { return nil }
            guesses = flag != 0
        }

        /// Both directions alike, no languages, no guess.
        init(_ names: Names, compressions: String) {
            let (ciphers, macs) = (names.ciphers.joined(separator: ","), names.macs.joined(separator: ","))
            lists = [
                names.keyExchanges.joined(separator: ","), names.hostKeys.joined(separator: ","), ciphers, ciphers,
                macs,
                macs, compressions, compressions, "", "",
            ]
            guesses = false
        }
    }

    struct Names {
        var keyExchanges, hostKeys, ciphers, macs: [String]
    }

    /// What a processor with AES instructions offers; `swapped` without them.
    static func golden(_ profile: AlgorithmProfile, hasAES: Bool = CPU.hasAES) -> Names {
        var names = Names(
            keyExchanges: [
                "mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com",
                "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
                "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
                "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
            ],
            hostKeys: [
                "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
                "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
                "sk-ssh-ed25519-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
                "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com", "ssh-ed25519",
                "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", "rsa-sha2-512", "rsa-sha2-256",
            ],
            ciphers: [
                "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr",
                "aes192-ctr", "aes256-ctr",
            ],
            macs: [
                "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512",
            ])
        switch profile {
        case .standard: break
        case .strict:
            names = Names(
                keyExchanges: [
                    "mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com",
                ],
                hostKeys: [
                    "ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com",
                    "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com", "ssh-ed25519",
                    "sk-ssh-ed25519@openssh.com", "rsa-sha2-512", "rsa-sha2-256",
                ],
                ciphers: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"],
                macs: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"])
        case .legacy:
            names.keyExchanges += [
                "diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1",
            ]
            names.hostKeys += ["ssh-rsa"]
            names.ciphers += ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"]
            names.macs += ["hmac-sha1", "hmac-sha1-etm@openssh.com", "hmac-sha1-96"]
        case .interop:
            names.keyExchanges += [
                "curve448-sha512", "diffie-hellman-group15-sha512", "diffie-hellman-group17-sha512",
            ]
            names.hostKeys += ["ssh-ed448"]
        }
        if !hasAES {
            names.ciphers.removeAll { $0 == "chacha20-poly1305@openssh.com" }
            names.ciphers.insert("chacha20-poly1305@openssh.com", at: 0)
        }
        #if !PostQuantum
            names.keyExchanges.removeFirst()
        #endif
        names.keyExchanges += ["ext-info-c", "kex-strict-c-v00@openssh.com"]
        return names
    }

    private func offer(_ connect: (LoopbackServer) async throws -> Void) async throws -> Offer {
        try #require(Offer(try await payload(connect)))
    }

    /// A listener's name for itself, and then silence, until the client's KEXINIT is there.
    private func payload(_ connect: (LoopbackServer) async throws -> Void) async throws -> [UInt8] {
        let heard = Heard()
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Listening(heard))
            }
        }
        try await connect(server)
        return try #require(heard.first)
    }

    static let compressions: [(isAsked: Bool, list: String)] = [
        (false, "none,zlib@openssh.com"), (true, "zlib@openssh.com,none"),
    ]

    @Test(
        "the tool offers exactly the profile's names, and -C turns compression round",
        arguments: AlgorithmProfile.allCases, compressions)
    func tool(profile: AlgorithmProfile, compression: (isAsked: Bool, list: String)) async throws {
        let home = try TemporaryDirectory()
        let offer = try await offer { server in
            let result = try await FairleadTool.run(
                ["-F", "none", "-p", String(server.port), "--profile", profile.rawValue]
                    + (compression.isAsked ? ["-C"] : [])
                    + ["-o", "BatchMode=yes", "-o", "GlobalKnownHostsFile=/dev/null", "user@127.0.0.1", "true"],
                home: home.path)
            #expect(result.exit == .status(255))
        }
        #expect(offer == Offer(Self.golden(profile), compressions: compression.list))
    }

    @Test("the tool without --profile offers the default's names")
    func noProfile() async throws {
        let home = try TemporaryDirectory()
        let offer = try await offer { server in
            _ = try await FairleadTool.run(
                ["-F", "none", "-p", String(server.port), "-o", "BatchMode=yes", "user@127.0.0.1", "true"],
                home: home.path)
        }
        #expect(offer == Offer(Self.golden(.standard), compressions: "none,zlib@openssh.com"))
    }

    @Test(
        "the library offers exactly the profile's names, and compression as the configuration wants it",
        arguments: AlgorithmProfile.allCases, compressions)
    func library(profile: AlgorithmProfile, compression: (isAsked: Bool, list: String)) async throws {
        let offer = try await offer { server in
            var configuration = server.configuration
            configuration.profile = profile
            configuration.prefersCompression = compression.isAsked
            _ = await connectionFailure(configuration)
        }
        #expect(offer == Offer(Self.golden(profile), compressions: compression.list))
    }

    /// What the tool offers to a host of which known_hosts says this, `{host}` being its name there.
    private func offer(toHostOf lines: [String], _ profile: AlgorithmProfile) async throws -> [UInt8] {
        let home = try TemporaryDirectory()
        return try await payload { server in
            let text = lines.map { $0.replacingOccurrences(of: "{host}", with: "[127.0.0.1]:\(server.port)") + "\n" }
            try home.write(text.joined(), to: "known")
            let result = try await FairleadTool.run(
                ["-F", "none", "-p", String(server.port), "--profile", profile.rawValue]
                    + ["-o", "UserKnownHostsFile=\(home.file("known"))", "-o", "GlobalKnownHostsFile=/dev/null"]
                    + ["-o", "BatchMode=yes", "user@127.0.0.1", "true"], home: home.path)
            #expect(result.exit == .status(255))
        }
    }

    @Test(
        "C3 A stranger and a host that is known by our first type are sent the same KEXINIT, but for its cookie",
        arguments: AlgorithmProfile.allCases)
    func knownHost(profile: AlgorithmProfile) async throws {
        let line = { (key: SigningKey) in "{host} " + (try PublicKey(key.verificationKey).openSSHLine) }
        let (first, other) = (try line(TestKeys.ed25519()), try line(TestKeys.ecdsaNISTP256()))
        let stranger = try await offer(toHostOf: [], profile)
        for lines in [[first], [other, first], ["@cert-authority " + first]] {
            let known = try await offer(toHostOf: lines, profile)
            #expect(known.dropFirst(17) == stranger.dropFirst(17), "\(lines)")
        }
        // That the file counts at all shows where the host has another key alone.
        let elsewhere = try #require(Offer(try await offer(toHostOf: [other], profile)))
        let usual = try #require(Offer(stranger)).lists[1]
        #expect((elsewhere.lists[1] != usual) == usual.contains("ecdsa"), "\(elsewhere.lists[1])")
    }

    @Test("AES-GCM is first with AES instructions, ChaCha20 without", arguments: [true, false])
    func processor(hasAES: Bool) {
        let proposal = AlgorithmPolicy.standard(hasAES: hasAES).proposal(
            cookie: [UInt8](repeating: 0, count: 16), isFirst: true)
        var payload = ByteBuffer(bytes: [20])
        proposal.encode(into: &payload)
        let offer = Offer(Array(payload.readableBytesView))
        #expect(offer == Offer(Self.golden(.standard, hasAES: hasAES), compressions: "none,zlib@openssh.com"))
        #expect(
            offer?.lists[2].hasPrefix(hasAES ? "aes128-gcm@openssh.com," : "chacha20-poly1305@openssh.com,") == true)
    }
}

/// The first payload of the first client.
private final class Heard: Sendable {
    private let payload = Mutex<[UInt8]?>(nil)

    var first: [UInt8]? { payload.withLock { $0 } }

    func note(_ heard: [UInt8]) { payload.withLock { $0 = $0 ?? heard } }
}

/// Reads up to the first packet, then hangs up.
private final class Listening: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let heard: Heard
    private var bytes: [UInt8] = []

    init(_ heard: Heard) {
        self.heard = heard
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "SSH-2.0-Listener\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += Array(unwrapInboundIn(data).readableBytesView)
        guard let payload = PlainPackets(bytes).payloads.first else { return }
        heard.note(payload)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
