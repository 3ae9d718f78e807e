import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCrypto
import SSHWire
import Synchronization
import TestSupport
import Testing

/// `UpdateHostKeys`, with a real server of several keys and with one that lies (attacks C12).
@Suite(.fewAtOnce) struct UpdateHostKeysTests {
    private final class Person: LoginResponder {
        let questions = Mutex<[String]>([])
        let agrees: Bool

        init(agrees: Bool) {
            self.agrees = agrees
        }

        func confirms(_ question: String) async throws -> Bool {
            questions.withLock { $0.append(question) }
            return agrees
        }
    }

    /// Answers to what we asked the server to prove.
    private final class Proofs: Sendable {
        let count = Atomic<Int>(0)

        func note(_ message: MessageRecord) {
            let answers = [MessageNumber.requestSuccess.rawValue, MessageNumber.requestFailure.rawValue]
            guard message.direction == .received, let number = message.number else { return }
            if answers.contains(number) { count.add(1, ordering: .relaxed) }
        }
    }

    private struct Scene {
        let server: OpenSSHServer
        let folder: TemporaryDirectory

        init() async throws {
            server = try await ServerProgram.sharedOpenSSH.value
            folder = try TemporaryDirectory()
        }

        var path: String { folder.file("known_hosts") }
        var name: String { "[\(Loopback.address)]:\(server.port)" }
        var lines: [String] {
            get throws { try folder.text(of: "known_hosts").split(separator: "\n").map(String.init) }
        }

        func line(_ kind: KeyKind) throws -> String { "\(name) \(try server.hostKey(kind))" }

        func configuration(_ updates: HostVerification.HostKeyUpdates) -> SSHConfiguration {
            var configuration = server.configuration()
            var rules = HostVerification.KnownHostsOptions(userFiles: [path])
            rules.updatesHostKeys = updates
            configuration.hostVerification = .knownHosts(rules)
            return configuration
        }

        /// Stays until the file has changed, or until the server has certainly answered.
        func connect(_ configuration: SSHConfiguration, until isDone: @Sendable ([String]) -> Bool) async throws {
            try await withSSHConnection(configuration) { connection in
                for _ in 0..<6000 where try !isDone(lines) { try await Task.sleep(for: .milliseconds(10)) }
                _ = try await connection.run("true")
            }
        }
    }

    @Test("C12 features 69: after a rotation the keys that the host proves are learned, and the old one is forgotten")
    func rotation() async throws {
        let scene = try await Scene()
        let retired = try await KeyPair.shared(.ecdsa384, of: .user).publicKey
        try scene.folder.write("# mine\n\(try scene.line(.ed25519))\n\(scene.name) \(retired)\n", to: "known_hosts")
        try await scene.connect(scene.configuration(.yes)) { $0.count == 4 }
        let lines = try scene.lines
        #expect(lines.first == "# mine")
        #expect(try Set(lines.dropFirst()) == Set([.ed25519, .ecdsa, .rsa].map { try scene.line($0) }))
        let backup = try scene.folder.text(of: "known_hosts.old")
        #expect(backup.contains(retired))
        // Each of them lets in alone from now on.
        for algorithm in ["ecdsa-sha2-nistp256", "rsa-sha2-512"] {
            var configuration = scene.configuration(.no)
            try configuration.select(algorithm, for: .hostKey)
            try await withSSHConnection(configuration) { _ in }
        }
    }

    @Test(
        "A person is asked once the connection is done with, and what is not agreed to is not written",
        arguments: [true, false])
    func asking(agrees: Bool) async throws {
        let scene = try await Scene()
        let before = "\(try scene.line(.ed25519))\n"
        try scene.folder.write(before, to: "known_hosts")
        let person = Person(agrees: agrees)
        var configuration = scene.configuration(.ask)
        configuration.responder = person
        let proofs = Proofs()
        configuration.onMessage = { proofs.note($0) }
        try await withSSHConnection(configuration) { connection in
            while await connection.info.announcedHostKeys.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            try await poll(for: "the proof") { proofs.count.load(ordering: .relaxed) > 0 ? () : nil }
            _ = try await connection.run("true")
            #expect(person.questions.withLock { $0.isEmpty })
            #expect(try scene.folder.text(of: "known_hosts") == before)
        }
        let question = try #require(person.questions.withLock { $0.first })
        #expect(question.contains("Learn ECDSA SHA256:") && question.contains("Learn RSA SHA256:"))
        #expect(question.hasSuffix("?"))
        #expect(try scene.lines.count == (agrees ? 3 : 1))
    }

    @Test("The tool learns a host's keys in the user's own file, and in no other unless it is told to")
    func tool() async throws {
        let scene = try await Scene()
        let home = try TemporaryDirectory()
        _ = try home.makeFolder(".ssh")
        let line = try scene.line(.ed25519) + "\n"
        let arguments = ["-F", "none", "-p", "\(scene.server.port)", "-i", scene.server.files.keyPath(.ed25519)]
        let destination = [scene.server.destination, "sleep 5"]
        try home.write(line, to: ".ssh/known_hosts")
        let own = try await FairleadTool.run(arguments + destination, home: home.path)
        #expect(own.exit == .status(0))
        #expect(own.errorText == "")
        // The home directory is the one of HOME.
        #expect(try home.text(of: ".ssh/known_hosts").split(separator: "\n").count == 3)
        try scene.folder.write(line, to: "known_hosts")
        let other = ["-o", "UserKnownHostsFile=\(scene.path)"]
        _ = try await FairleadTool.run(arguments + other + destination, home: home.path)
        #expect(try scene.lines.count == 1)
        _ = try await FairleadTool.run(arguments + other + ["-o", "UpdateHostKeys=yes"] + destination, home: home.path)
        #expect(try scene.lines.count == 3)
    }

    // MARK: A server that lies

    enum Lie: CaseIterable, Sendable {
        /// The control: every proof is right.
        case none
        case refuses, silent, wrongSession, otherKey, tooFew, tooMany, garbage
    }

    private static let shown = try? SigningKey(ed25519Seed: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
    private static let hidden = try? SigningKey(ed25519Seed: SecretBytes(copying: [UInt8](repeating: 2, count: 32)))

    @Test("C12 no key is learned or forgotten but by a right proof", arguments: Lie.allCases)
    func liar(lie: Lie) async throws {
        let shown = try #require(Self.shown)
        let hidden = try #require(Self.hidden)
        let server = try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: shown)
            configuration.announce([shown, hidden], lie)
            return configuration
        }
        let folder = try TemporaryDirectory()
        let name = "[\(Loopback.address)]:\(server.port)"
        let retired = try await KeyPair.shared(.ed25519, of: .user).publicKey
        let before = "\(name) \(try PublicKey(shown.verificationKey).openSSHLine)\n\(name) \(retired)\n"
        try folder.write(before, to: "known_hosts")
        var configuration = server.configuration
        var rules = HostVerification.KnownHostsOptions(userFiles: [folder.file("known_hosts")])
        rules.updatesHostKeys = .yes
        configuration.hostVerification = .knownHosts(rules)
        let proofs = Proofs()
        configuration.onMessage = { proofs.note($0) }
        try await withSSHConnection(configuration) { connection in
            if lie == .none {
                try await poll(for: "the keys") { try folder.text(of: "known_hosts") != before ? () : nil }
            } else if lie != .silent {
                try await poll(for: "the answer") { proofs.count.load(ordering: .relaxed) > 0 ? () : nil }
            }
            // Were it believed, it would have been written by now, or soon.
            _ = try await connection.run("true")
            try await Task.sleep(for: .milliseconds(300))
        }
        let after = try folder.text(of: "known_hosts")
        guard lie == .none else { return #expect(after == before) }
        #expect(after.contains(try PublicKey(hidden.verificationKey).openSSHLine))
        #expect(!after.contains(retired))
    }
}

extension PeerConfiguration {
    /// Announces the keys after the login, and answers for those that it is asked to prove.
    fileprivate mutating func announce(_ keys: [SigningKey], _ lie: UpdateHostKeysTests.Lie) {
        hook = { peer, step, payload in
            let number = payload.getInteger(at: payload.readerIndex, as: UInt8.self)
            if step == .authentication, number == MessageNumber.userauthSuccess.rawValue {
                var blobs = ByteBuffer()
                for key in keys { blobs.writeString(key.verificationKey.blob) }
                let announcement = GlobalRequest(name: GlobalRequest.hostKeys, wantsReply: false, details: blobs)
                return [.payload(payload), .message(announcement)]
            }
            guard number == MessageNumber.requestFailure.rawValue,
                var request = peer.messages(GlobalRequest.self).last(where: { $0.name == GlobalRequest.proveHostKeys })
            else { return [.payload(payload)] }
            switch lie {
            case .refuses: return [.payload(payload)]
            case .silent: return []
            case .garbage: return [.payload(ByteBuffer(bytes: [MessageNumber.requestSuccess.rawValue, 0, 0, 1]))]
            case .none, .wrongSession, .otherKey, .tooFew, .tooMany: break
            }
            var proofs = ByteBuffer(bytes: [MessageNumber.requestSuccess.rawValue])
            while request.details.readableBytes > 0, let blob = try? request.details.readStringBytes() {
                var data = ByteBuffer()
                data.writeString(GlobalRequest.proveHostKeys)
                data.writeString(lie == .wrongSession ? [UInt8](repeating: 7, count: 32) : peer.sessionID ?? [])
                data.writeString(blob)
                let signer = keys.first { ($0.verificationKey.blob == blob) != (lie == .otherKey) }
                guard let signer, lie != .tooFew else { continue }
                let signature = (try? signer.sign(Array(data.readableBytesView), algorithm: .ed25519)) ?? []
                for _ in 0..<(lie == .tooMany ? 2 : 1) { proofs.writeString(signature) }
            }
            return [.payload(proofs)]
        }
    }
}
