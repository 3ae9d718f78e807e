import Fairlead
import SSHCrypto
import TestSupport
import Testing

/// A server that owes nothing to OpenSSH, in Python.
@Suite(.fewAtOnce) struct AsyncSSHTests {
    @Test("AsyncSSH echoes a file, changes keys on the way, and tells the exit status")
    func echo() async throws {
        let server = try await AsyncSSHServer { $0.rekeyBytes = 1 << 20 }
        let bytes = try Payload.bytes(5_000_000)
        let result = try await server.tool([], ["cat; echo over >&2; exit 42"], within: .seconds(300)) {
            $0.input = .bytes(bytes)
        }
        #expect(result.exit == .status(42), "\(result.errorText)")
        #expect(result.output == bytes)
        #expect(result.errorText == "over\n")
        let rekeys = server.log.components(separatedBy: "Requesting key exchange").count - 2
        #expect(rekeys >= 4)
    }

    @Test("AsyncSSH takes each kind of key and of host key", arguments: KeyKind.allCases)
    func keys(kind: KeyKind) async throws {
        let server = try await AsyncSSHServer(hostKeys: [kind])
        var configuration = server.configuration(kind)
        configuration.algorithms.hostKeys = SignatureAlgorithm.allCases
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.authenticationMethod == "publickey")
        let line = try await KeyPair.shared(kind, of: .host).publicLine
        #expect(line.hasPrefix((info.hostKey?.typeName ?? "none") + " "))
        #expect(info.serverIdentification.hasPrefix("SSH-2.0-AsyncSSH_"))
    }

    @Test("AsyncSSH takes a password")
    func password() async throws {
        let server = try await AsyncSSHServer { $0.password = "right words" }
        var configuration = server.configuration()
        configuration.credentials = [.password(Secret(copying: "right words".utf8))]
        let result = try await withSSHConnection(configuration) { try await $0.run("echo in; kill -TERM $$") }
        #expect(result.output.text == "in\n")
        #expect(result.exitStatus == .signal(name: "TERM", dumpedCore: false, message: ""))
    }
}
