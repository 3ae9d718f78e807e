import Foundation
import HostileRows
import PeerSupport
import TestSupport

/// One row, in one delivery, before one client.
package struct Performance: Sendable {
    package let served: ServedRow
    package let delivery: Delivery
    package let client: ClientProgram
    /// An honest run's peak; nil while it is being measured.
    package var baseline: Double?
    /// What ends a client that goes on beyond the row's own time.
    package var secondsBeyond = 10

    package init(_ row: HostileRow, _ delivery: Delivery, _ client: ClientProgram, baseline: Double?) throws {
        served = try ServedRow(row)
        self.delivery = delivery
        self.client = client
        self.baseline = baseline
    }

    /// Blocks until the client is gone.
    package func run() throws -> Finding {
        let world = try ClientWorld(keys: served.keys)
        let (listener, port) = try Loopback.listen()
        let relay = Relay(served, delivery, listener: listener)
        let deadline = Int(served.row.peerAct.patience.components.seconds) + secondsBeyond
        let words = client.words(world.places(port: port, options: served.options, command: HostileRow.command))
        let arguments = [world.reportPath, "\(deadline)"] + words
        let environment = world.environment(isOnTerminal: client.isOnTerminal)
        let stage: any Stage =
            client.isOnTerminal
            ? try TerminalStage(client.launcher, arguments, environment)
            : try PipeStage(client.launcher, arguments, environment)
        while !stage.isOver {
            relay.turn()
            stage.turn()
        }
        relay.finish()
        #if os(Linux)
            let isKibibytes = true
        #else
            let isKibibytes = false
        #endif
        stage.finish()
        var end = try ClientEnd(
            report: world.report(), isKibibytes: isKibibytes, output: stage.output, error: stage.error)
        end.terminalFaults = stage.faults
        return Judgement(performance: self, relay: relay, world: world, end: end).finding
    }

    /// The most memory of three honest runs.
    package static func baseline(_ client: ClientProgram) throws -> Double {
        let honest = HostileRow("honest", "a peer without a lie", .works)
        var most = 0.0
        for delivery in [Delivery.whole, .split, .coalesced] {
            let finding = try Performance(honest, delivery, client, baseline: nil).run()
            guard finding.verdict == .ok else {
                throw SupportError.commandFailed(
                    "\(client.name) fails before an honest peer: \(finding.text)\n\(finding.errorText)")
            }
            most = max(most, finding.mebibytes)
        }
        return most
    }
}
