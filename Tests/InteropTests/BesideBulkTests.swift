import Fairlead
import Synchronization
import TestSupport
import Testing

/// Two sessions of one connection: one has much to carry, at the other a person types.
@Suite(.fewAtOnce) struct BesideBulkTests {
    private static let bulkByteCount = 128 << 20

    @Test("Beside a full download every key is echoed, many times over before the download is done")
    func echoes() async throws {
        let server = try await OpenSSHServer()
        var configuration = server.configuration()
        // What is under way ahead of an echo is a window at most.
        configuration.maximumWindowByteCount = 2 << 20
        let echoCount = try await withSSHConnection(configuration) { connection in
            let end = End()
            async let download: Void = Self.download(on: connection, end)
            let count = try await Self.type(on: connection, until: end)
            try await download
            return count
        }
        // As many as there are windows would be the rule; a machine with other work may let some bytes ahead.
        #expect(echoCount >= Self.bulkByteCount / (16 << 20), "\(echoCount) echoes")
    }

    private final class End: Sendable {
        let hasCome = Mutex(false)
        /// The other session is ready.
        let hasBegun = Mutex(false)
    }

    private static func download(on connection: SSHConnection, _ end: End) async throws {
        try await poll(for: "the first echo") { end.hasBegun.withLock { $0 } ? () : nil }
        let byteCount = try await connection.withProcess("head -c \(bulkByteCount) /dev/zero") { process in
            var byteCount = 0
            for try await piece in process.output { byteCount += piece.readableBytes }
            return byteCount
        }
        end.hasCome.withLock { $0 = true }
        #expect(byteCount == bulkByteCount)
    }

    /// How many keys came back.
    private static func type(on connection: SSHConnection, until end: End) async throws -> Int {
        try await connection.withProcess("cat") { process in
            var echoes = process.output.makeAsyncIterator()
            var count = 0
            while !end.hasCome.withLock({ $0 }) {
                let key = UInt8(truncatingIfNeeded: count)
                try await process.input.write([key])
                let echo = try await echoes.next()
                #expect(echo.map { Array($0.readableBytesView) } == [key])
                count += 1
                end.hasBegun.withLock { $0 = true }
            }
            return count
        }
    }
}
