import PeerSupport
import SSHCore
import SSHWire

/// One thing that a hostile server does, and what comes of it: stimulus and verdict in one place.
package struct HostileRow: Sendable, CustomStringConvertible {
    package enum Verdict: Sendable {
        /// Login and command go through as if nothing had happened.
        case works
        /// Exactly one error of one of these kinds; the code of the one DISCONNECT, or nil for none.
        case fails([ErrorKind], DisconnectReason?)
        /// The channel alone is refused; the connection goes on.
        case refusesChannel
        /// One of these errors, whatever the DISCONNECT.
        case failsAnyhow([ErrorKind])
    }

    package static let command = Array("canary-command".utf8)

    package let id: String
    package let stimulus: String
    package let verdict: Verdict
    package var prepare: Prepare = { _, _ in }
    /// What happens once both sides fell silent.
    package private(set) var act: @Sendable (Conversation) -> Void = { _ in }
    /// The same of a peer that has a socket before it, and no say in what the client does.
    package private(set) var peerAct = PeerAct.none
    /// What else must hold.
    package private(set) var expect: @Sendable (Conversation) -> Bool = { _ in true }
    /// What a program that is the client makes of it.
    package private(set) var outcome: Outcome
    /// Why it cannot be served to a client that is a program.
    package private(set) var reasonNotServed: String?

    package var description: String { id + " " + stimulus }

    package init(
        _ id: String, _ stimulus: String, _ verdict: Verdict,
        prepare: @escaping Prepare = { _, _ in }
    ) {
        self.id = id
        self.stimulus = stimulus
        self.verdict = verdict
        self.prepare = prepare
        outcome = if case .works = verdict { .works } else { .fails }
    }

    /// An honest peer that knows the script's password and runs one command.
    package static func honest() throws -> (PeerConfiguration, ClientScript) {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        var script = ClientScript()
        script.commands = [command]
        return (configuration, script)
    }

    package func acting(_ peerAct: PeerAct, _ act: @escaping @Sendable (Conversation) -> Void) -> HostileRow {
        var row = self
        row.peerAct = peerAct
        row.act = act
        return row
    }

    package func expecting(_ expect: @escaping @Sendable (Conversation) -> Bool) -> HostileRow {
        var row = self
        row.expect = expect
        return row
    }

    package func serving(_ outcome: Outcome) -> HostileRow {
        var row = self
        row.outcome = outcome
        return row
    }

    package func notServed(_ reason: String) -> HostileRow {
        var row = self
        row.reasonNotServed = reason
        return row
    }
}

package typealias Prepare = @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void

/// Whether every code point may be shown on a terminal as part of one line.
package func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy(isHarmless)
}

package func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value >= 0x20 && !(0x7F...0x9F).contains(value) && !(0x202A...0x202E).contains(value)
        && !(0x2066...0x2069).contains(value)
}
