import Foundation
import SSHConfig
import TestSupport
import Testing

@testable import Fairlead
@testable import FairleadCommand

/// What the tool says of a host's key, word for word.
@Suite struct HostKeyScreenTests {
    private static let old = "AAAAC3NzaC1lZDI1NTE5AAAAIGcp0ZklbeY0V+T5nIfZ+GtRDwdnpCohrUR4OIIOe4cy"
    private static let new = "AAAAC3NzaC1lZDI1NTE5AAAAIHGQaZgQEeaKOhZVRY4NDRpTZlhFEQCXK2rB7LBTKf+4"

    private func key(_ base64: String) throws -> PublicKey {
        try PublicKey(line: Array("ssh-ed25519 \(base64)".utf8))
    }

    private func screen(_ arguments: [String], _ configuration: String = "") throws -> HostKeyScreen {
        let folder = try TemporaryDirectory()
        let path = try folder.write(configuration, to: "config")
        let planner = try Planner(Invocation(["-F", path] + arguments))
        let screen = try planner.hostKeyScreen()
        return HostKeyScreen(
            forgetting: screen.forgetting.map { $0 == path ? "CONFIG" : $0 }, userFiles: screen.userFiles,
            hash: screen.hash, isVisual: screen.isVisual)
    }

    /// The error about a host whose old key stands in line 2 of a file that was changed at a known time.
    private func changed(in path: String) throws -> SSHError {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: path)
        var known = KnownHosts()
        known.add(file: path, contents: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        guard case .changed(let records) = known.verdict(for: try key(Self.new), host: "gate", port: 22) else {
            throw CancellationError()
        }
        return SSHError(.hostKey, .hostKeyChanged, "", knownKeys: records, offeredKey: try key(Self.new))
    }

    @Test("C8 features 80: the screen about a changed key says what changed, where the old one stands, and what to do")
    func changedKey() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("# mine\ngate ssh-ed25519 \(Self.old)\n", to: "known_hosts")
        let screen = try screen(["-p", "2222", "-o", "UserKnownHostsFile=\(path)", "gate"])
        let text = try #require(screen.warning(try changed(in: path)))
        let shown = text.replacing(folder.path, with: "FOLDER")
        #expect(
            shown == """
                @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
                @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
                @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
                Somebody may be intercepting this connection (a man-in-the-middle attack),
                or the host was given a new key. Nothing was sent but the key exchange.

                The ED25519 key that it shows now:
                  \(try key(Self.new).fingerprint.sha256)
                  \(try key(Self.new).fingerprint.md5)
                Offending ED25519 key in FOLDER/known_hosts:2, on record as:
                  \(try key(Self.old).fingerprint.sha256)
                  \(try key(Self.old).fingerprint.md5)
                FOLDER/known_hosts was last changed at 2023-11-14 22:13:20 UTC.
                If its administrator confirms the new key, remove the old one:
                  fairlead -F CONFIG -p 2222 -o UserKnownHostsFile=FOLDER/known_hosts --forget gate
                """)
    }

    @Test("A key in a file of the system's is not ours to remove; FingerprintHash leaves one fingerprint")
    func systemFile() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("gate ssh-ed25519 \(Self.old)\n", to: "known_hosts")
        let screen = try screen(["-o", "FingerprintHash=md5", "gate"])
        let text = try #require(screen.warning(try changed(in: path)))
        #expect(text.hasSuffix("\n\(path):1 is not the user's: its owner must remove it."))
        #expect(!text.contains("--forget") && !text.contains("SHA256:"))
        #expect(text.contains(try key(Self.old).fingerprint.md5))
    }

    @Test("Features 81 B.22: the question shows type, size, both fingerprints, and at most eight names of the key")
    func question() throws {
        var known = KnownHosts()
        let names =
            (1...9).map { "other\($0).example" } + ["|1|aaaaaaaaaaaaaaaaaaaaaaaaaaE=|aaaaaaaaaaaaaaaaaaaaaaaaaaE="]
        known.add(
            file: "/k", contents: Array((names.reversed().map { "\($0) ssh-ed25519 \(Self.new)\n" }.joined()).utf8))
        let key = try key(Self.new)
        func text(_ options: [String], _ names: [KnownHostNames]) throws -> String {
            try screen(options + ["gate"]).question(
                HostVerification.Question(host: "gate", port: 2222, key: key, otherNames: names, isRepeated: false))
        }
        #expect(
            try text([], []) == """
                The authenticity of host '[gate]:2222' can't be established.
                ED25519 key, 256 bits, fingerprints:
                \(key.fingerprint.sha256)
                \(key.fingerprint.md5)
                This key is not known by any other names.
                Are you sure you want to continue connecting (yes/no/[fingerprint])? 
                """)
        let many = try text(["-o", "FingerprintHash=sha256", "-o", "VisualHostKey=yes"], known.names(of: key))
        let lines = many.split(separator: "\n").map(String.init)
        #expect(lines[2] == key.fingerprint.sha256)
        #expect(lines[3...13].joined(separator: "\n") == key.randomart())
        #expect(lines[14] == "This host key is known by the following other names/addresses:")
        #expect(lines[15...16] == ["    /k:1: [hashed name]", "    /k:2: other9.example"])
        #expect(lines[23] == "    (2 additional names omitted)")
        #expect(lines.count == 25)
    }

    @Test("The command to forget a host survives the shell", arguments: ["", "a b", "it's", "$(id)", "plain/path-1.x"])
    func quoting(word: String) async throws {
        let shown = try await RunningProcess.runSuccessfully(
            "/bin/sh", ["-c", "printf %s " + HostKeyScreen.quoted(word)])
        #expect(shown.outputText == word)
    }
}
