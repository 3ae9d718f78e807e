import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@testable import Fairlead

/// What an announcement of host keys may change (ruling 20, attacks C12).
@Suite struct HostKeyUpdateTests {
    private static func key(_ number: UInt8) throws -> PublicKey {
        try PublicKey(
            SigningKey(ed25519Seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))).verificationKey)
    }

    /// Known hosts in two files of the user and one of the system; `k1`, `k2`… stand for keys.
    private struct Scene {
        let folder: TemporaryDirectory
        var options: HostVerification.KnownHostsOptions
        let configuration: SSHConfiguration

        init(
            _ user: String, second: String = "", global: String = "",
            _ change: (inout HostVerification.KnownHostsOptions) -> Void = { _ in }
        ) throws {
            folder = try TemporaryDirectory()
            for (name, text) in [("first", user), ("second", second), ("global", global)] {
                var text = text
                for number in UInt8(1)...5 {
                    text = text.replacing("k\(number)", with: try HostKeyUpdateTests.key(number).openSSHLine)
                }
                try folder.write(text, to: name)
            }
            options = .init(userFiles: [folder.file("first"), folder.file("second")])
            options.globalFiles = [folder.file("global")]
            options.updatesHostKeys = .yes
            change(&options)
            configuration = SSHConfiguration(
                host: "gate", port: 2222, user: "me", hostVerification: .knownHosts(options), credentials: [])
        }

        /// The keys learned and forgotten, by their numbers; nil where the file is left alone.
        func update(shown: UInt8 = 1, announced: [UInt8]) async throws -> [[UInt8]]? {
            let trust = try await HostTrust.load(configuration)
            let key = try HostKeyUpdateTests.key(shown)
            let token = try await trust.verify(key, from: nil)
            let update = await trust.update(
                after: token, announced: try announced.map { try HostKeyUpdateTests.key($0) })
            guard let update else { return nil }
            let before = try folder.bytes(of: "first")
            await trust.perform(update)
            guard try folder.bytes(of: "first") != before else { return nil }
            var known = KnownHosts()
            known.add(file: "", contents: try folder.bytes(of: "first"))
            let keys = Set(known.keys(host: "gate", port: 2222).map(\.fingerprint))
            for key in update.added { #expect(keys.contains(key.fingerprint)) }
            for record in update.removed { #expect(!keys.contains(record.fingerprint)) }
            #expect(keys.contains(key.fingerprint))
            return try [
                announced.filter { number in try update.added.contains(HostKeyUpdateTests.key(number)) },
                (1...5).filter { number in
                    let fingerprint = try HostKeyUpdateTests.key(number).fingerprint
                    return update.removed.contains { $0.fingerprint == fingerprint }
                },
            ]
        }
    }

    private let line = "[gate]:2222 k1\n"

    @Test("C12 new keys are learned and those that are announced no more are forgotten, where lines are simple")
    func simple() async throws {
        #expect(try await Scene(line).update(announced: [1, 2, 3]) == [[2, 3], []])
        #expect(try await Scene(line + "[gate]:2222 k2\n").update(announced: [1, 3]) == [[3], [2]])
        #expect(try await Scene(line + "[gate]:2222 k2\n").update(announced: [1]) == [[], [2]])
        #expect(try await Scene(line + "# note\nother k4\n").update(announced: [1, 2]) == [[2], []])
        let hashed = try Scene(line) { $0.hashesNames = true }
        #expect(try await hashed.update(announced: [1, 2]) == [[2], []])
        #expect(try hashed.folder.text(of: "first").contains("|1|"))
    }

    @Test("C12 nothing changes where nothing is new, or the key that was shown is not announced")
    func nothing() async throws {
        #expect(try await Scene(line).update(announced: [1]) == nil)
        #expect(try await Scene(line).update(announced: [2, 3]) == nil)
        #expect(try await Scene(line).update(announced: []) == nil)
    }

    @Test(
        "C12 ruling 20: an authority, a pattern, several names, a revoked key, another name or file keep all as it is",
        arguments: [
            "@cert-authority [gate]:2222 k5\n", "@cert-authority * k5\n", "@revoked * k2\n", "[gate]:2222,other k3\n",
            "[gat?]:2222 k3\n", "[gate]:2222,!x k3\n", "other k2\n", "gate k2\n", "[gate]:22 k2\n",
        ])
    func arranged(other: String) async throws {
        #expect(try await Scene(line + other).update(announced: [1, 2]) == nil, "\(other)")
        #expect(try await Scene(line, second: other).update(announced: [1, 2]) == nil, "second file: \(other)")
        #expect(try await Scene(line, global: other).update(announced: [1, 2]) == nil, "global file: \(other)")
    }

    @Test("C12 a key that is to be forgotten and has another name stays, and so does all else")
    func forgottenElsewhere() async throws {
        #expect(try await Scene(line + "[gate]:2222 k3\nother k3\n").update(announced: [1, 2]) == nil)
        #expect(try await Scene(line + "[gate]:2222 k3\n", second: "other k3\n").update(announced: [1, 2]) == nil)
    }

    @Test("C12 a host known by a global file, by its name without the port, by a pattern or a pin announces in vain")
    func trustedOtherwise() async throws {
        #expect(try await Scene("", global: line).update(announced: [1, 2]) == nil)
        #expect(try await Scene("", second: line).update(announced: [1, 2]) == nil)
        #expect(try await Scene("gate k1\n").update(announced: [1, 2]) == nil)
        #expect(try await Scene("[gate]:* k1\n").update(announced: [1, 2]) == nil)
        let pinned = try Scene(line) { $0.pins = [(try? HostKeyUpdateTests.key(1).fingerprint.sha256) ?? ""] }
        #expect(try await pinned.update(announced: [1, 2]) == nil)
        let told = try Scene("") {
            $0.command = ["/bin/echo", "[gate]:2222", (try? HostKeyUpdateTests.key(1).openSSHLine) ?? ""]
        }
        #expect(try await told.update(announced: [1, 2]) == nil)
    }

    @Test("C12 accept-new and off learn nothing more from a host on first sight; UpdateHostKeys no never does")
    func firstSight() async throws {
        for policy in [HostKeyPolicy.acceptNew, .off] {
            #expect(try await Scene("") { $0.policy = policy }.update(announced: [1, 2]) == nil)
        }
        #expect(try await Scene("[gate]:2222 k3\n") { $0.policy = .off }.update(announced: [1, 2]) == nil)
        #expect(try await Scene(line) { $0.updatesHostKeys = .no }.update(announced: [1, 2]) == nil)
        #expect(try await Scene(line) { $0.policy = .off }.update(announced: [1, 2]) == [[2], []])
    }

    @Test("C12 a record of a type that is not accepted is not forgotten, for its key could not have been announced")
    func otherTypes() async throws {
        let dss = "AAAAB3NzaC1kc3MAAAABAgAAAAECAAAAAQIAAAABAg=="
        #expect(try await Scene(line + "[gate]:2222 ssh-dss \(dss)\n").update(announced: [1, 2]) == [[2], []])
    }

    /// No key of anybody: the modulus is odd, and that is all that is looked at.
    private static func weakRSA() throws -> PublicKey {
        var blob = ByteBuffer()
        blob.writeString(utf8: "ssh-rsa")
        blob.writeString([1, 0, 1] as [UInt8])
        blob.writeString([0, 0xC3] + [UInt8](repeating: 0x5B, count: 126) + [0x0D])
        return try PublicKey(blob: Array(blob.readableBytesView), minimumRSABitCount: 0)
    }

    @Test("C12 a key that is too weak for us is neither learned nor, while the host announces it, forgotten")
    func weak() async throws {
        let weak = try Self.weakRSA()
        #expect(weak.bitCount == 1024)
        for known in [line, line + "[gate]:2222 \(weak.openSSHLine)\n"] {
            let scene = try Scene(known)
            let trust = try await HostTrust.load(scene.configuration)
            let shown = try Self.key(1)
            let token = try await trust.verify(shown, from: nil)
            #expect(await trust.update(after: token, announced: [shown, weak]) == nil)
            let without = await trust.update(after: token, announced: [shown])
            #expect(without?.removed.count == (known == line ? nil : 1))
        }
    }

    @Test("C12 an announcement that fills the limit changes nothing: known hosts are no place to grow")
    func full() async throws {
        let scene = try Scene(line + "[gate]:2222 k2\n")
        let trust = try await HostTrust.load(scene.configuration)
        let token = try await trust.verify(try Self.key(1), from: nil)
        let keys = [1] + (10..<(9 + UInt8(Limits.announcedHostKeyCount)))
        let announced = try keys.map { try Self.key($0) }
        #expect(announced.count == Limits.announcedHostKeyCount)
        #expect(await trust.update(after: token, announced: announced) == nil)
        let less = try #require(await trust.update(after: token, announced: Array(announced.dropLast())))
        #expect(less.removed.map(\.fingerprint) == [try Self.key(2).fingerprint])
    }

    @Test("C12 where the shown key is off record by the time of writing, nothing is written")
    func forgottenMeanwhile() async throws {
        let scene = try Scene(line)
        let trust = try await HostTrust.load(scene.configuration)
        let token = try await trust.verify(try Self.key(1), from: nil)
        let update = try #require(await trust.update(after: token, announced: [try Self.key(1), try Self.key(2)]))
        try scene.folder.write("# empty\n", to: "first")
        await trust.perform(update)
        #expect(try scene.folder.text(of: "first") == "# empty\n")
    }
}
