import Fairlead
import Foundation
import SSHCrypto
import TestSupport
import Testing

/// Each algorithm that we offer, against each server that has it.
@Suite(.fewAtOnce) struct AlgorithmMatrixTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let server: ServerProgram
        let name: String

        var testDescription: String { "\(name) with \(server.rawValue)" }
    }

    private static let ciphers: [ServerProgram: [String]] = [
        .openSSH: [
            "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr",
            "aes192-ctr", "aes256-ctr",
        ],
        .dropbear: ["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"],
    ]
    private static let macs: [ServerProgram: [String]] = [
        .openSSH: [
            "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512",
        ],
        .dropbear: ["hmac-sha2-256"],
    ]
    private static let hostKeys: [ServerProgram: [String]] = [
        .openSSH: ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"],
        .dropbear: ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256"],
    ]
    private static let keyExchanges: [ServerProgram: [String]] = [
        .openSSH: ["curve25519-sha256", "curve25519-sha256@libssh.org"],
        .dropbear: ["curve25519-sha256", "curve25519-sha256@libssh.org"],
    ]

    private static func rows(_ table: [ServerProgram: [String]]) -> [Row] {
        ServerProgram.possible.flatMap { server in (table[server] ?? []).map { Row(server: server, name: $0) } }
    }

    @Test("every algorithm that exists here is tried with OpenSSH")
    func completeness() {
        #expect(Set(Self.ciphers[.openSSH] ?? []) == Set(CipherAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(Self.macs[.openSSH] ?? []) == Set(MACAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(Self.hostKeys[.openSSH] ?? []) == Set(SignatureAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(Self.keyExchanges[.openSSH] ?? []) == Set(KeyExchangeAlgorithm.allCases.map(\.rawValue)))
    }

    @Test("with each cipher a file passes both ways unchanged, and the exit status with it", arguments: rows(ciphers))
    func cipher(row: Row) async throws {
        try await expectEcho(from: row.server, ["-o", "Ciphers=\(row.name)"], row.name)
    }

    @Test("with each MAC a file passes both ways unchanged, and the exit status with it", arguments: rows(macs))
    func mac(row: Row) async throws {
        try await expectEcho(
            from: row.server, ["-o", "Ciphers=aes128-ctr", "-o", "MACs=\(row.name)"], "aes128-ctr \(row.name);")
    }

    @Test("the host proves itself with each kind of key", arguments: rows(hostKeys))
    func hostKey(row: Row) async throws {
        let server = try await row.server.shared
        var configuration = server.configuration()
        try configuration.select(row.name, for: .hostKey)
        let (key, output) = try await withSSHConnection(configuration) { connection in
            (try #require(await connection.info.hostKey), try await connection.run("echo here").output.text)
        }
        let type = row.name.hasPrefix("rsa-") ? "ssh-rsa" : row.name
        #expect(key.typeName == type)
        #expect(output == "here\n")
        let tool = try await server.tool(["-o", "HostKeyAlgorithms=\(row.name)"], ["exit 5"])
        #expect(tool.exit == .status(5), "\(tool.errorText)")
    }

    @Test("each key exchange works, and strict with servers that know it", arguments: rows(keyExchanges))
    func keyExchange(row: Row) async throws {
        var configuration = try await row.server.shared.configuration()
        try configuration.select(row.name, for: .keyExchange)
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.keyExchange == row.name)
        #expect(info.isStrict)
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
    private func expectEcho(from program: ServerProgram, _ options: [String], _ algorithms: String) async throws {
        let server = try await program.shared
        let payload = try Payload.File(byteCount: 16 * Payload.mebibyte)
        let folder = try TemporaryDirectory()
        let input = try payload.open()
        let output = try openFile(folder.file("output"), O_WRONLY | O_CREAT)
        defer {
            close(input)
            close(output)
        }
        let result = try await server.tool(["-v"] + options, ["cat; exit 42"]) {
            $0.input = .descriptor(input)
            $0.output = .descriptor(output)
        }
        #expect(result.exit == .status(42), "\(result.errorText)")
        #expect(try await Payload.sha256(ofFile: folder.file("output")) == payload.sha256)
        let keys = result.errorText.split(separator: "\n").first { $0.contains("keys: ") } ?? ""
        #expect(keys.components(separatedBy: algorithms).count == 3, "both directions: \(keys)")
    }
}
