import CSupport
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// What no peer makes us keep, however much it says.
///
/// In processes of their own, for the memory of this one is everybody's.
@Suite("Memory that stays flat")
struct FlatMemoryTests {
    private static let mebibyte = 1024 * 1024
    private static let channel = ChannelID(rawValue: 0)

    /// How much more is in use after `body` than before: of the allocator, and of what the system mapped besides, where
    /// secrets lie.
    private static func growth(_ body: () throws -> Void) rethrows -> (heap: Int, mapped: Int) {
        let before = (heap: support_heap_byte_count(), mapped: mappedByteCount)
        try body()
        return (Int(support_heap_byte_count()) - Int(before.heap), mappedByteCount - before.mapped)
    }

    private static var mappedByteCount: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
    }

    private static func session(
        _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.cipherNames = ["aes128-gcm@openssh.com"]
        configuration.program = { _ in [] }
        script.endsInput = false
        try change(&configuration, &script)
        return try Conversation(configuration, script: script).run()
    }

    /// By how many messages of that number it was answered.
    @discardableResult
    private static func flood(
        _ conversation: Conversation, _ count: Int, with payload: ByteBuffer, answer: UInt8 = 0
    ) -> Int {
        var (left, answerCount) = (count, 0)
        while left > 0, !conversation.record.isOver {
            for _ in 0..<min(left, 500) { conversation.peer.inject(.payload(payload)) }
            left -= min(left, 500)
            let before = conversation.peer.received.count
            conversation.run()
            answerCount += conversation.peer.received.dropFirst(before).count { $0.number == answer }
            conversation.forgetAll()
        }
        return answerCount
    }

    /// 100 MiB of them in full.
    @Test("PK-31 Packets of a single byte, or of one byte for a channel, by the million leave nothing behind")
    func smallPackets() async {
        await #expect(processExitsWith: .success) {
            let conversation = try Self.session()
            let data = ChannelData(recipient: Self.channel, data: ByteBuffer(bytes: [1])).payload
            for (count, payload) in [(FloodTests.million * 3, ByteBuffer(bytes: [81])), (FloodTests.million, data)] {
                Self.flood(conversation, 2000, with: payload)
                let kept = conversation.record.output[Self.channel]?.count ?? 0
                let growth = Self.growth { Self.flood(conversation, count, with: payload) }
                // What a channel's user got, the record keeps.
                let got = (conversation.record.output[Self.channel]?.count ?? 0) - kept
                #expect(got == (payload == data ? count : 0) && conversation.record.errors.isEmpty)
                #expect(growth.heap < Self.mebibyte + 4 * got, "\(growth)")
            }
            #expect(conversation.record.highestHeldByteCount < 1024, "\(conversation.record.highestHeldByteCount)")
        }
    }

    /// What the peer guessed, and what comes of a packet behind its proposal.
    private enum Guess: CaseIterable { case right, wrongExchange, wrongHostKey }

    private static func guess(_ guess: Guess, seed: UInt64) throws {
        let conversation = try session { configuration, script in
            (configuration.seed, script.seed, script.commands) = (seed, seed, [])
            script.configuration.algorithms.keyExchanges = [.curve25519SHA256]
            script.configuration.algorithms.hostKeys = [.ed25519, .rsaSHA512]
            configuration.keyExchangeNames =
                guess == .wrongExchange ? ["other", "curve25519-sha256"] : ["curve25519-sha256"]
            if guess == .wrongHostKey { configuration.hostKeyNames = ["rsa-sha2-512", "ssh-ed25519"] }
            configuration.alterKexInit = { $0.firstPacketFollows = true }
            configuration.hook = { _, step, own in
                [.payload(own)] + (step == .kexInit ? [.bytes([31, 0, 0, 0, 1, 7])] : [])
            }
        }
        #expect(conversation.record.isLoggedIn == (guess != .right), "\(guess), seed \(seed)")
        #expect(conversation.record.errors.map(\.kind) == (guess == .right ? [.malformed] : []))
    }

    @Test(
        "A9 Behind a wrong guess one packet is dropped and behind a right one none, a thousand times, and none is kept")
    func guesses() async {
        await #expect(processExitsWith: .success) {
            for kind in Guess.allCases {
                for seed in 0..<50 { try Self.guess(kind, seed: UInt64(seed)) }
                // What is kept of every packet shows in each round; what the allocator's caches hold of freed pieces counts
                // as in use too, and comes and goes by tens of KiB in any one.
                var least = (heap: Int.max, mapped: Int.max)
                for _ in 0..<3 {
                    let growth = try Self.growth { for seed in 0..<334 { try Self.guess(kind, seed: UInt64(seed)) } }
                    least = (min(least.heap, growth.heap), min(least.mapped, growth.mapped))
                }
                #expect(least.heap < 16 * 1024 && least.mapped < Self.mebibyte, "\(kind): \(least)")
            }
        }
    }

    private static let ping = Ping(data: ByteBuffer(repeating: 7, count: 8192)).payload

    @Test(
        "A4 A million PINGs of 8 KiB before the login, or while keys change, have no PONG, and nothing is kept of them")
    func pings() async {
        await #expect(processExitsWith: .success) {
            let early = try Self.session { configuration, script in
                configuration.isStrict = false
                script.credentials = [.wait]
            }
            let late = try Self.session()
            // Ours has begun, and the peer does not answer it yet.
            late.peer.configuration.hook = { _, _, _ in [] }
            late.perform(.rekey)
            for conversation in [early, late] {
                var answerCount = Self.flood(conversation, 1000, with: Self.ping, answer: Pong.number.rawValue)
                let growth = Self.growth {
                    answerCount += Self.flood(
                        conversation, FloodTests.million, with: Self.ping, answer: Pong.number.rawValue)
                }
                #expect(conversation.record.errors.isEmpty && growth.heap < Self.mebibyte, "\(growth)")
                #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount)
                #expect(answerCount == 0)
            }
        }
    }

    private static func request(_ type: String, _ rest: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var details = ByteBuffer()
        rest(&details)
        return ChannelRequest(recipient: channel, name: Name(type), wantsReply: false, details: details).payload
    }

    @Test("E5 E7 E9 Of a million endings of a program, and of a million channels that are refused, nothing is kept")
    func endingsAndChannels() async {
        await #expect(processExitsWith: .success) {
            let endings = [
                Self.request("exit-status") { $0.writeInteger(UInt32(7)) },
                Self.request("exit-signal") {
                    $0.writeString(utf8: "TERM")
                    $0.writeBoolean(true)
                    $0.writeString([UInt8](repeating: 0x41, count: 1024))
                    $0.writeString(utf8: "en")
                },
            ]
            let opens = ["x11", "forwarded-tcpip", "nonsense"].map {
                ChannelOpen(type: Name($0), sender: Self.channel, windowSize: 1, maximumPacketSize: 1).payload
            }
            for (payloads, answers) in [(endings, 0), (opens, 1)] {
                for payload in payloads {
                    let conversation = try Self.session()
                    // More than are remarked on.
                    Self.flood(conversation, 2000, with: payload)
                    var answerCount = 0
                    let growth = Self.growth {
                        answerCount = Self.flood(
                            conversation, FloodTests.million, with: payload,
                            answer: MessageNumber.channelOpenFailure.rawValue)
                    }
                    #expect(growth.heap < Self.mebibyte && conversation.record.errors.isEmpty, "\(growth)")
                    #expect(answerCount == answers * FloodTests.million)
                }
            }
        }
    }
}
