import SSHCrypto
import Testing

@testable import Fairlead

/// Programs that the client runs by their argument list.
@Suite struct ChildProcessTests {
    private func failure(_ child: ChildProcess) async -> ChildProcess.Failure? {
        do throws(ChildProcess.Failure) {
            _ = try await child.run()
            return nil
        } catch {
            return error
        }
    }

    @Test("A program gets its arguments as they are, no shell between, nothing to read, and gives output and status")
    func runs() async throws {
        let echo = try await ChildProcess(["printf", "%s|", "a b", "$HOME;`id`"], outputLimit: 100).run()
        #expect(echo.status == 0)
        #expect(String(decoding: echo.output, as: UTF8.self) == "a b|$HOME;`id`|")
        let script = "cat; echo $WORD; exit 7"
        let shell = try await ChildProcess(
            ["/bin/sh", "-c", script], environment: [Array("WORD=given".utf8)], outputLimit: 100
        )
        .run()
        #expect(shell.status == 7)
        #expect(String(decoding: shell.output, as: UTF8.self) == "given\n")
        let killed = try await ChildProcess(["sh", "-c", "kill -TERM $$"], outputLimit: 100).run()
        #expect(killed.status == 128 + 15)
    }

    @Test("TM-16 no descriptor but the standard ones reaches a program, and no signal is held back or ignored there")
    func inheritsNothing() async throws {
        // A shell holds signals back while it starts a program: the last one takes its place and tells of itself.
        let script = "ls /proc/$$/fd; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"
        let result = try await ChildProcess(["sh", "-c", script], outputLimit: 1000).run()
        let words = String(decoding: result.output, as: UTF8.self).split { $0.isWhitespace }
        #expect(words.dropLast() == ["0", "1", "2", "SigBlk:", "0000000000000000", "SigIgn:"])
        // Signals 32 and 33 are the C library's own.
        let ignored = try #require(words.last.flatMap { UInt64($0, radix: 16) })
        #expect(ignored & 0x7FFF_FFFF == 0)
    }

    @Test("G3: a program that cannot be started, writes too much or takes too long is an error, and is killed")
    func failures() async throws {
        let nowhere = await failure(ChildProcess(["/proc/nonexistent"], outputLimit: 10))
        #expect(nowhere == .system(2))
        #expect(await failure(ChildProcess([], outputLimit: 10)) == .system(22))
        #expect(await failure(ChildProcess(["yes"], outputLimit: 100_000)) == .tooLong)
        #expect(await failure(ChildProcess(["sleep", "60"], outputLimit: 10, timeout: .milliseconds(50))) == .timeout)
        let closed = ["sh", "-c", "exec >&-; sleep 60"]
        #expect(await failure(ChildProcess(closed, outputLimit: 10, timeout: .milliseconds(50))) == .timeout)
        let child = Task { await failure(ChildProcess(["sleep", "60"], outputLimit: 10)) }
        child.cancel()
        #expect(await child.value == .cancelled)
    }

    @Test("Of a secret, the first line is taken, into guarded memory; more than the limit is refused")
    func secrets() async throws {
        for text in ["word", "word\\n", "word\\r\\nmore\\n"] {
            let result = try await ChildProcess(["printf", text], outputLimit: 100).runForSecret()
            let isRight = result.output.password.secret.isEqual(to: SecretBytes(copying: "word".utf8))
            #expect(isRight)
        }
        await #expect(throws: ChildProcess.Failure.tooLong) {
            _ = try await ChildProcess(["printf", "12345"], outputLimit: 4).runForSecret()
        }
    }
}
