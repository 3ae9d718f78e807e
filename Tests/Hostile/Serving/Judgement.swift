import Foundation
import HostileRows
import NIOCore
import PeerSupport
import SSHCore
import SSHWire

/// Holds what a client did against the row, and against what must hold in every case (hostile.md's U1 to U9; U7 and U8 as far as a program
/// shows them).
struct Judgement {
    let performance: Performance
    let relay: Relay
    let world: ClientWorld
    let end: ClientEnd

    private var row: HostileRow { performance.served.row }

    var finding: Finding {
        let faults = faults
        let (verdict, reason): (Finding.Verdict, String)
        if !faults.isEmpty {
            (verdict, reason) = (.falls, faults.joined(separator: ", "))
        } else if let inability {
            (verdict, reason) = (.unable, inability)
        } else {
            (verdict, reason) = difference.map { (.differs, $0) } ?? (.ok, "")
        }
        return Finding(
            verdict: verdict, reason: reason, status: end.status, mebibytes: end.mebibytes, seconds: end.seconds,
            errorText: PeerText.line(Array(end.error.prefix(400))))
    }

    private var faults: [String] {
        var faults: [String] = []
        if end.isLate {
            faults.append("hangs")
        } else if let signal = end.signal {
            faults.append("ends by signal \(signal)")
        }
        let growth = end.mebibytes - (performance.baseline ?? end.mebibytes)
        if growth > performance.client.mebibytesAllowed { faults.append("takes \(Int(growth.rounded())) MiB more") }
        if relay.canaries.hasFound { faults.append("sends a secret in the clear") }
        let proven = performance.served.configuration.hostKeys.map(\.verificationKey.blob)
        if world.trusts(anyBut: proven) { faults.append("writes down a key that nobody proved") }
        if speaksToStranger { faults.append("logs in to a host that it does not trust") }
        if end.leftCount > 0 { faults.append("leaves \(end.leftCount) processes behind") }
        faults += end.terminalFaults
        if !Self.isHarmless(end.error) { faults.append("shows control characters") }
        let files = world.changedFiles
        if !files.isEmpty { faults.append("changes " + files.prefix(3).joined(separator: " ")) }
        let disconnects = relay.peer.messages(Disconnect.self).count
        if disconnects > 1 { faults.append("says DISCONNECT \(disconnects) times") }
        let isFlood = if case .floods = row.peerAct { true } else { false }
        if end.seconds > performance.client.secondsAllowed * (isFlood ? 10 : 1) {
            faults.append("computes for \(Int(end.seconds.rounded(.up))) s")
        }
        return faults
    }

    /// Only where the client keeps its known hosts where we can see them.
    private var speaksToStranger: Bool {
        performance.client.line.contains("{known_hosts}") && !world.trustsSomebody && !relay.peer.attempts.isEmpty
    }

    /// What the client lacks: then the row never came to pass.
    private var inability: String? {
        guard relay.hasConnected else { return "does not connect" }
        if case .fails(let kinds, _) = row.verdict, kinds.contains(.negotiation) || kinds.contains(.malformed) {
            return nil
        }
        guard let theirs = relay.peer.messages(KexInit.self).first,
            let packet = relay.peer.wire.first(where: { $0.count > 5 && $0[5] == MessageNumber.kexInit.rawValue }),
            let ours = try? KexInit(payload: Self.payload(packet))
        else { return nil }
        do {
            _ = try Negotiation.agree(ours: theirs, theirs: ours)
            return nil
        } catch ProtocolError.negotiation(let failure) {
            return "knows no " + failure.theirs.text
        } catch {
            return nil
        }
    }

    /// Of a packet in the clear.
    private static func payload(_ packet: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: packet.dropFirst(5).dropLast(Int(packet[4])))
    }

    private var difference: String? { difference(from: row.outcome) }

    private func difference(from outcome: Outcome) -> String? {
        switch outcome {
        case .either: difference(from: .fails) == nil ? nil : difference(from: .works)
        case .fails: differenceFromFailure
        case .ends(let status, let leading): difference(from: status, leading)
        }
    }

    private var differenceFromFailure: String? {
        if relay.hasGivenUp { return "goes on" }
        if end.status == 0 { return "goes through" }
        return end.status == 255 ? nil : "ends with \(end.status ?? -1)"
    }

    private func difference(from status: Int32?, _ leading: Int) -> String? {
        // On a terminal it stands among what the client says itself.
        let isThere =
            performance.client.isOnTerminal
            ? String(decoding: end.output, as: UTF8.self).contains(String(decoding: HostileRow.command, as: UTF8.self))
            : end.output.dropFirst(leading).elementsEqual(HostileRow.command)
        if !isThere {
            return end.output.isEmpty ? "gives up" : "other output"
        }
        return status == nil || end.status == status ? nil : "ends with \(end.status ?? -1)"
    }

    /// Nothing that moves a cursor, rings or reorders; CR only where a line ends.
    static func isHarmless(_ bytes: [UInt8]) -> Bool {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var last: Unicode.Scalar?
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return last != "\r"
            case .error: return false
            case .scalarValue(let scalar):
                if last == "\r", scalar != "\n" { return false }
                let isSpace = scalar == "\n" || scalar == "\t" || scalar == "\r"
                guard isSpace || HostileRows.isHarmless(scalar) else { return false }
                last = scalar
            }
        }
    }
}
