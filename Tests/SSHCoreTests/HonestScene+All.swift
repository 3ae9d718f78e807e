import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension HonestScene {
    /// Between them, every message that a server may send.
    static let all: [HonestScene] = [session, group, curve, rsa, key, prompts, expired, refused, leaving, talking]

    private static let session = HonestScene(
        name: "a session with everything in it",
        prepare: { peer, script in
            peer.judge = { _, attempt in
                guard attempt.index == 0 else { return nil }
                return [.banner(Array("Welcome".utf8)), .failure(["password", "publickey"], isPartial: false)]
            }
            peer.extensions = [
                ExtInfo.Extension(
                    name: ExtInfo.serverSignatureAlgorithms, value: ByteBuffer(string: "ssh-ed25519,rsa-sha2-512")),
                ExtInfo.Extension(name: "ping@openssh.com", value: ByteBuffer(string: "0")),
            ]
            peer.program = { _ in
                [.output(Array("output".utf8)), .error(Array("error".utf8))] + oddWords + [
                    .exitStatus(1), .exitSignal(name: Array("TERM".utf8), message: Array("died".utf8)), .endOfOutput,
                    .close,
                ]
            }
            script.credentials = [.none, .password(ClientScript.password)]
        })

    private static let leaving = HonestScene(
        name: "a server that leaves", numbers: [1],
        prepare: { peer, _ in
            peer.program = { _ in
                [.payload { _ in Disconnect(reason: .byApplication, description: "bye").payload }]
            }
        })

    private static let talking = HonestScene(
        name: "words before the keys", numbers: [2, 3, 4],
        words: { own in
            guard own.getInteger(at: own.readerIndex, as: UInt8.self) == MessageNumber.kexInit.rawValue else {
                return [own]
            }
            return [
                Ignore(data: ByteBuffer(string: "x")).payload,
                DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: "words")).payload,
                Unimplemented(sequenceNumber: .max).payload, own,
            ]
        }, prepare: { peer, _ in peer.isStrict = false })

    /// What a server may say at any time of a session.
    private static let oddWords: [ProgramStep] = [
        .payload { ChannelWindowAdjust(recipient: $0, byteCount: 10).payload },
        .payload { ChannelRequest(recipient: $0, name: "eow@openssh.com", wantsReply: false).payload },
        .payload { ChannelSuccess(recipient: $0).payload }, .payload { ChannelFailure(recipient: $0).payload },
        .payload { _ in GlobalRequest(name: "keepalive@openssh.com", wantsReply: true).payload },
        .payload { _ in announcement }, .payload { _ in ByteBuffer(bytes: [81, 0, 0, 0, 22]) },
        .payload { _ in RequestFailure().payload }, .payload { _ in Ignore(data: ByteBuffer(string: "x")).payload },
        .payload { _ in
            DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: "words")).payload
        },
        .payload { _ in Unimplemented(sequenceNumber: .max).payload },
        .payload { _ in Ping(data: ByteBuffer(string: "ping")).payload },
        .payload { _ in ByteBuffer(bytes: [193, 0, 0, 0, 1, 7]) },
        .payload {
            ChannelOpen(type: "x11", sender: $0, windowSize: 1 << 20, maximumPacketSize: 1 << 15).payload
        },
    ]

    private static var announcement: ByteBuffer {
        var details = ByteBuffer()
        details.writeString(certain { try TestKeys.ed25519(seed: 5) }.verificationKey.blob)
        return GlobalRequest(name: "hostkeys-00@openssh.com", wantsReply: false, details: details).payload
    }

    private static let group = HonestScene(
        name: "group exchange", numbers: [31, 33],
        layout: { number in
            var context = MessageContext()
            context.shares = number == 31 ? .group : .numbers
            return context
        }, prepare: { peer, _ in peer.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"] })

    private static func host(_ name: String, _ key: @escaping @Sendable () throws -> SigningKey, _ method: Name)
        -> HonestScene
    {
        HonestScene(
            name: name, numbers: [31],
            prepare: { peer, _ in
                let acceptedPassword = peer.acceptedPassword
                peer = PeerConfiguration(hostKey: try key())
                peer.acceptedPassword = acceptedPassword
                peer.keyExchangeNames = [method]
            })
    }

    private static let curve = host(
        "a share and a host key of P-256", { try TestKeys.ecdsaNISTP256() }, "ecdh-sha2-nistp256")
    private static let rsa = host("a host key of RSA", { try TestKeys.rsa() }, "curve25519-sha256")

    private static func login(
        _ name: String, _ method: String, _ credentials: @escaping @Sendable () throws -> [ClientScript.Credential],
        _ judge: @escaping @Sendable (ScriptedPeer, AuthenticationAttempt) -> [AuthenticationReply]?
    ) -> HonestScene {
        HonestScene(
            name: name, numbers: [60],
            layout: { _ in
                var context = MessageContext()
                context.method = method
                return context
            },
            prepare: { peer, script in
                peer.acceptedKeys = [try PublicKey(try TestKeys.ed25519(seed: 9).verificationKey).blob]
                peer.judge = judge
                script.credentials = try credentials()
            })
    }

    private static let key = login(
        "a login by key", "publickey", { [.key(try TestKeys.ed25519(seed: 9), .ed25519, asksFirst: true)] },
        { _, _ in nil })

    private static let prompts = login("prompts", "keyboard-interactive", { [.keyboardInteractive] }) { _, attempt in
        guard case .answers = attempt.method else { return [.payload(LeastMessage.prompts.payload)] }
        return [.success]
    }

    private static let expired = login(
        "a password that has expired", "password",
        { [.password(ClientScript.password), .passwordChange(ClientScript.password, new: [1])] }
    ) { _, attempt in
        guard case .passwordChange = attempt.method else {
            return [.payload(UserauthPasswordChangeRequest(prompt: ByteBuffer(string: "New: ")).payload)]
        }
        return [.success]
    }

    private static let refused = HonestScene(
        name: "a channel that is refused", numbers: [92],
        words: { own in
            guard let confirmation = try? ChannelOpenConfirmation(payload: own) else { return [own] }
            return [ChannelOpenFailure(recipient: confirmation.recipient, reason: 1, description: "no").payload]
        })
}
