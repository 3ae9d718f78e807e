import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// hostile.md §7, as far as a server can play it alone: later key exchanges that it starts.
package enum RekeyRows {
    package static let rows: [HostileRow] = honest + others + modes + changed

    /// Keys change before each of these.
    private static func often(_ steps: [ProgramStep]) -> [ProgramStep] { steps.flatMap { [.rekey, $0] } }

    private static let ending: [ProgramStep] = [.exitStatus(0), .endOfOutput, .close]

    private static let honest: [HostileRow] =
        [Step.serviceAccept, .authentication, .channelReply, .channelData].map { step in
            HostileRow("RK-03", "keys change before \(step)", .works) { configuration, _ in
                configuration.rekeysBefore = [step]
            }.expecting { $0.record.agreements.count == 2 }
        } + [
            HostileRow("RK-01", "keys change before each byte of output", .works) { configuration, _ in
                // Its nonce is the sequence number.
                configuration.cipherNames = ["chacha20-poly1305@openssh.com"]
                configuration.program = { command in often(command.map { .output([$0]) }) + ending }
            }.expecting { $0.record.agreements.count == 1 + HostileRow.command.count },
            HostileRow("RK-04", "keys change around each end of a channel", .works) { configuration, _ in
                configuration.program = { command in often([.error([0x78]), .output(command)] + ending) }
            }.expecting { $0.record.agreements.count == 6 && $0.record.exits == [.status(0)] },
        ]

    /// The first proposal for other keys, and what the peer says next.
    private static func behindProposal(_ emission: Emission) -> Prepare {
        { configuration, _ in
            configuration.program = { command in [.rekey, .output(command)] + ending }
            configuration.hook = { peer, step, own in
                let isLater = step == .kexInit && !peer.exchangeHashes.isEmpty
                return [.payload(own)] + (isLater ? [emission] : [])
            }
        }
    }

    private static let others: [HostileRow] = [UInt8(5), 7, 51, 52, 53, 80, 93, 94, 98].map { number in
        HostileRow(
            "RK-05", "message \(number) behind the server's later KEXINIT", .fails([.unexpected], .protocolError),
            prepare: behindProposal(.bytes([number, 0, 0, 0, 0])))
    }

    /// A peer that changes once it has answered for a channel, and then wants other keys.
    private static func later(_ change: @escaping @Sendable (inout PeerConfiguration) -> Void) -> Prepare {
        { configuration, _ in
            configuration.program = { command in [.rekey, .output(command)] + ending }
            configuration.hook = { peer, step, own in
                if step == .channelReply { change(&peer.configuration) }
                return [.payload(own)]
            }
        }
    }

    private static let modes: [HostileRow] = TestedMode.encrypted.flatMap { first in
        TestedMode.encrypted.filter { $0 != first }.map { second in
            HostileRow("RK-08", "\(first), and \(second) later", .works) { configuration, script in
                try later(second.prepare)(&configuration, &script)
                first.prepare(&configuration)
            }.expecting { $0.record.agreements.count == 2 && $0.peer.sessionID == $0.peer.exchangeHashes.first }
        }
    }

    private static let changed: [HostileRow] = [
        HostileRow(
            "RK-09", "weak ciphers alone, later", .fails([.negotiation], .keyExchangeFailed),
            prepare: later { $0.cipherNames = ["3des-cbc", "none"] }),
        HostileRow("RK-10", "another host key, later", .fails([.hostKeyChangedDuringRekey], .hostKeyNotVerifiable)) {
            let key = try TestKeys.ed25519(seed: 77)
            try later { $0.hostKeys = [key] }(&$0, &$1)
        },
        HostileRow(
            "RK-11", "a wrong signature, later", .fails([.hostSignature], .keyExchangeFailed),
            prepare: later { $0.alterReply = { $0.signature[30] ^= 1 } }),
        HostileRow("RK-14", "other keys without end", .fails([.rekeys], .protocolError)) { configuration, _ in
            configuration.program = { _ in Array(repeating: .rekey, count: 1000) }
        },
    ]
}
