import CLibcrypto
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// attacks.md B7 and B18: what libcrypto cannot do for want of memory is neither a success nor a crash.
@Suite("Allocations that fail")
struct AllocationFaultTests {
    @Test("B7 B18 Whichever allocation of libcrypto fails, an honest server's connection ends in one error or is whole")
    func honest() async {
        await #expect(processExitsWith: .success) {
            try FailingAllocations.install()
            let count = try FailingAllocations.failEach(forging: false)
            try FailingAllocations.require(count > 500)
        }
    }

    @Test("B7 Whichever allocation of libcrypto fails, a forged signature is not taken for a right one")
    func forged() async {
        await #expect(processExitsWith: .success) {
            try FailingAllocations.install()
            let count = try FailingAllocations.failEach(forging: true)
            try FailingAllocations.require(count > 100)
        }
    }
}

/// libcrypto's memory, of which one piece is refused; for a process that does nothing else.
private enum FailingAllocations {
    struct Wrong: Error {}

    /// How many more allocations of the engine's succeed; negative for all.
    nonisolated(unsafe) static var left = -1
    nonisolated(unsafe) static var isEngine = false

    private static func allows() -> Bool {
        guard isEngine, left >= 0 else { return true }
        left -= 1
        return left >= 0
    }

    static func require(_ isSo: Bool) throws { if !isSo { throw Wrong() } }

    static func install() throws {
        let result = CRYPTO_set_mem_functions(
            { size, _, _ in FailingAllocations.allows() ? malloc(size) : nil },
            { pointer, size, _, _ in FailingAllocations.allows() ? realloc(pointer, size) : nil },
            { pointer, _, _ in free(pointer) })
        try require(result == 1)
    }

    /// One conversation for each allocation; how many there are.
    static func failEach(forging: Bool) throws -> Int {
        // What is fetched once is there from here on.
        try check(conversation(failing: -1, forging: forging), forging: forging)
        var index = 0
        while true {
            let conversation = try conversation(failing: index, forging: forging)
            let isDone = left >= 0
            check(conversation, forging: forging)
            guard !isDone else { break }
            index += 1
        }
        return index
    }

    private static func conversation(failing index: Int, forging: Bool) throws -> Conversation {
        let key = try TestKeys.ecdsaNISTP256()
        var configuration = PeerConfiguration(hostKey: key)
        configuration.acceptedPassword = ClientScript.password
        configuration.keyExchangeNames = ["ecdh-sha2-nistp256"]
        configuration.cipherNames = ["aes128-ctr"]
        if forging { configuration.alterReply = { $0.signature[$0.signature.count - 1] ^= 1 } }
        var script = ClientScript()
        script.commands = [Array("x".utf8)]
        script.touch = { body in
            isEngine = true
            body()
            isEngine = false
        }
        left = index
        return try Conversation(configuration, script: script).run()
    }

    private static func check(_ conversation: Conversation, forging: Bool) {
        let record = conversation.record
        let isWhole = record.errors.isEmpty && record.output.values.first == Array("x".utf8)
        let isOneError = record.errors.count == 1 && record.lateEvents.isEmpty
        // exit() tells more than an error that nobody prints.
        if !(isWhole || isOneError) || (forging && (!record.offeredKeys.isEmpty || record.isLoggedIn)) {
            print("after \(left): \(record.errors) \(record.misuses) \(record.isLoggedIn)")
            exit(7)
        }
    }
}
