import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// `KnownHostsCommand` and `CheckHostIP`, with a real server behind a name of the test's own.
@Suite(.fewAtOnce) struct KnownHostsCommandTests {
    typealias Scene = HostTrustTests.Scene
    typealias Record = HostTrustTests.Record

    private let host = "gate.example"

    private func outcome(
        _ scene: Scene, _ rules: HostVerification.KnownHostsOptions,
        _ change: (inout SSHConfiguration) -> Void = { _ in }
    ) async throws -> SSHError? {
        try await scene.outcome(rules) {
            $0.host = host
            $0.resolve = { _, port, _ throws(SSHError) in
                (try? SocketAddress(ipAddress: Loopback.address, port: port)).map { [$0] } ?? []
            }
            change(&$0)
        }
    }

    /// A program that notes its arguments and runs a script.
    private func program(_ scene: Scene, _ script: String) throws -> [String] {
        let text = "#!/bin/sh\nprintf '<%s>' \"$@\" >>'\(scene.folder.file("asked"))'\n\(script)\n"
        return [
            try scene.folder.write(text, to: "command", mode: 0o700), "%I", "%H", "%t", "%f", "%K", "100%%", "$(id)",
        ]
    }

    @Test("A program tells what is known of a host, asked for the order and then for the host, without a shell")
    func told() async throws {
        let scene = try await Scene()
        let key = try scene.server.hostKey(.ed25519)
        let name = "[\(host)]:\(scene.server.port)"
        var rules = scene.rules()
        rules.command = try program(scene, "echo '\(name) \(key)'")
        #expect(try await outcome(scene, rules) == nil)
        let words = key.split(separator: " ")
        #expect(
            try scene.folder.text(of: "asked")
                == "<ORDER><\(name)><NONE><NONE><NONE><100%><$(id)>"
                + "<HOSTNAME><\(name)><ssh-ed25519><\(try scene.fingerprint().sha256)><\(words[1])><100%><$(id)>")
        #expect(scene.log.has("known from KnownHostsCommand-HOSTNAME:1"))
        #expect(scene.knownHosts == nil)
    }

    @Test("What a program tells counts like a file: another key is a change, and a revoked one is refused")
    func changed() async throws {
        let scene = try await Scene()
        let name = "[\(host)]:\(scene.server.port)"
        for (record, kind) in [(Record.changed, SSHError.Kind.hostKeyChanged), (.revoked, .hostKeyRevoked)] {
            let text = try await record.line(scene, name)
            var rules = scene.rules(.acceptNew)
            rules.command = try program(scene, "cat <<X\n\(text)X")
            #expect(try await outcome(scene, rules)?.kind == kind)
        }
    }

    @Test(
        "A program that fails, dies, is missing or has no absolute path ends the login, whatever the files say",
        arguments: ["exit 1", "kill -9 $$", "missing", "relative", "head -c 17000000 /dev/zero"])
    func failing(script: String) async throws {
        let scene = try await Scene()
        try scene.folder.write(try await Record.known.line(scene, "[\(host)]:\(scene.server.port)"), to: "known_hosts")
        for policy in [HostKeyPolicy.strict, .off] {
            var rules = scene.rules(policy)
            rules.command = try program(scene, script)
            if script == "missing" { rules.command = [scene.folder.file("missing")] }
            if script == "relative" { rules.command = ["true"] }
            let error = try await outcome(scene, rules)
            #expect(error?.stage == .hostKey)
            #expect(error?.kind == .file)
            #expect(error?.message.contains("KnownHostsCommand") == true)
        }
        #expect(try await outcome(scene, scene.rules()) == nil)
    }

    @Test("CheckHostIP writes the address with the name, asks a program for it, and finds it the next time")
    func addressIsAdded() async throws {
        let scene = try await Scene()
        let key = try scene.server.hostKey(.ed25519)
        let port = scene.server.port
        var rules = scene.rules(.acceptNew)
        rules.checksAddress = true
        rules.command = try program(scene, "")
        #expect(try await outcome(scene, rules) == nil)
        let lines = "[\(host)]:\(port) \(key)\n\(scene.name) \(key)\n"
        #expect(scene.knownHosts == lines)
        #expect(try scene.folder.text(of: "asked").contains("<ADDRESS><\(scene.name)>"))
        #expect(try await outcome(scene, rules) == nil)
        #expect(scene.knownHosts == lines)
        // Known by name alone: the address is added then, too.
        try scene.folder.write("[\(host)]:\(port) \(key)\n", to: "known_hosts")
        #expect(try await outcome(scene, rules) == nil)
        #expect(scene.knownHosts == lines)
    }

    @Test(
        "CheckHostIP refuses where the address has another key, but for off, which warns; and where it is revoked there"
    )
    func addressDiffers() async throws {
        let scene = try await Scene()
        let named = try await Record.known.line(scene, "[\(host)]:\(scene.server.port)")
        var rules = scene.rules()
        rules.checksAddress = true
        var text = named + (try await Record.changed.line(scene, scene.name))
        try scene.folder.write(text, to: "known_hosts")
        #expect(try await outcome(scene, rules)?.kind == .hostKeyChanged)
        rules.policy = .off
        #expect(try await outcome(scene, rules) == nil)
        #expect(scene.log.has("differs from the key for the IP address '\(Loopback.address)' in \(scene.path):2"))
        #expect(scene.knownHosts == text)
        text = named + (try await Record.revoked.line(scene, scene.name))
        try scene.folder.write(text, to: "known_hosts")
        #expect(try await outcome(scene, rules)?.kind == .hostKeyRevoked)
        rules.checksAddress = false
        #expect(try await outcome(scene, rules) == nil)
    }

    @Test("CheckHostIP does not look at the address of a host that goes by an alias, nor write one for once")
    func addressIsLeftAlone() async throws {
        let scene = try await Scene(.once)
        var rules = scene.rules(.ask)
        rules.checksAddress = true
        #expect(try await outcome(scene, rules) == nil)
        #expect(scene.knownHosts == nil)
        rules.policy = .acceptNew
        #expect(try await outcome(scene, rules) { $0.hostKeyAlias = "alias" } == nil)
        let key = try scene.server.hostKey(.ed25519)
        #expect(scene.knownHosts == "alias \(key)\n")
    }
}
