import NIOCore
import PeerSupport
import SSHCore
import SSHIdentity
import SSHWire

extension ClientState {
    static let all: [ClientState] =
        [ClientState(name: "identification awaited", held: at(.identification), isBeforePackets: true)]
        + handshake(isStrict: true) + handshake(isStrict: false) + login + session + rekey

    private static func at(_ step: Step) -> @Sendable (Step, UInt8) -> Bool { { found, _ in found == step } }
    private static func before(_ number: MessageNumber) -> @Sendable (Step, UInt8) -> Bool {
        { _, found in found == number.rawValue }
    }

    private static func handshake(isStrict: Bool) -> [ClientState] {
        let strictness = isStrict ? ", strict" : ", not strict"
        let plain: @Sendable (inout PeerConfiguration, inout ClientScript) -> Void = { peer, _ in
            peer.isStrict = isStrict
        }
        let grouped: @Sendable (inout PeerConfiguration, inout ClientScript) -> Void = { peer, _ in
            peer.isStrict = isStrict
            peer.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"]
        }
        let group = layout { $0.shares = .group }
        return [
            ClientState(name: "KEXINIT awaited" + strictness, prepare: plain, held: at(.kexInit)),
            ClientState(name: "group awaited" + strictness, prepare: grouped, held: at(.kexGroup), layout: group),
            ClientState(
                name: "reply in that group awaited" + strictness, prepare: grouped, held: at(.kexReply),
                layout: layout { $0.shares = .numbers }),
            ClientState(name: "reply awaited" + strictness, prepare: plain, held: at(.kexReply)),
            ClientState(
                name: "host key awaits a decision" + strictness,
                prepare: { peer, script in
                    plain(&peer, &script)
                    script.trust = .wait
                }, held: at(.newKeys),
                settle: { conversation in
                    for key in conversation.record.offeredKeys { conversation.trust(key) }
                    conversation.run()
                }),
            ClientState(name: "NEWKEYS awaited" + strictness, prepare: plain, held: at(.newKeys)),
        ]
    }

    private static func layout(_ change: (inout MessageContext) -> Void) -> MessageContext {
        var context = MessageContext()
        change(&context)
        return context
    }

    private static func offering(
        _ credential: @escaping @Sendable () throws -> ClientScript.Credential
    ) -> @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void {
        { peer, script in
            peer.methods = ["publickey", "password", "keyboard-interactive"]
            peer.acceptedKeys = [try PublicKey(try TestKeys.ed25519(seed: 9).verificationKey).blob]
            peer.judge = { _, attempt in
                switch attempt.method {
                case .other("keyboard-interactive"): [.payload(LeastMessage.prompts.payload)]
                case .answers: [.success]
                default: nil
                }
            }
            script.credentials = [try credential(), .password(ClientScript.password)]
        }
    }

    private static func key(asksFirst: Bool) throws -> ClientScript.Credential {
        .key(try TestKeys.ed25519(seed: 9), .ed25519, asksFirst: asksFirst)
    }

    private static let login: [ClientState] = [
        ClientState(name: "EXT_INFO or SERVICE_ACCEPT awaited", held: at(.extInfo)),
        ClientState(name: "SERVICE_ACCEPT awaited", held: at(.serviceAccept)),
        ClientState(name: "none asked", prepare: offering { .none }, held: at(.authentication)),
        ClientState(
            name: "password sent", held: at(.authentication), layout: layout { $0.method = "password" }),
        ClientState(
            name: "key asked about", prepare: offering { try key(asksFirst: true) }, held: at(.authentication),
            layout: layout { $0.method = "publickey" }),
        ClientState(
            name: "signature sent", prepare: offering { try key(asksFirst: false) }, held: at(.authentication),
            layout: layout { $0.method = "publickey" }),
        ClientState(
            name: "keyboard-interactive asked", prepare: offering { .keyboardInteractive }, held: at(.authentication),
            layout: layout { $0.method = "keyboard-interactive" }),
        ClientState(
            name: "answers sent", prepare: offering { .keyboardInteractive }, held: before(.userauthSuccess),
            layout: layout { $0.method = "keyboard-interactive" }),
        ClientState(
            name: "person asked", prepare: offering { .wait }, resume: { $0.offerCredential() },
            layout: layout { $0.method = "password" }),
    ]

    private static let channel = ChannelID(rawValue: 0)

    private static let session: [ClientState] = [
        ClientState(name: "session without a channel", prepare: { _, script in script.commands = [] }, reach: { _ in }),
        ClientState(
            name: "channel asked for", prepare: { _, script in script.commands = [] },
            held: before(.channelOpenConfirmation), reach: { $0.perform(.openSession(channel)) }),
        ClientState(
            name: "program asked for", prepare: { _, script in script.commands = [] }, held: before(.channelSuccess),
            reach: {
                $0.perform(.openSession(channel))
                $0.perform(.request(channel, .execute(command: [UInt8(ascii: "x")])))
            }),
        ClientState(name: "program running", reach: { _ in }),
        ClientState(name: "input ended", reach: { $0.perform(.endInput(channel)) }),
        ClientState(name: "output ended", reach: { $0.inject(.message(ChannelEOF(recipient: channel))) }),
        ClientState(name: "CLOSE sent", held: before(.channelClose), reach: { $0.perform(.close(channel)) }),
        ClientState(name: "channel gone", reach: { $0.perform(.close(channel)) }),
    ]

    private static let rekey: [ClientState] = [
        ClientState(name: "our new KEXINIT sent", held: at(.kexInit), reach: { $0.perform(.rekey) }),
        ClientState(
            name: "new group awaited", prepare: groups, held: at(.kexGroup), reach: rekeyByPeer,
            layout: layout { $0.shares = .group }),
        ClientState(
            name: "new reply in that group awaited", prepare: groups, held: at(.kexReply), reach: rekeyByPeer,
            layout: layout { $0.shares = .numbers }),
        ClientState(name: "new reply awaited", held: at(.kexReply), reach: rekeyByPeer),
        ClientState(name: "new NEWKEYS awaited", held: at(.newKeys), reach: rekeyByPeer),
    ]

    private static let groups: @Sendable (inout PeerConfiguration, inout ClientScript) -> Void = { peer, _ in
        peer.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"]
    }

    private static let rekeyByPeer: @Sendable (Conversation) -> Void = { $0.peer.startRekey() }
}
