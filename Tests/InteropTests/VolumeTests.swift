import Fairlead
import Foundation
import NIOCore
import SSHCore
import TestSupport
import Testing

/// What many bytes, and a reader that stops, cost in memory: no more than the windows.
@Suite(.serialized, .fewAtOnce) struct VolumeTests {
    /// 256 MiB, of which an eighth that is kept would show; with `FAIRLEAD_VOLUME=full` the 10 GiB of the row.
    private static var byteCount: Int {
        ProcessInfo.processInfo.environment["FAIRLEAD_VOLUME"] == "full" ? 10 << 30 : 256 << 20
    }

    // In processes of their own, for the memory of this one is everybody's.
    @Test("CH-24 Ten gibibytes, or what stands for them, pass one channel byte for byte, and memory stays flat")
    func oneChannel() async {
        await #expect(processExitsWith: .success) { try await Self.move(Self.byteCount, through: 1) }
    }

    @Test("CH-24 The same through a hundred channels at once")
    func hundredChannels() async {
        await #expect(processExitsWith: .success) { try await Self.move(Self.byteCount, through: 100) }
    }

    private static func move(_ byteCount: Int, through channelCount: Int) async throws {
        let server = try await OpenSSHServer { $0.lines = ["MaxSessions 200"] }
        try await withSSHConnection(server.configuration()) { connection in
            // What comes with the first bytes stays: buffers, and their pools.
            try await move(byteCount / 8, through: channelCount, on: connection)
            let before = try residentByteCount(of: getpid())
            try await move(byteCount, through: channelCount, on: connection)
            let growth = try residentByteCount(of: getpid()) - before
            #expect(growth < 32 * Payload.mebibyte)
        }
        server.stop()
    }

    private static func move(_ byteCount: Int, through channelCount: Int, on connection: SSHConnection) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<channelCount {
                // Each has a stream of its own, so that what strays shows.
                let command = "openssl enc -aes-128-ctr -nosalt -iv 00 -K \(number + 10) -in /dev/zero 2>/dev/null"
                let stream = command + " | head -c \(byteCount / channelCount)"
                group.addTask {
                    let received = try await connection.withProcess(stream) { try await $0.output.sha256() }
                    let expected = try await RunningProcess.runSuccessfully(
                        "sh", ["-c", stream + " | sha256sum"], within: .seconds(1800))
                    #expect(received.byteCount == byteCount / channelCount)
                    #expect(expected.outputText.hasPrefix(received.hash + " "))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "CH-13 Standard error that nobody reads is held up to its window: a gibibyte of it costs no more, other sessions go on, and so does it once it is read"
    )
    func unreadErrors() async {
        await #expect(processExitsWith: .success) {
            let server = try await OpenSSHServer()
            try await withSSHConnection(server.configuration()) { connection in
                try await Self.leaveUnread(1 << 30, drains: false, on: connection)
                try await Self.leaveUnread(32 * Payload.mebibyte, drains: true, on: connection)
            }
            server.stop()
        }
    }

    private static func leaveUnread(_ byteCount: Int, drains: Bool, on connection: SSHConnection) async throws {
        let folder = try TemporaryDirectory()
        let (sender, file) = (folder.file("sender"), folder.file("file"))
        // What a sparse file holds are zeros, and no place on a disk.
        try folder.write("", to: "file")
        #expect(truncate(file, off_t(byteCount)) == 0)
        let before = try residentByteCount(of: getpid())
        let remote = "echo out; sh -c 'echo $$ >\(sender); exec cat \(file)' >&2; echo more"
        try await connection.withProcess(remote) { process in
            var output = process.output.makeAsyncIterator()
            #expect(try await output.next() == ByteBuffer(string: "out\n"))
            let program = try await poll(for: "the remote program", within: .seconds(60)) {
                pid_t((try? folder.text(of: "sender"))?.trimmingCharacters(in: .newlines) ?? "")
            }
            try await waitUntilStopped(program)
            // Besides the window it is what pipes and sockets on the way hold.
            #expect(try place(of: program).map { $0 < 16 * Payload.mebibyte } == true)
            #expect(try await connection.run("echo other").output == ByteBuffer(string: "other\n"))
            #expect(try residentByteCount(of: getpid()) - before < 16 * Payload.mebibyte)
            guard drains else { return }
            var count = 0
            for try await chunk in process.errorOutput { count += chunk.readableBytes }
            #expect(count == byteCount)
            #expect(try await output.next() == ByteBuffer(string: "more\n"))
            #expect(try await process.exitStatus == .code(0))
        }
    }

    /// It has come to rest once it does not move for a hundred looks.
    private static func waitUntilStopped(_ program: pid_t) async throws {
        var (last, looks) = (0, 0)
        try await poll(for: "the window to shut", within: .seconds(60)) {
            let now = try place(of: program) ?? 0
            looks = now == last ? looks + 1 : 0
            last = now
            return now >= Int(Limits.channelWindowByteCount) && looks == 100 ? () : nil
        }
    }

    @Test("CH-25 A reader that is stopped shuts the window, costs its bytes alone, and loses none once it goes on")
    func stoppedReader() async throws {
        let server = try await OpenSSHServer()
        let payload = try Payload.File(byteCount: 32 * Payload.mebibyte)
        let folder = try TemporaryDirectory()
        let ends = try makePipe()
        var plan = RunningProcess.Plan("sha256sum")
        plan.input = .descriptor(ends.reader)
        let reader = try RunningProcess(plan)
        reader.send(SIGSTOP)
        let (go, sender) = (folder.file("go"), folder.file("sender"))
        let remote = "echo $$ >\(sender); until [ -e \(go) ]; do sleep 0.05; done; exec cat \(payload.path)"
        plan = RunningProcess.Plan(
            try FairleadTool.path, server.clientArguments() + [server.destination, remote])
        plan.environment = plainEnvironment(home: folder.path)
        plan.output = .descriptor(ends.writer)
        let tool = try RunningProcess(plan)
        // The reader is to see the tool's end as that of the pipe.
        for end in [ends.reader, ends.writer] { close(end) }
        let program = try await poll(for: "the remote program", within: .seconds(60)) {
            pid_t((try? folder.text(of: "sender"))?.trimmingCharacters(in: .newlines) ?? "")
        }
        let before = try Self.residentByteCount(of: tool.identifier)
        try folder.write("", to: "go")
        let window = Int(Limits.channelWindowByteCount)
        try await Self.waitUntilStopped(program)
        #expect(try Self.place(of: program).map { $0 < payload.bytes.count } == true)
        let growth = try Self.residentByteCount(of: tool.identifier) - before
        #expect(growth < window + 8 * Payload.mebibyte)
        reader.send(SIGCONT)
        #expect(try await tool.result().exit == .status(0))
        #expect(try await reader.result().outputText.hasPrefix(payload.sha256))
    }

    /// How far a program has read the file that it opened first.
    private static func place(of process: pid_t) throws -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(process)/fdinfo/3", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { Int($0.dropFirst(4).trimmingCharacters(in: .whitespaces)) }
    }

    private static func residentByteCount(of process: pid_t) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 4096
    }
}
