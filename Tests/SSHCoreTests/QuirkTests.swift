import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@testable import SSHCore

/// Ruling 14: what servers get wrong, one test each.
@Suite("Quirks of servers")
struct QuirkTests {
    private func conversation(
        _ software: String, _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.identification = Array("SSH-2.0-\(software)".utf8)
        try change(&configuration, &script)
        return try Conversation(configuration, script: script).run()
    }

    @Test("Cisco-1.* is asked for groups of 4,096 bits at most, others for what the cipher deserves")
    func groups() throws {
        func request(_ software: String, _ cipher: Name) throws -> KexDHGexRequest? {
            let conversation = try conversation(software) { configuration, script in
                try ShareRows.only(.groupExchangeSHA256)(&configuration, &script)
                configuration.cipherNames = [cipher]
            }
            #expect(conversation.record.isLoggedIn)
            return conversation.peer.messages(KexDHGexRequest.self).first
        }
        #expect(
            try request("Cisco-1.25", "aes256-ctr") == KexDHGexRequest(minimum: 2048, preferred: 4096, maximum: 4096))
        #expect(
            try request("Cisco-1.25", "aes128-ctr") == KexDHGexRequest(minimum: 2048, preferred: 3072, maximum: 4096))
        for (cipher, preferred) in [("aes128-ctr", 3072), ("aes192-ctr", 7680), ("aes256-ctr", 8192)]
            as [(Name, UInt32)]
        {
            let expected = KexDHGexRequest(minimum: 2048, preferred: preferred, maximum: 8192)
            #expect(try request("Cisco-2.0", cipher) == expected)
        }
        let tooLarge = try conversation("Cisco-1.25") { configuration, script in
            try ShareRows.only(.groupExchangeSHA256)(&configuration, &script)
            configuration.group = try FiniteFieldGroup(.group17)
        }
        #expect(tooLarge.record.errors.map(\.kind) == [.keyExchange])
    }

    @Test("OpenSSH 6.5 and 6.6 keep the zeros in front of X25519's secret; with them we do so too")
    func zeros() throws {
        func attempt(_ software: String, _ seed: UInt64) throws -> Conversation {
            try conversation(software) { configuration, script in
                configuration.keyExchangeNames = ["curve25519-sha256"]
                configuration.keepsZerosOfSecret = true
                configuration.seed = 1000 + seed
                script.seed = seed
                script.commands = []
            }
        }
        // One secret in 256 begins with a zero byte: the seed with which nobody else could talk to such a server.
        var seed: UInt64 = 0
        while seed < 4000, try attempt("OpenSSH_6.7p1", seed).record.isLoggedIn { seed += 1 }
        #expect(try attempt("OpenSSH_6.7p1", seed).record.errors.map(\.kind) == [.hostSignature])
        for software in ["OpenSSH_6.5", "OpenSSH_6.6p1 Ubuntu-2ubuntu1"] {
            #expect(try attempt(software, seed).record.isLoggedIn)
            #expect(try attempt(software, seed + 1).record.isLoggedIn)
        }
    }

    @Test("OpenSSH 7.4 takes SHA-2 for RSA keys, whatever its server-sig-algs leave out")
    func signatures() throws {
        let key = try PublicKey(TestKeys.rsa().verificationKey)
        func algorithms(_ software: String) throws -> [SignatureAlgorithm] {
            let conversation = try conversation(software) { configuration, _ in
                configuration.extensions = [
                    ExtInfo.Extension(
                        name: ExtInfo.serverSignatureAlgorithms, value: ByteBuffer(string: "ssh-ed25519,ssh-rsa"))
                ]
            }
            #expect(conversation.record.isLoggedIn)
            return conversation.engine.signatureAlgorithms(for: key)
        }
        #expect(try algorithms("OpenSSH_7.4p1") == [.rsaSHA512, .rsaSHA256])
        #expect(try algorithms("OpenSSH_7.5") == [])
    }

    @Test("OpenSSH before 7.8 knows certificates of RSA keys by their oldest name alone, others as everybody does")
    func certificates() throws {
        let rsa = try PublicKey(TestKeys.rsa().verificationKey)
        let curve = try PublicKey(TestKeys.ed25519().verificationKey)
        func algorithms(_ software: String, _ profile: AlgorithmPolicy.Profile, _ key: PublicKey) throws
            -> [SignatureAlgorithm]
        {
            let conversation = try conversation(software) { _, script in
                script.configuration.algorithms.logins = AlgorithmPolicy(profile).logins
            }
            #expect(conversation.record.isLoggedIn)
            return conversation.engine.signatureAlgorithms(for: key, isCertificate: true)
        }
        for software in ["OpenSSH_5.3", "OpenSSH_6.0p1", "OpenSSH_6.6.1p1", "OpenSSH_7.4", "OpenSSH_7.7p1 Debian-4"] {
            #expect(try algorithms(software, .standard, rsa) == [])
            #expect(try algorithms(software, .legacy, rsa) == [.rsaSHA1Certificate])
            #expect(try algorithms(software, .standard, curve) == [.ed25519Certificate])
        }
        for software in ["OpenSSH_7.8p1", "OpenSSH_7.9p1", "OpenSSH_8.0", "OpenSSH_10.2", "AsyncSSH_2.10"] {
            #expect(try algorithms(software, .standard, rsa) == [.rsaSHA512Certificate, .rsaSHA256Certificate])
            #expect(try algorithms(software, .standard, curve) == [.ed25519Certificate])
        }
    }

    @Test("Sun_SSH_1.0 never sees a key exchange that we start, and has its own answered")
    func noRekey() throws {
        func session(_ software: String) throws -> Conversation {
            let conversation = try conversation(software) { configuration, script in
                configuration.program = { _ in [] }
                script.endsInput = false
                script.configuration.rekeyLimit.byteCount = 10_000
                script.configuration.rekeyLimit.interval = .seconds(60)
            }
            conversation.perform(.rekey)
            conversation.write([UInt8](repeating: 1, count: 100_000), to: ChannelID(rawValue: 0))
            conversation.run()
            conversation.passDeadlines { $0.clock.now.sinceStart >= .seconds(600) }
            #expect(conversation.record.errors.isEmpty)
            #expect(conversation.peer.channels.values.first?.input.count == 100_000)
            return conversation
        }
        let sun = try session("Sun_SSH_1.0.1")
        #expect(sun.engine.rekeyCount == 0)
        sun.peer.startRekey()
        sun.run()
        #expect(sun.engine.rekeyCount == 1 && sun.record.errors.isEmpty)
        #expect(try session("Sun_SSH_1.1").engine.rekeyCount > 3)
    }
}
