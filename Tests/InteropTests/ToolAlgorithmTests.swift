import Fairlead
import Foundation
import SSHCrypto
import TestSupport
import Testing

/// The tool's options for algorithms, each name against an OpenSSH server that permits all it has.
@Suite(.fewAtOnce) struct ToolAlgorithmTests {
    private static let server = Task { try await MatrixServer.openSSH.start()[0] }

    @Test(
        "with each cipher a file passes both ways unchanged, and the exit status with it",
        arguments: CipherAlgorithm.allCases)
    func cipher(cipher: CipherAlgorithm) async throws {
        try await expectEcho(["-o", "Ciphers=\(cipher.rawValue)"], cipher.rawValue)
    }

    @Test(
        "with each MAC a file passes both ways unchanged, and the exit status with it", arguments: MACAlgorithm.allCases
    )
    func mac(mac: MACAlgorithm) async throws {
        try await expectEcho(["-o", "Ciphers=aes128-ctr", "-o", "MACs=\(mac.rawValue)"], "aes128-ctr \(mac.rawValue);")
    }

    @Test(
        "the tool takes lists of host keys and key exchanges",
        arguments: [
            "HostKeyAlgorithms=ecdsa-sha2-nistp521", "HostKeyAlgorithms=rsa-sha2-256",
            "KexAlgorithms=curve25519-sha256",
        ])
    func option(option: String) async throws {
        let result = try await Self.server.value.tool(["-o", option], ["exit 5"])
        #expect(result.exit == .status(5), "\(result.errorText)")
        let name = option.prefix { $0 != "=" }
        let lacking = name == "KexAlgorithms" ? "curve448-sha512" : "ssh-ed448"
        let refused = try await Self.server.value.tool(["-o", "\(name)=\(lacking)"], ["exit 5"])
        #expect(refused.exit == .status(255))
    }

    @Test("each kind of key logs in", arguments: ServerProgram.possible, KeyKind.allCases)
    func loginKey(program: ServerProgram, kind: KeyKind) async throws {
        let server = try await program.shared
        let info = try await withSSHConnection(server.configuration(kind)) { await $0.info }
        #expect(info.authenticationMethod == "publickey")
        let tool = try await server.tool([], ["exit 6"], key: kind)
        #expect(tool.exit == .status(6), "\(tool.errorText)")
    }

    @Test("the algorithms of both directions are what the connection tells")
    func information() async throws {
        var configuration = try await ServerProgram.openSSH.shared.configuration()
        try configuration.select("aes256-ctr", for: .cipher)
        try configuration.select("hmac-sha2-512-etm@openssh.com", for: .mac)
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.cipherClientToServer == "aes256-ctr")
        #expect(info.cipherServerToClient == "aes256-ctr")
        #expect(info.macClientToServer == "hmac-sha2-512-etm@openssh.com")
        #expect(info.macServerToClient == "hmac-sha2-512-etm@openssh.com")
        #expect(info.serverIdentification.hasPrefix("SSH-2.0-OpenSSH"))
        try configuration.select("aes128-gcm@openssh.com", for: .cipher)
        let authenticated = try await withSSHConnection(configuration) { await $0.info }
        #expect(authenticated.macClientToServer == nil)
        #expect(authenticated.macServerToClient == nil)
    }

    /// `cat; exit 42` < FILE, with the tool, to a file.
    private func expectEcho(_ options: [String], _ algorithms: String) async throws {
        let server = try await Self.server.value
        let payload = try Payload.File(byteCount: 4 * Payload.mebibyte)
        let folder = try TemporaryDirectory()
        let input = try payload.open()
        let output = try openFile(folder.file("output"), O_WRONLY | O_CREAT)
        defer {
            close(input)
            close(output)
        }
        // Keys change a hundred times, which takes long with a post-quantum exchange and says nothing about ciphers.
        let result = try await server.tool(
            ["-v", "-o", "KexAlgorithms=curve25519-sha256"] + options, ["cat; exit 42"], within: .seconds(300)
        ) {
            $0.input = .descriptor(input)
            $0.output = .descriptor(output)
        }
        #expect(result.exit == .status(42), "\(result.errorText)")
        #expect(try await Payload.sha256(ofFile: folder.file("output")) == payload.sha256)
        let keys = result.errorText.split(separator: "\n").first { $0.contains("keys: ") } ?? ""
        #expect(keys.components(separatedBy: algorithms).count == 3, "both directions: \(keys)")
    }
}
