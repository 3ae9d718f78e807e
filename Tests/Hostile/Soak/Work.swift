import Fairlead
import Foundation
import NIOCore

/// What a session does; each throws `Work.Mismatch` where what comes is not what should.
enum Work: String, CaseIterable, Sendable {
    case echo, download, upload, shell, parallel, patience

    struct Mismatch: Error { let what: String }
    /// The command was killed on the server, and said so or nothing at all.
    struct Killed: Error {}

    func perform(on connection: SSHConnection, _ salt: Int) async throws {
        switch self {
        case .echo:
            let result = try await connection.run("echo \(salt); exit \(salt % 100)")
            let isRight = String(buffer: result.output) == "\(salt)\n"
            try Self.require(isRight, "echo", result.exitStatus, UInt32(salt % 100))
        case .download:
            let count = 20_000 + salt % 400_000
            let result = try await connection.run("seq 1 \(count)")
            try Self.require(Self.isSequence(result.output, upTo: count), "download of \(count)", result.exitStatus)
        case .upload:
            // Both ways at once, over several new keys.
            let input = Self.bytes(100_000 + salt % 3_000_000, salt)
            let result = try await connection.run("cat", input: input)
            try Self.require(result.output == input, "upload of \(input.readableBytes)", result.exitStatus)
        case .shell: try await Self.talk(connection, salt)
        case .parallel:
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<5 {
                    group.addTask { try await Work.echo.perform(on: connection, salt &+ index) }
                }
                try await group.waitForAll()
            }
        case .patience:
            let result = try await connection.run("sleep 1; echo \(salt)")
            try Self.require(String(buffer: result.output) == "\(salt)\n", "patience", result.exitStatus)
        }
    }

    /// A terminal on which something is typed and read back, line by line.
    private static func talk(_ connection: SSHConnection, _ salt: Int) async throws {
        try await connection.withProcess("exec cat", terminal: PseudoTerminal()) { process in
            var lines = process.output.makeAsyncIterator()
            var seen = ""
            for round in 0..<5 {
                let word = "word-\(salt)-\(round)"
                try await process.input.write(Array("\(word)\n".utf8))
                // The terminal's echo, and cat's.
                while seen.components(separatedBy: word).count < 3 {
                    guard let chunk = try await lines.next() else {
                        return try require(false, "shell ends", try await process.exitStatus)
                    }
                    seen += String(buffer: chunk)
                }
            }
            try await process.input.write([4])
            while try await lines.next() != nil {}
            try require(true, "shell", try await process.exitStatus)
        }
    }

    private static func require(_ isSo: Bool, _ what: String, _ status: ExitStatus, _ code: UInt32 = 0) throws {
        // 137 is how a shell tells that what it ran for us was killed.
        guard case .code(let number) = status, number != 137 else { throw Killed() }
        if !isSo || status != .code(code) { throw Mismatch(what: "\(what), \(status)") }
    }

    private static func bytes(_ count: Int, _ salt: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).lazy.map { UInt8(truncatingIfNeeded: ($0 &+ salt) &* 31 ^ $0 >> 8) })
    }

    private static func isSequence(_ output: ByteBuffer, upTo count: Int) -> Bool {
        var expected = 1
        var number = 0
        for byte in output.readableBytesView {
            if byte == UInt8(ascii: "\n") {
                guard number == expected else { return false }
                (expected, number) = (expected + 1, 0)
            } else {
                number = number * 10 + Int(byte) - 48
            }
        }
        return expected == count + 1 && number == 0
    }
}
