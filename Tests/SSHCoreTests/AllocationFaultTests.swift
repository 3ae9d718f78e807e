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
    /// A kind of host, of exchange and of cipher.
    ///
    /// In none of them are X448, Ed448, CBC and 3DES, which are called like their relatives, and ML-KEM, whose library has
    /// an allocator of its own.
    enum Kind: String, CaseIterable, Sendable, Codable {
        case curve = "ECDSA, ECDH and CTR"
        case rsa = "RSA, a finite field and GCM"
        case kem = "ECDSA of P-384, a hybrid and ChaCha20-Poly1305"
        case group = "a group of the server's choice"

        var hostKey: SigningKey {
            get throws {
                switch self {
                case .curve: try TestKeys.ecdsaNISTP256()
                case .rsa: try TestKeys.rsa()
                case .kem: try TestKeys.ecdsa(on: .p384)
                case .group: try TestKeys.ed25519()
                }
            }
        }

        var names: (keyExchange: Name, cipher: Name) {
            switch self {
            case .curve: ("ecdh-sha2-nistp256", "aes128-ctr")
            case .rsa: ("diffie-hellman-group14-sha256", "aes256-gcm@openssh.com")
            case .kem: ("mlkem768x25519-sha256", "chacha20-poly1305@openssh.com")
            case .group: ("diffie-hellman-group-exchange-sha256", "aes128-ctr")
            }
        }

        /// Allocations of a whole connection, at least.
        var leastCount: Int {
            switch self {
            case .curve, .kem: 500
            case .rsa: 300
            case .group: 200
            }
        }

        /// Hybrids need a recent library.
        static let available = allCases.filter { kind in
            KeyExchangeAlgorithm.available.contains { Name($0.rawValue) == kind.names.keyExchange }
        }
    }

    @Test(
        "B7 B18 Whichever allocation of libcrypto fails, at first or when keys change, a connection ends in one error or is whole, and nothing leaks",
        arguments: Kind.available)
    func honest(_ kind: Kind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try FailingAllocations.install()
            let count = try FailingAllocations.failEach(kind, forging: false)
            try FailingAllocations.require(count > kind.leastCount)
        }
    }

    @Test(
        "B7 Whichever allocation of libcrypto fails, a forged signature is not taken for a right one, nor a composite number for a prime",
        arguments: Kind.available)
    func forged(_ kind: Kind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try FailingAllocations.install()
            let count = try FailingAllocations.failEach(kind, forging: true)
            try FailingAllocations.require(count > kind.leastCount / 3)
        }
    }
}

/// libcrypto's memory, of which one piece is refused; for a process that does nothing else.
private enum FailingAllocations {
    struct Wrong: Error {}

    /// How many more allocations of the engine's succeed; negative for all.
    nonisolated(unsafe) static var left = -1
    nonisolated(unsafe) static var isEngine = false
    /// How many pieces libcrypto has and did not give back.
    nonisolated(unsafe) static var live = 0

    private static func noted(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if pointer != nil { live += 1 }
        return pointer
    }

    private static func allows() -> Bool {
        guard isEngine, left >= 0 else { return true }
        left -= 1
        return left >= 0
    }

    static func require(_ isSo: Bool) throws { if !isSo { throw Wrong() } }

    static func install() throws {
        let result = CRYPTO_set_mem_functions(
            { size, _, _ in FailingAllocations.noted(FailingAllocations.allows() ? malloc(size) : nil) },
            { pointer, size, _, _ in
                guard FailingAllocations.allows() else { return nil }
                return pointer == nil ? FailingAllocations.noted(malloc(size)) : realloc(pointer, size)
            },
            { pointer, _, _ in
                if pointer != nil { FailingAllocations.live -= 1 }
                free(pointer)
            })
        try require(result == 1)
    }

    /// One conversation for each allocation; how many there are.
    static func failEach(_ kind: AllocationFaultTests.Kind, forging: Bool) throws -> Int {
        // What is fetched once is there from here on.
        for _ in 0..<2 {
            let clean = try conversation(kind, failing: -1, forging: forging)
            check(clean, forging: forging)
            try require(forging || clean.record.agreements.count == 2 && clean.record.exits == [.status(0)])
        }
        ERR_clear_error()
        let before = live
        var index = 0
        while try fails(kind, index, forging: forging) { index += 1 }
        // The queue of errors is this thread's.
        ERR_clear_error()
        // A failure may leave one of libcrypto's own caches behind; one for each would be a leak.
        try require(live - before <= 16)
        return index
    }

    /// Whether there was such an allocation; nothing of the conversation is left then.
    private static func fails(_ kind: AllocationFaultTests.Kind, _ index: Int, forging: Bool) throws -> Bool {
        let conversation = try conversation(kind, failing: index, forging: forging)
        let isDone = left >= 0
        check(conversation, forging: forging)
        return !isDone
    }

    private static func conversation(
        _ kind: AllocationFaultTests.Kind, failing index: Int, forging: Bool
    ) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try kind.hostKey)
        configuration.acceptedPassword = ClientScript.password
        configuration.keyExchangeNames = [kind.names.keyExchange]
        configuration.cipherNames = [kind.names.cipher]
        configuration.program = { command in
            [.rekey, .output(command), .exitStatus(0), .endOfOutput, .close]
        }
        if kind == .group {
            configuration.group = try FiniteFieldGroup(.group14)
            // All else is as it should be there.
            if forging { configuration.group = try composite() }
        } else if forging {
            configuration.alterReply = { $0.signature[$0.signature.count - 1] ^= 1 }
        }
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

    /// The number before the prime of group 14, which is a multiple of three.
    private static func composite() throws -> FiniteFieldGroup {
        let prime = try FiniteFieldGroup(.group14).prime
        return try FiniteFieldGroup(
            prime: MPInt(magnitude: prime.magnitude.dropLast() + [prime.magnitude[prime.magnitude.count - 1] ^ 2]),
            generator: MPInt(magnitude: [2]), bitCounts: 2048...2048)
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
