import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// hostile.md §5: what travels between KEXINIT and the login, and PINGs.
package enum StrictExchangeRows {
    package static let rows: [HostileRow] = gaps + disconnects + extensions + service + pings

    private static let injections: [(String, String, ByteBuffer)] = [
        ("SK-01", "IGNORE", Ignore(data: ByteBuffer()).payload),
        ("SK-02", "DEBUG", DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: "x")).payload),
        ("SK-03", "UNIMPLEMENTED", Unimplemented(sequenceNumber: 4_000_000).payload),
        ("SK-04", "an unknown message", ByteBuffer(bytes: [200])),
        ("SK-05", "EXT_INFO", ExtInfo(extensions: []).payload),
        ("SK-06", "PING", Ping(data: ByteBuffer()).payload),
    ]

    private static let gapSteps: [Step] = [.kexInit, .kexReply, .newKeys]

    private static func insert(_ place: Step, isStrict: Bool, _ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.isStrict = isStrict
            configuration.hook = { _, step, own in (step == place ? [.payload(payload)] : []) + [.payload(own)] }
        }
    }

    /// SK-01 to SK-06 and SK-08: before KEXINIT, before the reply, before NEWKEYS.
    private static let gaps: [HostileRow] = injections.flatMap { id, name, payload in
        gapSteps.flatMap { step in
            let isBorne = name != "EXT_INFO"
            return [
                HostileRow(
                    id, "\(name) before \(step), strict", .fails([.unexpected], .protocolError),
                    prepare: insert(step, isStrict: true, payload)),
                HostileRow(
                    "SK-08", "\(name) before \(step), not strict",
                    isBorne ? .works : .fails([.unexpected], .protocolError),
                    prepare: insert(step, isStrict: false, payload)),
            ]
        }
    }

    private static let disconnects: [HostileRow] = [Step.kexInit, .kexReply, .newKeys, .extInfo].map { step in
        HostileRow(
            "SK-07", "DISCONNECT before \(step)", .fails([.disconnected], nil),
            prepare: insert(step, isStrict: true, Disconnect(reason: .byApplication, description: "bye").payload))
    }

    private static func extInfo(_ items: (Name, [UInt8])...) -> ByteBuffer {
        ExtInfo(extensions: items.map { ExtInfo.Extension(name: $0.0, value: ByteBuffer(bytes: $0.1)) }).payload
    }

    private static func announced(_ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in step == .extInfo ? [.payload(payload)] : [.payload(own)] }
        }
    }

    private static let weakest = Array("ssh-rsa".utf8)
    private static let renewed = "rsa-sha2-256,ssh-ed25519"

    /// SK-10: a second EXT_INFO that holds another list, which counts from there on.
    private static func again(
        _ what: String, _ order: @escaping @Sendable (Step, _ own: ByteBuffer, _ again: ByteBuffer) -> [ByteBuffer]
    ) -> HostileRow {
        let again = extInfo((ExtInfo.serverSignatureAlgorithms, Array(renewed.utf8)))
        return HostileRow("SK-10", "EXT_INFO again, \(what)", .works) { configuration, _ in
            configuration.hook = { _, step, own in order(step, own, again).map { .payload($0) } }
        }.expecting {
            $0.engine.serverSignatureAlgorithms?.joined == Array(renewed.utf8)
                && $0.peer.messages(Unimplemented.self).isEmpty
        }
    }

    /// SK-11: the list is still the first one's, and the packet, the fourth under these keys, has its one answer.
    private static func isUnmoved(_ conversation: Conversation) -> Bool {
        let first = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256"
        return conversation.engine.serverSignatureAlgorithms?.joined == Array(first.utf8)
            && conversation.peer.messages(Unimplemented.self).map(\.sequenceNumber) == [3]
    }

    private static let extensions: [HostileRow] = [
        again("right behind SERVICE_ACCEPT") { step, own, again in step == .serviceAccept ? [own, again] : [own] },
        again("right before SUCCESS") { step, own, again in step == .authentication ? [again, own] : [own] },
        HostileRow("SK-11", "EXT_INFO in a session", .works) { configuration, _ in
            let late = extInfo((ExtInfo.serverSignatureAlgorithms, weakest))
            configuration.hook = { _, _, own in
                let number: UInt8? = own.getInteger(at: own.readerIndex)
                return (number == MessageNumber.channelOpenConfirmation.rawValue ? [.payload(late)] : [])
                    + [.payload(own)]
            }
        }.expecting(isUnmoved),
        HostileRow("SK-11", "EXT_INFO right behind SUCCESS", .works) { configuration, _ in
            let late = extInfo((ExtInfo.serverSignatureAlgorithms, weakest))
            configuration.hook = { _, step, own in
                [.payload(own)] + (step == .authentication ? [.payload(late)] : [])
            }
        }.expecting(isUnmoved),
        HostileRow("SK-12", "EXT_INFO three times", .works) { configuration, _ in
            configuration.hook = { _, step, own in
                step == .extInfo ? [.payload(own), .payload(own), .payload(own)] : [.payload(own)]
            }
        }.expecting { $0.peer.messages(Unimplemented.self).map(\.sequenceNumber) == [2] },
        HostileRow("SK-13", "no extension", .works, prepare: announced(extInfo())),
        HostileRow(
            "SK-13", "1,025 extensions claimed", .fails([.malformed], .protocolError),
            prepare: announced(ByteBuffer(bytes: [7, 0, 0, 4, 1]))),
        HostileRow(
            "SK-13", "4,294,967,295 extensions claimed", .fails([.malformed], .protocolError),
            prepare: announced(ByteBuffer(bytes: [7, 255, 255, 255, 255]))),
        HostileRow(
            "SK-13", "the same twice, the last counts", .works,
            prepare: announced(
                extInfo(("server-sig-algs", Array("ssh-rsa".utf8)), ("server-sig-algs", Array("rsa-sha2-256".utf8))))
        ).expecting { $0.engine.serverSignatureAlgorithms == ["rsa-sha2-256"] },
        HostileRow(
            "SK-13", "250 KiB and NULs", .works,
            prepare: announced(extInfo(("\0odd", [UInt8](repeating: 0, count: 250 * 1024))))),
        HostileRow(
            "SK-13", "a name of 250 KiB, and one that counts behind it", .works,
            prepare: announced(
                extInfo(
                    (Name([UInt8](repeating: 0x61, count: 250 * 1024)), [1]),
                    (ExtInfo.serverSignatureAlgorithms, Array(renewed.utf8))))
        ).expecting { $0.engine.serverSignatureAlgorithms?.joined == Array(renewed.utf8) },
        // No packet holds so much.
        HostileRow(
            "SK-13", "a name of 256 KiB", .fails([.packet], .protocolError),
            prepare: announced(extInfo((Name([UInt8](repeating: 0x61, count: 256 * 1024)), [])))),
        HostileRow(
            "SK-13", "a value of 256 KiB", .fails([.packet], .protocolError),
            prepare: announced(extInfo(("odd", [UInt8](repeating: 0, count: 256 * 1024))))),
    ]

    private static func accepts(_ payloads: ByteBuffer...) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in
                step == .serviceAccept ? payloads.map { .payload($0) } : [.payload(own)]
            }
        }
    }

    private static let granted = ServiceAccept(service: ServiceRequest.userAuthentication).payload

    private static let service: [HostileRow] = [
        HostileRow("SK-16", "an accept without a name", .works, prepare: accepts(ServiceAccept(service: nil).payload)),
        HostileRow(
            "SK-16", "another service", .fails([.unexpected], .protocolError),
            prepare: accepts(ServiceAccept(service: "ssh-connection").payload)),
        HostileRow("SK-16", "twice", .fails([.unexpected], .protocolError), prepare: accepts(granted, granted)),
        HostileRow(
            "SK-16", "unasked, in a session", .fails([.unexpected], .protocolError),
            prepare: insert(.channelReply, isStrict: true, granted)),
        HostileRow(
            "SK-17", "the server asks for a service", .works,
            prepare: insert(.authentication, isStrict: true, ServiceRequest(service: "ssh-userauth").payload)
        ).expecting { $0.peer.messages(Unimplemented.self).count == 1 },
        HostileRow(
            "AU-01", "SUCCESS before the service was granted", .fails([.unexpected], .protocolError),
            prepare: accepts(UserauthSuccess().payload)),
        HostileRow(
            "AU-04", "SUCCESS in a session", .fails([.unexpected], .protocolError),
            prepare: insert(.channelReply, isStrict: true, UserauthSuccess().payload)),
    ]

    private static func ping(_ byteCount: Int) -> HostileRow {
        let data = ByteBuffer(bytes: (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) })
        return HostileRow("SK-18", "a PING of \(byteCount) bytes in a session", .works) { configuration, _ in
            configuration.program = said(Ping(data: data).payload)
        }.expecting { $0.peer.messages(Pong.self) == [Pong(data: data)] }
    }

    private static let pings: [HostileRow] = [
        ping(0), ping(1), ping(1000), ping(250_000),
        HostileRow("SK-19", "a hundred PONGs that nobody asked for", .works) { configuration, _ in
            let pong = Pong(data: ByteBuffer(string: "?")).payload
            configuration.program = said(Array(repeating: pong, count: 100))
        },
    ]

    /// A program before whose output the peer says these.
    package static func said(_ payloads: [ByteBuffer]) -> @Sendable ([UInt8]) -> [ProgramStep] {
        { command in
            payloads.map { payload in .payload { _ in payload } } + [
                .output(command), .exitStatus(0), .endOfOutput, .close,
            ]
        }
    }

    private static func said(_ payload: ByteBuffer) -> @Sendable ([UInt8]) -> [ProgramStep] { said([payload]) }
}
