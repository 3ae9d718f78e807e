import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import TestSupport
import Testing

/// Attacks on what a person sees and on this machine's own files, as they were once found in other clients.
@Suite(.fewAtOnce) struct AttackRowTests {
    /// Moves the cursor, overwrites, begins a line that looks like ours, and turns the text around.
    private static let hostile =
        Array("MARK\u{1B}]0;x\u{7}\u{1B}[2K\u{8}\r\nroot@host's password: \u{7F}\u{9B}\u{202E}\u{2066}".utf8) + [
            0x9B, 0xFF,
        ]
    private static let tame = hostile.filter { ![10, 13].contains($0) }

    /// Where a server's words stand.
    enum Place: String, CaseIterable, Sendable {
        case preamble, identification, lists, earlyDisconnect, banner, methods, debug, openFailure, exitSignal,
            signalName
        case disconnect

        /// Whether they are told at `-v`; elsewhere they are refused with what they stand in.
        var isShown: Bool { ![.lists, .methods, .signalName].contains(self) }
        /// Whether they are told at `-v` alone.
        var isHidden: Bool { [.preamble, .identification, .debug].contains(self) }
    }

    /// A payload of strings behind its first bytes, the message's number among them.
    private static func payload(_ start: [UInt8], _ strings: [UInt8]...) -> ByteBuffer {
        var payload = ByteBuffer(bytes: start)
        for string in strings { payload.writeString(string) }
        return payload
    }

    private static func configuration(_ place: Place) throws -> PeerConfiguration {
        var peer = PeerConfiguration(hostKey: try TestKeys.ed25519())
        peer.acceptsNone = true
        let disconnect = payload([1, 0, 0, 0, 2], hostile, [])
        switch place {
        case .preamble: peer.preamble = hostile + [13, 10]
        case .identification: peer.identification += [32] + tame
        case .lists: peer.alterKexInit = { $0.keyExchanges = NameList([Name(hostile)]) }
        case .banner: peer.judge = { _, _ in [.banner(hostile), .success] }
        case .methods: peer.judge = { _, _ in [.failure(NameList([Name(hostile)]), isPartial: false)] }
        case .exitSignal: peer.program = { _ in [.exitSignal(name: Array("TERM".utf8), message: hostile), .close] }
        case .signalName: peer.program = { _ in [.exitSignal(name: hostile, message: []), .close] }
        case .earlyDisconnect, .debug, .openFailure, .disconnect:
            peer.hook = { _, step, sent in
                let number = sent.getInteger(at: sent.readerIndex, as: UInt8.self)
                switch (place, step, number) {
                case (.earlyDisconnect, .identification, _):
                    return [.payload(sent), .raw(PlainPackets.packet(Array(disconnect.readableBytesView)))]
                case (.debug, .authentication, _): return [.payload(payload([4, 1], hostile, [])), .payload(sent)]
                case (.openFailure, .channelReply, 91):
                    var message = sent
                    message.moveReaderIndex(forwardBy: 1)
                    let id = message.readBytes(length: 4) ?? []
                    return [.payload(payload([92] + id + [0, 0, 0, 1], hostile, []))]
                case (.disconnect, .channelReply, 91): return [.payload(disconnect)]
                default: return [.payload(sent)]
                }
            }
        }
        return peer
    }

    private func run(_ place: Place, _ options: [String]) async throws -> RunningProcess.Result {
        let server = try await LoopbackServer.scripted { try Self.configuration(place) }
        let home = try TemporaryDirectory()
        return try await FairleadTool.run(
            options + [
                "-F", "none", "-oBatchMode=yes", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null",
                "-oIdentityAgent=none", "-p", String(server.port), Loopback.address, "true",
            ], home: home.path)
    }

    private func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        return value == 10
            || value >= 0x20 && !(0x7F...0x9F).contains(value) && !(0x202A...0x202E).contains(value)
                && !(0x2066...0x2069).contains(value)
    }

    @Test(
        "F2, ID-12, PK-23: wherever a server's words stand, none of them moves the cursor or poses as a line of ours",
        arguments: Place.allCases)
    func words(place: Place) async throws {
        for options in [["-v"], ["-vvv"], []] {
            let result = try await run(place, options)
            let text = try #require(String(validating: result.error, as: UTF8.self))
            #expect(text.unicodeScalars.allSatisfy(isSafe), "\(text)")
            #expect(!text.split(separator: "\n").contains { $0.hasPrefix("root@host's") }, "\(text)")
            #expect(result.output.isEmpty || result.outputText == "true")
            if place.isShown, !options.isEmpty { #expect(text.contains("MARK\\x1b"), "\(text)") }
            if place.isHidden, options.isEmpty { #expect(!text.contains("MARK"), "\(text)") }
        }
    }

    @Test("F3: of a DISCONNECT before anything is proven there is one line, and no control in it but its end")
    func earlyDisconnect() async throws {
        let result = try await run(.earlyDisconnect, [])
        #expect(result.exit == .status(255))
        #expect(result.error.last == 10 && result.error.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(result.errorText.contains("MARK\\x1b]0;x\\x07\\x1b[2K\\x08\\x0d\\x0aroot@host"), "\(result.errorText)")
    }

    /// The most memory that a process ever had, in KiB.
    private func peak(of process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber)))
    }

    @Test("F5: a flood of escapes goes through as it is, and our memory does not grow with it")
    func flood() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let (first, rest) = (8 << 20, 256 << 20)
        let zeros = { (count: Int) in "head -c \(count) /dev/zero | tr '\\0' ';'" }
        // Left to grow, the window alone could be 16 MiB, and full where we are slow.
        let tool = try server.startTool(
            ["--window", "2M"],
            [#"printf '\033]0;'; \#(zeros(first)); echo begun >&2; read go; \#(zeros(rest)); echo over >&2; cat"#]
        ) {
            $0.input = .pipe
            $0.outputLimit = 1024
        }
        try await tool.waitForError("begun")
        try await poll(for: "the first part") { tool.outputByteCount == first + 4 ? () : nil }
        let before = try peak(of: tool.identifier)
        tool.write("\n")
        try await tool.waitForError("over", within: .seconds(300))
        try await poll(for: "the rest") { tool.outputByteCount == first + rest + 4 ? () : nil }
        let after = try peak(of: tool.identifier)
        #expect(after - before < 8 << 10, "\(before) KiB, then \(after) KiB")
        tool.closeInput()
        let result = try await tool.result()
        #expect(result.exit == .status(0) && tool.outputByteCount == first + rest + 4)
        #expect(result.output.starts(with: Array("\u{1B}]0;;;".utf8)))
    }

    @Test(
        "G3: where the system makes no process, what would go to the background stays, and nothing is sent to all processes",
        arguments: ["EAGAIN", "ENOMEM"])
    func noProcess(error: String) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let folder = try TemporaryDirectory()
        let trace = folder.file("trace")
        // Threads and programs are made by another call.
        let words = ["-f", "-qq", "-e", "trace=clone,kill", "-e", "inject=clone:error=\(error)", "-o", trace]
        let result = try await RunningProcess.run(
            "strace",
            words + [try FairleadTool.path, "-f"] + server.clientArguments() + [server.destination, "echo in"]
        ) { $0.environment = plainEnvironment(home: server.files.home) }
        #expect(result.exit == .status(0) && result.outputText == "in\n", "\(result.errorText)")
        let calls = try folder.text(of: "trace")
        #expect(calls.contains("= -1 \(error)"))
        for target in ["-", "0,", "1,"] { #expect(!calls.contains("kill(" + target), "\(calls)") }
    }

    @Test("G5: no file is looked for in the working directory, and nothing there is read")
    func workingDirectory() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let (folder, home) = (try TemporaryDirectory(), try TemporaryDirectory())
        for name in ["config", "ssh_config", "known_hosts", "id_ed25519", "id_rsa"] { try folder.write("?", to: name) }
        let trace = home.file("trace")
        let words = ["-f", "-qq", "-e", "trace=%file", "-e", "signal=none", "-o", trace, try FairleadTool.path]
        let result = try await RunningProcess.run(
            "strace", words + ["-oBatchMode=yes", "-p", String(server.port), server.destination, "true"]
        ) {
            $0.environment = plainEnvironment(home: home.path)
            $0.directory = folder.path
        }
        #expect(result.exit == .status(255) && result.errorText.contains("Host key verification failed."))
        let lines = try home.text(of: "trace").split(separator: "\n")
        let paths = lines.compactMap { $0.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first }
        #expect(paths.contains { $0.hasSuffix("/.ssh/config") } && paths.contains { $0.hasSuffix("/.ssh/known_hosts") })
        for path in paths { #expect(path.isEmpty || path.hasPrefix("/"), "\(path)") }
        #expect(!paths.contains { $0.hasPrefix(folder.path) })
    }

    @Test("G6: what looks like a format is text", arguments: ["%s%n%x%@", "%1$s%5000d", "\\(x)%%"])
    func formats(text: String) async throws {
        let option = try await FairleadTool.run(["-o", text + "=1", "host"], home: "/proc/nonexistent")
        #expect(option.errorText == "command-line: line 0: Bad configuration option: \(text.lowercased())\n")
        let file = try await FairleadTool.run(["-F", "/proc/nonexistent/" + text, "host"], home: "/proc/nonexistent")
        #expect(file.errorText.contains("/proc/nonexistent/" + text))
        for result in [option, file] { #expect(result.exit == .status(255)) }
    }

    @Test(
        "G8: each key that is typed leaves in a packet like the empty ones that follow it, whether it is echoed or not",
        arguments: [true, false], ["chacha20-poly1305@openssh.com", "aes128-ctr"])
    func keystrokes(echoes: Bool, cipher: String) async throws {
        let server = try await LoopbackServer.scripted {
            var peer = try Self.configuration(.preamble)
            peer.preamble = []
            peer.cipherNames = NameList([Name(cipher)])
            peer.macNames = ["hmac-sha2-256"]
            peer.extensions = [.init(name: ExtInfo.ping, value: ByteBuffer(string: "0"))]
            peer.program = { _ in [.output(Array("ready".utf8)), .echoInput] }
            peer.hook = { peer, step, sent in
                guard echoes, step == .other, let channel = peer.channels.values.first,
                    let key = channel.input.last
                else { return [.payload(sent)] }
                let echo = ChannelData(recipient: channel.client, data: ByteBuffer(bytes: [key]))
                return [.payload(sent), .message(echo)]
            }
            return peer
        }
        let relay = try await RecordingRelay.start(to: server.port)
        let home = try TemporaryDirectory()
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            [
                "-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oIdentityAgent=none",
                "-mhmac-sha2-256", "-p", String(relay.port), Loopback.address,
            ], environment: plainEnvironment(home: home.path, ["TERM": "xterm"]))
        try await terminal.read(until: "ready")
        try await terminal.waitForSettings { !$0.isCanonical }
        let recording = try #require(relay.recordings.first)
        // Ten bytes of payload, padded to eight without the length, or to sixteen with it; and the MAC.
        let packet = cipher == "aes128-ctr" ? 32 + 32 : 4 + 16 + 16
        let before = recording.clientToServer.count
        // As it grows: a key and empty ones of another size could add up to the same.
        var growth: Set<Int> = []
        // Three keys, and more where the machine is too busy to see between them.
        for key in "abcdefghijklmnopqrstuvwxyz".map(String.init) where key <= "c" || growth.count <= 3 {
            let start = recording.clientToServer.count
            try terminal.write(key)
            if echoes { try await terminal.read(until: key) }
            try await poll(for: "a key and empty packets behind it", within: .seconds(60)) {
                growth.insert(recording.clientToServer.count - before)
                return recording.clientToServer.count >= start + 8 * packet ? () : nil
            }
        }
        #expect(growth.count > 3 && growth.allSatisfy { $0.isMultiple(of: packet) }, "\(growth.sorted())")
        terminal.kill()
    }
}
