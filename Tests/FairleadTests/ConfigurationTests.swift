import Foundation
import SSHCore
import TestSupport
import Testing

@testable import Fairlead

/// What is refused before anything is sent.
@Suite struct ConfigurationTests {
    private func refusal(_ change: (inout SSHConfiguration) -> Void) -> SSHError? {
        var configuration = SSHConfiguration.example
        change(&configuration)
        do throws(SSHError) {
            try configuration.validate()
            return nil
        } catch {
            return error
        }
    }

    @Test("an ordinary configuration passes")
    func ordinary() {
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.user = "DOM\\user@realm" } == nil)
        #expect(refusal { $0.host = "fe80::1%eth0" } == nil)
        #expect(refusal { $0.user = "jürgen" } == nil)
    }

    @Test(
        "control characters in names are refused",
        arguments: [
            "a\nb", "a\rb", "a\u{0}b", "\u{1B}[2J", "a\u{7F}", "\u{9B}2Jx", "a\u{85}b", "a\u{202E}b", "a\u{2028}b",
        ])
    func controls(name: String) {
        for error in [refusal { $0.host = name }, refusal { $0.user = name }, refusal { $0.hostKeyAlias = name }] {
            #expect(error?.stage == .usage)
            #expect(error?.kind == .misuse)
            #expect(error?.responsible == .caller)
        }
    }

    @Test(
        "C6: a name that known_hosts would read otherwise is refused before any connection, and the file keeps its bytes",
        arguments: [
            "\n", "\r", "\r\n", "\0", "\u{0B}", "\u{85}", "\u{2028}", " ", "\t", "#", ",", "*", "?", "!", "@", "|", "[",
            "]",
        ])
    func injection(text: String) async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("# mine\n", to: "known_hosts")
        for name in ["\(text)alpha", "al\(text)pha", "alpha\(text)@cert-authority *"] {
            for isAlias in [false, true] {
                var configuration = SSHConfiguration.example
                configuration.hostVerification = .knownHosts(userFiles: [path], policy: .off)
                if isAlias { configuration.hostKeyAlias = name } else { configuration.host = name }
                let bad = configuration
                let error = await #expect(throws: SSHError.self) { try await withSSHConnection(bad) { _ in } }
                #expect(error?.stage == .usage)
                #expect(error?.kind == .misuse)
            }
        }
        #expect(try folder.text(of: "known_hosts") == "# mine\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["known_hosts"])
    }

    @Test("D15 empty and enormous names are refused", arguments: [0, 5000, 1 << 20])
    func lengths(byteCount: Int) {
        let name = String(repeating: "x", count: byteCount)
        #expect(refusal { $0.host = name }?.kind == .misuse)
        #expect(refusal { $0.user = name }?.kind == .misuse)
    }

    @Test(
        "a port is between 1 and 65535", arguments: [(0, false), (1, true), (65535, true), (65536, false), (-1, false)])
    func ports(port: Int, isValid: Bool) {
        #expect((refusal { $0.port = port } == nil) == isValid)
    }

    @Test("withSSHConnection refuses before it looks anything up")
    func early() async {
        var configuration = SSHConfiguration.example
        configuration.port = 0
        let bad = configuration
        let error = await #expect(throws: SSHError.self) { try await withSSHConnection(bad) { _ in } }
        #expect(error?.stage == .usage)
    }

    @Test("what is set reaches the engine, and what is not leaves its defaults")
    func engine() async throws {
        var configuration = SSHConfiguration.example
        let trust = try await HostTrust.load(configuration)
        let plain = configuration.engineConfiguration(trust, isPolite: false)
        #expect(plain.rekeyLimit == RekeyLimit())
        #expect(plain.keepAlive == KeepAlive())
        #expect(plain.minimumRSABitCount == 2048)
        #expect(plain.identificationTimeout == Limits.handshake)
        #expect(plain.keyExchangeTimeout == nil)
        configuration.connectTimeout = .seconds(5)
        configuration.rekeyByteCount = 4096
        configuration.rekeyInterval = .seconds(60)
        configuration.serverAliveInterval = .seconds(7)
        configuration.serverAliveCountMax = 2
        configuration.requiredRSASize = 3072
        configuration.prefersCompression = true
        let set = configuration.engineConfiguration(trust, isPolite: true)
        #expect(set.isPolite)
        #expect(set.identificationTimeout == .seconds(5))
        #expect(set.keyExchangeTimeout == Limits.handshake)
        #expect(set.rekeyLimit.byteCount == 4096)
        #expect(set.rekeyLimit.interval == .seconds(60))
        #expect(set.keepAlive.interval == .seconds(7))
        #expect(set.keepAlive.countMax == 2)
        #expect(set.minimumRSABitCount == 3072)
        #expect(set.algorithms.compressions == [.zlibOpenSSH, .none])
    }

    @Test("a secret shows nothing of itself")
    func secrets() {
        let secret = Secret(copying: "hunter2".utf8)
        let credential = Credential.password(secret)
        for text in ["\(secret)", "\(credential)", String(reflecting: secret), String(reflecting: credential)] {
            #expect(!text.contains("hunter2"))
        }
    }

    @Test("a result is a success only with status zero")
    func success() {
        #expect(ExitStatus.code(0).isSuccess)
        #expect(!ExitStatus.code(1).isSuccess)
        #expect(!ExitStatus.signal(name: "TERM", dumpedCore: false, message: "").isSuccess)
        #expect(!ExitStatus.unknown.isSuccess)
    }
}
