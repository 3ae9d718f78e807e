import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import Synchronization
import TestSupport
import Testing

@testable import Fairlead

/// Trust that could be talked into: answers for ever, another connection, the loopback, a file that nobody can read.
@Suite struct HostTrustRuleTests {
    private static func key(_ number: UInt8) throws -> PublicKey {
        try PublicKey(
            SigningKey(ed25519Seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))).verificationKey)
    }

    private final class Insistent: LoginResponder {
        let asked = Mutex(0)
        /// How many answers are wrong.
        let patience: Int

        init(patience: Int = .max) {
            self.patience = patience
        }

        func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer {
            let count = asked.withLock {
                $0 += 1
                return $0
            }
            return count > patience ? .yes : .fingerprint("SHA256:another")
        }
    }

    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func configuration(
        _ policy: HostKeyPolicy, _ change: (inout HostVerification.KnownHostsOptions) -> Void = { _ in }
    ) -> SSHConfiguration {
        var options = HostVerification.KnownHostsOptions(userFiles: [folder.file("known_hosts")])
        options.policy = policy
        change(&options)
        return SSHConfiguration(
            host: "gate", port: 2222, user: "me", hostVerification: .knownHosts(options), credentials: [])
    }

    private func kind(_ trust: HostTrust, _ key: PublicKey, from address: SocketAddress? = nil) async -> SSHError.Kind?
    {
        do throws(SSHError) {
            _ = try await trust.verify(key, from: address)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("a program that answers with a fingerprint is not asked for ever")
    func insistentAnswer() async throws {
        var configuration = configuration(.ask)
        let responder = Insistent()
        configuration.responder = responder
        #expect(await kind(try await HostTrust.load(configuration), try Self.key(1)) == .hostKeyUnknown)
        #expect(responder.asked.withLock { $0 } == 3)
    }

    @Test("the last answer of the three counts like the first", arguments: [0, 1, 2])
    func lateAnswer(patience: Int) async throws {
        var configuration = configuration(.ask)
        let responder = Insistent(patience: patience)
        configuration.responder = responder
        #expect(await kind(try await HostTrust.load(configuration), try Self.key(1)) == nil)
        #expect(responder.asked.withLock { $0 } == patience + 1)
    }

    @Test("a connection that goes on for another trusts the same key, without a question, and no other")
    func settled() async throws {
        for policy in [HostKeyPolicy.acceptNew, .off] {
            var trust = try await HostTrust.load(configuration(policy))
            let token = try await trust.verify(try Self.key(1), from: nil)
            trust.settle(token)
            trust.settle(nil)
            #expect(await kind(trust, try Self.key(1)) == nil)
            #expect(await kind(trust, try Self.key(2)) == .hostKeyChanged)
        }
    }

    @Test(
        "CheckHostIP: another key for the address refuses the host where nobody agrees, and is news where nothing is checked"
    )
    func changedAddress() async throws {
        var random = RandomSource.system()
        var lines: [UInt8] = []
        for (host, number) in [("gate", UInt8(1)), ("192.0.2.1", 2)] {
            lines +=
                try KnownHosts.line(
                    host: host, port: 2222, key: Self.key(number), hashed: false, random: &random) + [0x0A]
        }
        try folder.write(lines, to: "known_hosts")
        let address = try SocketAddress(ipAddress: "192.0.2.1", port: 2222)
        let changed = SSHError.Kind.hostKeyChanged
        for (policy, expected) in [
            (HostKeyPolicy.strict, changed), (.acceptNew, changed), (.ask, changed), (.off, nil),
        ] {
            let configuration = configuration(policy) { $0.checksAddress = true }
            let trust = try await HostTrust.load(configuration)
            #expect(await kind(trust, try Self.key(1), from: address) == expected)
        }
    }

    @Test("a pin holds on the loopback too, whatever else may go unchecked there")
    func pinnedLoopback() async throws {
        let loopback = try SocketAddress(ipAddress: "127.0.0.1", port: 2222)
        let free = configuration(.strict) { $0.trustsLoopback = true }
        #expect(await kind(try await HostTrust.load(free), try Self.key(1), from: loopback) == nil)
        let fingerprint = try Self.key(1).fingerprint.sha256
        let pinned = configuration(.strict) {
            $0.trustsLoopback = true
            $0.pins = [fingerprint]
        }
        let trust = try await HostTrust.load(pinned)
        #expect(await kind(trust, try Self.key(1), from: loopback) == nil)
        #expect(await kind(trust, try Self.key(2), from: loopback) == .hostKeyUnknown)
    }

    @Test("under accept-new no key is new while a file of known hosts cannot be read")
    func unreadableFile() async throws {
        #expect(await kind(try await HostTrust.load(configuration(.acceptNew)), try Self.key(1)) == nil)
        _ = try folder.makeFolder("folder")
        let path = folder.file("folder")
        let spoiled = configuration(.acceptNew) { $0.globalFiles = [path] }
        #expect(await kind(try await HostTrust.load(spoiled), try Self.key(1)) == nil)
        #expect(await kind(try await HostTrust.load(spoiled), try Self.key(2)) == .hostKeyChanged)
        let fresh = configuration(.acceptNew) {
            $0.userFiles = [folder.file("other")]
            $0.globalFiles = [path]
        }
        #expect(await kind(try await HostTrust.load(fresh), try Self.key(2)) == .hostKeyUnknown)
    }
}
