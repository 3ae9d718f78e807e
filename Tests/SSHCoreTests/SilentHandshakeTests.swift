import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// A server that goes silent at any point of the handshake ends in a typed time-out that names the stage.
@Suite("Silence in the handshake")
struct SilentHandshakeTests {
    struct Place: Sendable, CustomStringConvertible {
        let algorithm: KeyExchangeAlgorithm
        let step: Step
        let situation: ProtocolError.Situation

        var description: String { "\(algorithm.rawValue): \(step.rawValue)" }
    }

    private static let places: [Place] = [
        KeyExchangeAlgorithm.curve25519SHA256, .ecdhNISTP256, .group14SHA256, .groupExchangeSHA256,
        .sntrup761X25519SHA512, .mlkem768X25519SHA256,
    ].filter(KeyExchangeAlgorithm.available.contains).flatMap { algorithm in
        let exchange: [Step] = [.kexInit] + (algorithm.isGroupExchange ? [.kexGroup] : []) + [.kexReply, .newKeys]
        let stages: [(Step, ProtocolError.Situation)] =
            [(.identification, .identification)] + exchange.map { ($0, .keyExchange) }
            + [(.serviceAccept, .serviceRequest), (.authentication, .authentication)]
        return stages.map { Place(algorithm: algorithm, step: $0.0, situation: $0.1) }
    }

    @Test("The time-out names the stage, and comes when it should", arguments: places, [Delivery.whole, .split])
    func silence(_ place: Place, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        try ShareRows.only(place.algorithm)(&configuration, &script)
        configuration.hook = { peer, step, own in
            if step == place.step { peer.configuration.hook = { _, _, _ in [] } }
            return step == place.step ? [] : [.payload(own)]
        }
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty && !conversation.record.isLoggedIn)
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(place.situation)])
        let isLogin = place.step == .serviceAccept || place.step == .authentication
        #expect(conversation.clock.now.sinceStart == (isLogin ? Limits.authenticationReply : Limits.handshake))
    }
}
