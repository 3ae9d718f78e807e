import Foundation
import HostileRows
import HostileServing
import PeerSupport
import TestSupport
import Testing

/// A choice of hostile rows before real clients, by what `Scripts/hostile` runs in full; and that it finds what falls.
@Suite(.fewAtOnce) struct HostileServingTests {
    static let settings =
        "-F none -n -p {port} -o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null "
        + "-o IdentityFile=none {options} -o StrictHostKeyChecking=accept-new -o ConnectTimeout=3 "
        + "{user}@127.0.0.1 {command}"

    static func client(_ line: String) throws -> ClientProgram {
        var client = try ClientProgram(name: "client", line: line, launcher: FairleadTool.built("HostileLaunch"))
        // Without optimisation, and beside other tests.
        client.secondsAllowed = 30
        // A sanitizer keeps for a while what is freed, and takes its time.
        if !sanitizerOptions.isEmpty { (client.secondsAllowed, client.mebibytesAllowed) = (300, 1000) }
        return client
    }

    static func ours() throws -> ClientProgram {
        try client(ClientProgram.quoted(FairleadTool.path) + " " + settings)
    }

    /// One of each kind of end, with a row that works behind each way to log in.
    private static let chosen: [(words: String, delivery: Delivery)] = [
        ("ID-12 terminal controls in a line", .coalesced), ("ID-13 SSH-1.5-x", .whole), ("ID-21 ", .split),
        ("PK-06 chaCha20Poly1305: padding of 0", .whole), ("PK-14 aes128GCM: the next sequence number", .coalesced),
        ("PK-32 DISCONNECT with code 11", .byteByByte), ("KI-06 no common cipher inwards", .whole),
        ("KX-05 point 1 of low order", .split), ("KX-12 an empty signature", .whole), ("KX-22 ", .whole),
        ("AU-09 65 prompts", .whole), ("AU-15 a thousand banners", .coalesced),
        ("AU-04 an honest login with rsa-sha2-512, asking first: true", .split), ("CH-11 closed twice", .whole),
        ("CH-18 a thousand unknown requests", .byteByByte), ("PK-20 a flood of unknown messages, and none", .whole),
    ]

    private static func row(_ words: String) throws -> HostileRow {
        let found = AllRows.rows(million: 1000).filter { $0.description.hasPrefix(words) }
        return try #require(found.count == 1 ? found.first : nil, "\(words) is \(found.count) rows")
    }

    /// Blocks a thread of its own.
    static func finding(_ performance: Performance) async throws -> Finding {
        var patient = performance
        // What does not hang gets the time that a machine with much to do may need.
        if patient.secondsBeyond > 1 { patient.secondsBeyond = 60 }
        let performance = patient
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try performance.run() }) }
        }
    }

    private static let honest = HostileRow("ID-01", "an honest peer", .works)

    @Test("The tool ends as the row wants, over a socket too", arguments: chosen.map(\.words))
    func ours(_ words: String) async throws {
        let delivery = try #require(Self.chosen.first { $0.words == words }?.delivery)
        let client = try Self.ours()
        let usual = try await Self.finding(Performance(Self.honest, .whole, client, baseline: nil))
        #expect(usual.verdict == .ok, "\(usual)")
        let found = try await Self.finding(Performance(Self.row(words), delivery, client, baseline: usual.mebibytes))
        #expect(found.verdict == .ok, "\(found)")
    }

    @Test(
        "The same peers serve another client",
        arguments: [
            "ID-13 SSH-1.5-x", "KX-12 an empty signature", "AU-04 an honest login with ssh-ed25519, asking first: true",
        ])
    func openSSH(_ words: String) async throws {
        let found = try await Self.finding(
            Performance(Self.row(words), .whole, Self.client("ssh " + Self.settings), baseline: 8))
        #expect(found.verdict == .ok, "\(found)")
    }

    private static let broken: [(line: String, reason: String)] = [
        ("sh -c 'kill -SEGV $$'", "ends by signal 11"), ("sleep 60", "hangs"),
        (#"sh -c 'printf "\033[31m" >&2; exit 255'"#, "shows control characters"),
        ("sh -c 'echo more >>{home}/.profile; exit 255'", "changes .profile"),
        ("sh -c 'setsid sleep 600 & exit 255'", "leaves 1 processes behind"),
        ("python3 -c 'bytearray(64 << 20)'", "takes"),
        (
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; echo canary-password >&3; exit 255'",
            "sends a secret in the clear"
        ),
    ]

    @Test("What falls is found", arguments: broken.map(\.line))
    func falls(_ line: String) async throws {
        let reason = try #require(Self.broken.first { $0.line == line }?.reason)
        var performance = try Performance(Self.row("ID-13 SSH-1.5-x"), .whole, Self.client(line), baseline: 10)
        if reason == "hangs" { performance.secondsBeyond = 1 }
        let found = try await Self.finding(performance)
        #expect(found.verdict == .falls && found.reason.hasPrefix(reason), "\(found)")
    }

    @Test("Who goes through where nobody may, or gives up where all is well, differs; who never comes is unable")
    func differs() async throws {
        let lenient = HostileRow("ID-01", "an honest peer, which is to be refused", .fails([.packet], nil))
        let ours = try Self.ours()
        #expect(try await Self.finding(Performance(lenient, .whole, ours, baseline: nil)).reason == "goes through")
        let quitter = try Self.client("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; exit 255'")
        #expect(try await Self.finding(Performance(Self.honest, .whole, quitter, baseline: nil)).verdict == .differs)
        let absent = try Self.client("false")
        #expect(try await Self.finding(Performance(Self.honest, .whole, absent, baseline: nil)).verdict == .unable)
    }
}
