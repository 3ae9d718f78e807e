import Foundation
import TestSupport
import Testing

/// Standard streams of every kind, as programs give them to the tool.
@Suite(.serialized) struct StandardStreamTests {
    /// Both ends of a connected pair, closed with this object.
    private final class Pair: Sendable {
        let near: Int32
        let far: Int32

        init(_ make: (UnsafeMutablePointer<Int32>) -> Int32) throws {
            var ends: [Int32] = [-1, -1]
            guard make(&ends) == 0 else { throw POSIXError(.EMFILE) }
            (near, far) = (ends[0], ends[1])
        }

        static func pipe() throws -> Pair { try Pair { Foundation.pipe($0) } }
        static func socket() throws -> Pair {
            try Pair { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0) }
        }

        deinit {
            close(near)
            close(far)
        }
    }

    private static let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }

    private func shell(_ desk: Desk, _ script: String, _ command: String) async throws -> RunningProcess.Result {
        let words =
            try ["-c", script, "sh", FairleadTool.path] + desk.arguments([]) + [desk.server.destination, command]
        return try await RunningProcess.run("sh", words) {
            $0.environment = plainEnvironment(home: desk.home.path)
            $0.directory = desk.home.path
        }
    }

    @Test("the exit status is the remote one, and both outputs stay apart", arguments: [0, 1, 77, 255])
    func status(code: Int32) async throws {
        let desk = try await Desk()
        let result = try await desk.run([], "echo out; echo err >&2; exit \(code)")
        #expect(result.exit == .status(code))
        #expect(result.outputText == "out\n")
        #expect(result.errorText == "err\n")
    }

    @Test("TM-09 standard input from /dev/null is the end of input")
    func null() async throws {
        let desk = try await Desk()
        let result = try await desk.run([], "wc -c")
        #expect(result.outputText == "0\n")
        #expect(result.exit == .status(0))
    }

    @Test("a pipe passes every byte both ways")
    func pipe() async throws {
        let desk = try await Desk()
        let result = try await desk.run([], "cat") { $0.input = .bytes(Self.bytes) }
        #expect(result.output == Self.bytes)
        #expect(result.exit == .status(0))
    }

    @Test("a file passes every byte both ways")
    func file() async throws {
        let desk = try await Desk()
        try desk.home.write(Self.bytes, to: "input")
        let result = try await shell(desk, "exec \"$@\" <input >output", "cat")
        #expect(result.exit == .status(0))
        #expect(try desk.home.bytes(of: "output") == Self.bytes)
    }

    @Test("one socket may be standard input and output at once, and is left as blocking as it was")
    func socket() async throws {
        let desk = try await Desk()
        let pair = try Pair.socket()
        let process = try desk.start([], "head -c 5; cat >/dev/null") {
            $0.input = .descriptor(pair.far)
            $0.output = .descriptor(pair.far)
        }
        let text = Array("hello".utf8)
        #expect(write(pair.near, text, text.count) == text.count)
        var answer = [UInt8](repeating: 0, count: 5)
        try await poll(for: "the answer", within: .seconds(60)) {
            recv(pair.near, &answer, 5, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 5 ? () : nil
        }
        #expect(answer == text)
        #expect(fcntl(pair.far, F_GETFL) & O_NONBLOCK == 0)
        shutdown(pair.near, Int32(SHUT_WR))
        #expect(try await process.result().exit == .status(0))
        #expect(fcntl(pair.far, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test("-n takes no input: what stands in the pipe is left there")
    func noInput() async throws {
        let desk = try await Desk()
        let result = try await shell(desk, "printf 'for another' | { \"$@\"; cat; }", "wc -c")
        #expect(result.outputText == "11\n")
        let unread = try await RunningProcess.run(
            "sh",
            try ["-c", "printf 'for another' | { \"$@\"; cat; }", "sh", FairleadTool.path]
                + desk.arguments(["-n"]) + [desk.server.destination, "wc -c"]
        ) { $0.environment = plainEnvironment(home: desk.home.path) }
        #expect(unread.outputText == "0\nfor another")
    }

    @Test(
        "TM-09 with a standard stream closed the rest works, and no connection takes its number",
        arguments: [
            "<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-",
        ])
    func closed(redirection: String) async throws {
        let desk = try await Desk()
        let result = try await shell(desk, "exec \"$@\" \(redirection)", "cat; echo out; echo err >&2; exit 4")
        #expect(result.exit == .status(4), "\(result.errorText)")
        #expect(result.outputText == (redirection.contains(" >&-") || redirection.hasPrefix(">") ? "" : "out\n"))
        #expect(result.errorText == (redirection.contains("2>&-") ? "" : "err\n"))
    }

    @Test("TM-09 a reader that goes away ends an endless command")
    func brokenPipe() async throws {
        let desk = try await Desk()
        let result = try await shell(desk, "{ \"$@\"; echo \"status $?\" >&2; } | head -n 2", "yes")
        #expect(result.outputText == "y\ny\n")
        #expect(result.errorText == "status 141\n")
    }

    @Test("TM-09 a pipe whose writer goes away is the end of input")
    func closedPipe() async throws {
        let desk = try await Desk()
        let process = try desk.start([], "cat; echo end") { $0.input = .pipe }
        process.write("some")
        try await process.waitForOutput("some")
        process.closeInput()
        let result = try await process.result()
        #expect(result.outputText == "someend\n")
        #expect(result.exit == .status(0))
    }

    @Test("TM-09 an output that somebody made non-blocking loses nothing while it is full, and stays so")
    func nonBlocking() async throws {
        let desk = try await Desk()
        try desk.home.write(Self.bytes, to: "input")
        let pair = try Pair.pipe()
        #expect(fcntl(pair.far, F_SETFL, fcntl(pair.far, F_GETFL) | O_NONBLOCK) == 0)
        let path = desk.home.file("input")
        let process = try desk.start([], "cat \(path); touch \(path).sent; cat >/dev/null; echo late") {
            $0.input = .pipe
            $0.output = .descriptor(pair.far)
        }
        // All of it was sent by now, and a pipe holds a small part of it.
        try await poll(for: "the file to be sent", within: .seconds(60)) {
            access(path + ".sent", F_OK) == 0 ? () : nil
        }
        var all: [UInt8] = []
        var some = [UInt8](repeating: 0, count: 65536)
        while all.count < Self.bytes.count {
            let count = read(pair.near, &some, some.count)
            try #require(count > 0)
            all += some.prefix(count)
        }
        #expect(all == Self.bytes)
        #expect(fcntl(pair.far, F_GETFL) & O_NONBLOCK != 0)
        process.closeInput()
        #expect(try await process.result().exit == .status(0))
        #expect(read(pair.near, &some, some.count) == 5)
    }

    @Test("TM-09 our own words wait for room where somebody made standard error non-blocking")
    func nonBlockingWords() async throws {
        let home = try TemporaryDirectory()
        let pair = try Pair.pipe()
        #expect(fcntl(pair.far, F_SETFL, fcntl(pair.far, F_GETFL) | O_NONBLOCK) == 0)
        var some = [UInt8](repeating: 0, count: 65536)
        var filler = 0
        while true {
            let count = write(pair.far, some, some.count)
            if count <= 0 { break }
            filler += count
        }
        var plan = RunningProcess.Plan(try FairleadTool.path, ["-z"])
        plan.environment = plainEnvironment(home: home.path)
        plan.error = .descriptor(pair.far)
        let process = try RunningProcess(plan)
        // Long enough for a tool that does not wait to have given up.
        await #expect(throws: SupportError.self) { try await process.waitForOutput("x", within: .milliseconds(500)) }
        while filler > 0 {
            let count = read(pair.near, &some, min(some.count, filler))
            try #require(count > 0)
            filler -= count
        }
        #expect(try await process.result().exit == .status(255))
        #expect(fcntl(pair.near, F_SETFL, O_NONBLOCK) == 0)
        let count = read(pair.near, &some, some.count)
        let text = String(decoding: some.prefix(max(0, count)), as: UTF8.self)
        #expect(text == "fairlead: unknown option -z; fairlead --help tells the options\n")
    }

    @Test("a command that ends while input still comes does not wait for the input's end")
    func earlyEnd() async throws {
        let desk = try await Desk()
        let process = try desk.start([], "exit 9") { $0.input = .pipe }
        #expect(try await process.result().exit == .status(9))
    }

    @Test("a refused connection is one sentence and 255")
    func refused() async throws {
        let desk = try await Desk()
        desk.server.stop()
        let result = try await desk.run([], "true")
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Connection refused"), "\(result.errorText)")
    }

    @Test(
        "-V speaks on standard error, --help on standard output, both with 0; a bad line is 255",
        arguments: [
            (["-V"], "", "Fairlead", 0), (["--help"], "usage: fairlead", "", 0), (["-h"], "usage: fairlead", "", 0),
            ([], "", "no host given", 255), (["-o", "xyz=1", "host"], "", "Bad configuration option: xyz", 255),
            (["-oProxyCommand=none", "a;b"], "", "hostname contains invalid characters", 255),
        ])
    func ownWords(arguments: [String], output: String, error: String, status: Int32) async throws {
        let home = try TemporaryDirectory()
        let result = try await FairleadTool.run(arguments, home: home.path)
        #expect(result.exit == .status(status))
        #expect(output.isEmpty ? result.output.isEmpty : result.outputText.hasPrefix(output))
        #expect(error.isEmpty ? result.error.isEmpty : result.errorText.contains(error))
    }
}
