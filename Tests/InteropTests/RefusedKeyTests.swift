import Fairlead
import Foundation
import SSHWire
import TestSupport
import Testing

/// A host whose key is refused learns nothing: what our side sends is read from a record of the connection's bytes.
@Suite(.fewAtOnce) struct RefusedKeyTests {
    enum Reason: CaseIterable, Sendable {
        /// Another key of the same type is on record.
        case changed
        /// A key of another type is on record: an attacker would show one that is not known yet.
        case otherType
        case revoked, unknown

        var kind: SSHError.Kind {
            switch self {
            case .changed, .otherType: .hostKeyChanged
            case .revoked: .hostKeyRevoked
            case .unknown: .hostKeyUnknown
            }
        }

        func knownHosts(_ name: String, shown key: String) async throws -> String {
            switch self {
            case .changed: "\(name) \(try await KeyPair.shared(.ed25519, of: .user).publicKey)\n"
            case .otherType: "\(name) \(try await KeyPair.shared(.ecdsa, of: .user).publicKey)\n"
            case .revoked: "@revoked \(name) \(key)\n"
            case .unknown: ""
            }
        }
    }

    private struct Scene {
        let server: OpenSSHServer
        let relay: RecordingRelay
        let folder: TemporaryDirectory
        let knownHosts: String

        init(_ reason: Reason) async throws {
            server = try await OpenSSHServer.withoutProfile { $0.hostKeys = [.ed25519] }
            relay = try await RecordingRelay.start(to: server.port)
            folder = try TemporaryDirectory()
            let text = try await reason.knownHosts(
                "[\(Loopback.address)]:\(relay.port)", shown: try server.hostKey(.ed25519))
            knownHosts = try folder.write(text, to: "known_hosts")
        }

        var configuration: SSHConfiguration {
            var configuration = server.configuration()
            configuration.port = relay.port
            configuration.hostVerification = .knownHosts(userFiles: [knownHosts], policy: .strict)
            configuration.credentials.append(.password(Secret(copying: "never to be seen".utf8)))
            return configuration
        }

        func tool() async throws -> RunningProcess.Result {
            try await server.tool(
                ["-p", String(relay.port), "-o", "UserKnownHostsFile=\(knownHosts)"], ["echo never"])
        }
    }

    /// Identification, KEXINIT, KEX_ECDH_INIT, one DISCONNECT; not a byte more.
    private func expectNothingElse(_ recording: RecordingRelay.Recording) {
        let sent = PlainPackets(recording.clientToServer)
        #expect(sent.identification.hasPrefix("SSH-2.0-"))
        #expect(sent.identification.hasSuffix("\r\n"))
        #expect(sent.messageNumbers == [MessageNumber.kexInit, .kexECDHInit, .disconnect].map(\.rawValue))
        #expect(sent.rest == [])
    }

    @Test(
        "D14 KX-22 KX-25 the library refuses, and sends the key exchange and one DISCONNECT", arguments: Reason.allCases
    )
    func library(reason: Reason) async throws {
        let scene = try await Scene(reason)
        let error = await connectionFailure(scene.configuration)
        #expect(error?.stage == .hostKey)
        #expect(error?.kind == reason.kind)
        #expect(error?.offeredKey?.openSSHLine == (try scene.server.hostKey(.ed25519)))
        if reason.kind == .hostKeyChanged {
            #expect(error?.knownKeys.map(\.location.file) == [scene.knownHosts])
            #expect(error?.knownKeys.map(\.location.line) == [1])
        }
        expectNothingElse(try await scene.relay.finishedRecording())
    }

    @Test(
        "D14 KX-22 KX-25 the tool ends with 255, and sends the key exchange and one DISCONNECT",
        arguments: Reason.allCases)
    func tool(reason: Reason) async throws {
        let scene = try await Scene(reason)
        let before = try scene.folder.bytes(of: "known_hosts")
        let result = try await scene.tool()
        #expect(result.exit == .status(255))
        #expect(result.outputText == "")
        #expect(result.errorText.contains("Host key verification failed."))
        let warns = result.errorText.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")
        #expect(warns == (reason.kind == .hostKeyChanged))
        expectNothingElse(try await scene.relay.finishedRecording())
        #expect(try scene.folder.bytes(of: "known_hosts") == before)
    }

    @Test("D14 a host that is trusted gets more than that, so the record would show it")
    func control() async throws {
        let scene = try await Scene(.unknown)
        var configuration = scene.configuration
        configuration.hostVerification = .knownHosts(userFiles: [scene.knownHosts], policy: .acceptNew)
        try await withSSHConnection(configuration) { _ in }
        let sent = PlainPackets(try await scene.relay.finishedRecording().clientToServer)
        let numbers = [MessageNumber.kexInit, .kexECDHInit, .newKeys].map(\.rawValue)
        #expect(sent.messageNumbers.starts(with: numbers))
        #expect(!sent.rest.isEmpty)
    }

    @Test("D14 a changed key that the policy lets pass gets no password")
    func passwordForChangedKey() async throws {
        let scene = try await Scene(.changed)
        var configuration = scene.configuration
        configuration.hostVerification = .knownHosts(userFiles: [scene.knownHosts], policy: .off)
        configuration.credentials = [.password(), .keyboardInteractive(), .password(Secret(copying: "never".utf8))]
        configuration.responder = Responder(
            password: { _ in
                Issue.record("a password was asked for")
                return nil
            },
            challenge: { _ in
                Issue.record("the server was answered")
                return nil
            })
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .authentication)
        #expect(error?.kind == .denied)
    }
}
