import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What a scripted peer is and does; a peer made from the plain one is honest.
package struct PeerConfiguration: Sendable {
    package typealias Hook = @Sendable (_ peer: ScriptedPeer, _ step: Step, _ payload: ByteBuffer) -> [Emission]

    /// Bytes before the identification line.
    package var preamble: [UInt8] = []
    package var identification = Array("SSH-2.0-ScriptedPeer_1".utf8)
    package var lineEnd = Array("\r\n".utf8)
    package var waitsForClient = false

    package var hostKeys: [SigningKey]
    package var hostKeyNames: NameList
    package var keyExchangeNames: NameList = ["curve25519-sha256", "curve25519-sha256@libssh.org"]
    package var cipherNames = NameList(CipherAlgorithm.allCases.map { Name($0.rawValue) })
    package var macNames = NameList(MACAlgorithm.allCases.map { Name($0.rawValue) })
    package var compressionNames: NameList = ["none"]
    /// The group of a group exchange, and what is told of it.
    package var group: FiniteFieldGroup
    package var alterGroup: @Sendable (inout KexDHGexGroup) -> Void = { _ in }
    package var isStrict = true
    package var alterKexInit: @Sendable (inout KexInit) -> Void = { _ in }
    /// Changes the KEXINIT's bytes before they are hashed and sent.
    package var alterKexInitPayload: @Sendable (inout ByteBuffer) -> Void = { _ in }
    /// Put into the reply, and hashed, instead of the host key's own blob.
    package var hostKeyBlob: [UInt8]?
    /// Changes what is hashed for the signature, and for it alone.
    package var alterSignedHash: @Sendable (inout ExchangeHash) -> Void = { _ in }
    /// Signs the exchange hash with this in place of what was agreed on, name and all.
    package var signsWith: SignatureAlgorithm?
    package var alterReply: @Sendable (inout KexECDHReply) -> Void = { _ in }
    package var repliesToShare = true
    package var keepsOldKeys = false
    package var makeForge: PacketForgeFactory?

    package var extensions: [ExtInfo.Extension]? = [
        ExtInfo.Extension(
            name: ExtInfo.serverSignatureAlgorithms,
            value: ByteBuffer(string: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256"))
    ]
    package var acceptsService = true
    /// Whether a global request that wants an answer gets one.
    package var answersGlobalRequests = true
    /// Leaves zero bytes in front of X25519's secret, as OpenSSH 6.5 and 6.6 do.
    package var keepsZerosOfSecret = false

    package var acceptsNone = false
    package var acceptedPassword: [UInt8]? = Array("correct horse".utf8)
    package var acceptedKeys: [[UInt8]] = []
    package var methods: NameList = ["publickey", "password"]
    /// The verdict on an attempt; nil for the customary one.
    package var judge: (@Sendable (_ peer: ScriptedPeer, _ attempt: AuthenticationAttempt) -> [AuthenticationReply]?)?

    /// Replies to what a client asks before the attempt that matters: honest ones, and it is not on record.
    package var preliminary:
        @Sendable (_ peer: ScriptedPeer, _ attempt: AuthenticationAttempt) -> [AuthenticationReply]? =
            { _, _ in nil }

    package var channelWindow: UInt32 = 2 * 1024 * 1024
    package var channelPacket: UInt32 = 32 * 1024
    package var program: @Sendable (_ command: [UInt8]) -> [ProgramStep] = { command in
        [.output(command), .exitStatus(0), .endOfOutput, .close]
    }

    /// Replaces, drops, doubles, delays or adds to what is about to be sent.
    package var hook: Hook = { _, _, payload in [.payload(payload)] }
    /// Steps before which the peer starts a key exchange of its own, once each.
    package var rekeysBefore: Set<Step> = []
    package var seed: UInt64 = 7

    package init(hostKey: SigningKey) {
        group = PeerGroups.customary
        hostKeys = [hostKey]
        hostKeyNames = NameList(
            SignatureAlgorithm.allCases.filter { $0.keyType == hostKey.verificationKey.type }.map { Name($0.rawValue) })
    }
}

/// Groups for group exchange.
package enum PeerGroups {
    /// The 3,072-bit one of RFC 3526.
    package static let customary: FiniteFieldGroup = {
        guard let group = try? FiniteFieldGroup(.group15) else { fatalError("libcrypto has no group 15") }
        return group
    }()
}

/// One request to log in, as the peer understood it.
package struct AuthenticationAttempt {
    package enum Method {
        case none
        case query(algorithm: Name, blob: [UInt8])
        case signed(algorithm: Name, blob: [UInt8], isValid: Bool)
        case password([UInt8])
        case passwordChange([UInt8], new: [UInt8])
        /// To the prompts of keyboard-interactive.
        case answers([[UInt8]])
        case other(Name)
    }

    package let user: [UInt8]
    package let method: Method
    /// What a host-bound request names.
    package var hostKey: [UInt8]?
    /// How many came before it.
    package let index: Int
}

package enum AuthenticationReply {
    case success
    case failure(NameList, isPartial: Bool)
    case keyAccepted(algorithm: Name, blob: [UInt8])
    case banner([UInt8])
    case payload(ByteBuffer)
}

/// What a program of the peer does.
package enum ProgramStep: Sendable {
    case output([UInt8])
    case error([UInt8])
    case exitStatus(UInt32)
    case exitSignal(name: [UInt8], message: [UInt8])
    case endOfOutput
    case close
    case rekey
    /// Any payload; the closure gets the client's number of the channel.
    case payload(@Sendable (ChannelID) -> ByteBuffer)
    /// Waits for the client's end of input, then sends back all of it.
    case echoInput
}
