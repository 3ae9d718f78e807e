import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import Testing

/// Every length that every message of a peer carries tells a lie, and every message is cut at every byte.
///
/// What is to be expected is told by the table of fields, which knows nothing of the messages' own parsers.
@Suite("Fields that lie")
struct FieldLieTests {
    /// One message of an honest conversation, changed.
    struct Lie: Sendable, CustomStringConvertible {
        let scene: HonestScene
        let place: HonestScene.Place
        let what: String
        let payload: [UInt8]

        var description: String { "\(scene), \(place.message.name) at \(place.index): \(what)" }
    }

    /// What a length may claim: nothing, all that is left, a byte more, and what overflows signed and unsigned numbers.
    private static func lies(_ scene: HonestScene, _ place: HonestScene.Place) -> [Lie] {
        var lies: [Lie] = []
        for field in place.message.fields where field.hasLength {
            // The length of a part is measured against the blob that it lies in.
            let end = place.message.fields.last { $0.isAround(field) }.map { $0.offset + 4 + $0.byteCount }
            let rest = UInt32((end ?? place.payload.count) - field.offset - 4)
            for length in [0, rest, rest + 1, 1 << 31, .max] as Set<UInt32> where length != UInt32(field.byteCount) {
                var payload = place.payload
                for index in 0..<4 {
                    payload[field.offset + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
                }
                lies.append(Lie(scene: scene, place: place, what: "\(field.name) of \(length) bytes", payload: payload))
            }
        }
        return lies
    }

    /// Counts: of extensions, and of prompts.
    private static func counts(_ scene: HonestScene, _ place: HonestScene.Place) -> [Lie] {
        place.message.fields.filter { ["nr-extensions", "num-prompts"].contains($0.name) }.flatMap { field in
            [3, 64, 65, 256, 1 << 31, UInt32.max].map { count in
                var payload = place.payload
                for index in 0..<4 {
                    payload[field.offset + index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * index))
                }
                return Lie(scene: scene, place: place, what: "\(field.name) of \(count)", payload: payload)
            }
        }
    }

    @Test("B9 D2 A count that is not true ends the connection, and nobody is asked that often")
    func counts() throws {
        var seen: Set<UInt8> = []
        for scene in HonestScene.all {
            for place in try scene.places() {
                for lie in Self.counts(scene, place) {
                    let record = try scene.run(lie.payload, at: place).record
                    #expect(record.errors.map(\.kind) == [.malformed] && record.infoRequests.isEmpty, "\(lie)")
                    seen.insert(place.payload[0])
                }
            }
        }
        #expect(seen == [7, 60])
    }

    /// In a process of its own, which tells the most that it ever reserved, used or not.
    @Test("B9 For a count that is not true no room is made")
    func roomForCounts() async {
        await #expect(processExitsWith: .success) {
            let before = Self.highestMappedByteCount
            for scene in HonestScene.all {
                for place in try scene.places() {
                    for lie in Self.counts(scene, place) { _ = try scene.run(lie.payload, at: place) }
                }
            }
            // The greatest counts are of 2 and of 4 GiB, were it but a byte for each.
            let growth = Self.highestMappedByteCount - before
            guard before > 0, growth < 1 << 30 else { exit(1) }
        }
    }

    private static var highestMappedByteCount: Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmPeak:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 } ?? 0
    }

    private static func cuts(_ scene: HonestScene, _ place: HonestScene.Place) -> [Lie] {
        place.payload.indices.map { count in
            Lie(scene: scene, place: place, what: "cut to \(count) bytes", payload: Array(place.payload[..<count]))
        }
    }

    @Test("PK-25 B8 B14 No length that lies gets past the message that it stands in", arguments: HonestScene.all)
    func lengths(_ scene: HonestScene) throws {
        for place in try scene.places() { try check(Self.lies(scene, place)) }
    }

    @Test("KI-01 B3 B8 No message that was cut, wherever, is taken for a whole one", arguments: HonestScene.all)
    func truncation(_ scene: HonestScene) throws {
        for place in try scene.places() { try check(Self.cuts(scene, place)) }
    }

    private static let announcementHead = [80, 0, 0, 0, 23] + Array("hostkeys-00@openssh.com".utf8)

    @Test(
        "PK-24 A byte after a message's end is an error, or makes no difference where the ruling bears it",
        arguments: HonestScene.all)
    func trailing(_ scene: HonestScene) throws {
        for place in try scene.places() {
            // Ruling 10: PK_OK is the one of the three messages 60 that bears nothing.
            let isBorne = place.toleratesRest && !(place.payload[0] == 60 && place.context.method == "publickey")
            let honest = try scene.run(place.payload, at: place).record
            for rest in [[0], [0xFF], [UInt8](repeating: 0, count: 300)] as [[UInt8]] {
                let conversation = try scene.run(place.payload + rest, at: place)
                let record = conversation.record
                let what: Comment = "\(scene), \(place.message.name) at \(place.index)"
                // The list of a server's keys goes on to its end.
                let isList = place.payload.starts(with: Self.announcementHead) && rest.count < 4
                guard isBorne, !isList else {
                    #expect(record.errors.map(\.kind) == [.malformed], what)
                    #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError], what)
                    continue
                }
                #expect(record.errors == honest.errors && record.proofs == honest.proofs, what)
                #expect(record.output == honest.output && record.exits == honest.exits, what)
                #expect(record.refusals == honest.refusals && record.banners == honest.banners, what)
            }
        }
    }

    @Test(
        "B8 There are at least two thousand of these, most of them no message at all, and every message of a server is among them"
    )
    func volume() throws {
        var (count, refusedCount) = (0, 0)
        var numbers: Set<UInt8> = []
        for scene in HonestScene.all {
            for place in try scene.places() {
                let lies = Self.lies(scene, place) + Self.cuts(scene, place)
                count += lies.count
                refusedCount += lies.count { [.malformed, .packet, .refused].contains(Expectation($0)) }
                numbers.insert(place.payload[0])
            }
        }
        #expect(count >= 2000 && refusedCount >= 3000, "\(refusedCount) of \(count)")
        let sent: Set<UInt8> = Set([1...4, 6...7, 20...21, 51...53, 80...82, 90...100, 192...193].flatMap(\.self))
        #expect(numbers == sent.union([31, 33, 60]))
    }

    private func check(_ lies: [Lie]) throws {
        for lie in lies {
            let conversation = try lie.scene.run(lie.payload, at: lie.place)
            let record = conversation.record
            #expect(record.errors.count <= 1 && record.lateEvents.isEmpty && record.misuses.isEmpty, "\(lie)")
            #expect(conversation.peer.messages(Disconnect.self).count <= 1, "\(lie)")
            switch Expectation(lie) {
            case .malformed:
                #expect(record.errors.map(\.kind) == [.malformed], "\(lie)")
            case .packet:
                #expect(record.errors.map(\.kind) == [.packet], "\(lie)")
            case .refused:
                #expect(record.errors.count == 1 && !record.isLoggedIn, "\(lie)")
            case .notMalformed:
                #expect(!record.errors.contains { $0.kind == .malformed }, "\(lie)")
            case .anything: break
            }
        }
    }

    private enum Expectation {
        case malformed, packet, notMalformed
        /// A key or a signature that holds something else than it says.
        case refused
        /// It parses: what comes of it is other tests' business.
        case anything

        init(_ lie: Lie) {
            guard let number = lie.payload.first else {
                self = .packet
                return
            }
            let (_, fields) = MessageSchema.decode(ByteBuffer(bytes: lie.payload), in: lie.place.context)
            let isTold = number == MessageNumber.disconnect.rawValue
            // A request that nobody knows any more may hold anything; nobody reads a PONG.
            let isOther = lie.what.hasPrefix("request ") && lie.what.hasSuffix("of 0 bytes")
            guard !isOther, number != MessageNumber.pong.rawValue else {
                self = .anything
                return
            }
            let isBroken = fields.contains { $0.kind == .undecoded && !$0.name.contains(".") }
            let required = lie.place.requiredFieldCount
            let whole = fields.count { $0.kind != .undecoded && !$0.name.contains(".") }
            if isBroken, !isTold {
                // What is left over is ignored here, or compared as a whole.
                self = whole < required || !lie.place.toleratesRest ? .malformed : .anything
            } else if whole < required, !isTold {
                self = .malformed
            } else if isTold {
                self = .notMalformed
            } else {
                let isProof = number == 31 || number == 33
                self = isProof && fields.contains { $0.kind == .undecoded } ? .refused : .anything
            }
        }
    }
}

extension MessageField {
    fileprivate var hasLength: Bool {
        switch kind {
        case .boolean, .uint32, .cookie, .undecoded, .again, .secret: false
        default: true
        }
    }

    /// Whether that one is a part of this.
    fileprivate func isAround(_ part: MessageField) -> Bool { part.name.hasPrefix(name + ".") && part.offset > offset }
}
