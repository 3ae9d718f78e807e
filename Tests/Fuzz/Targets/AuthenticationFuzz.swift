import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// The client's login as a whole: the input is a list of steps, ours and the server's, in any order.
///
/// A login that ends well must have been preceded by a request, and after its end nothing more may be accepted.
enum AuthenticationFuzz {
    static func run(_ input: [UInt8]) {
        guard let key = FuzzKey.shared else { return }
        let host = TrustedHostKey.vouched(byCallerFor: key.publicKey)
        var machine = UserAuthentication(user: Array("user".utf8), sessionID: [1, 2, 3, 4], host: host)
        var steps = ByteBuffer(bytes: input)
        var isFinished = false
        while let step = steps.readInteger(as: UInt8.self) {
            let size = steps.readInteger(as: UInt8.self) ?? 0
            let argument = steps.readSlice(length: min(Int(size), steps.readableBytes)) ?? ByteBuffer()
            guard let action = try? perform(step, argument, key, &machine) else { continue }
            precondition(!isFinished, "something happened after the login was over")
            if case .finish = action { isFinished = true }
        }
    }

    private static func perform(
        _ step: UInt8, _ argument: ByteBuffer, _ key: PrivateKey, _ machine: inout UserAuthentication
    ) throws(ProtocolError) -> UserAuthentication.Action? {
        let identity = LoginIdentity(key: key.publicKey, algorithm: .ed25519)
        switch step % 11 {
        case 0: return try machine.start(.none)
        case 1: return try machine.start(.publicKey(identity, asksFirst: true))
        case 2: return try machine.start(.publicKey(identity, asksFirst: false))
        case 3: return try machine.start(.password(Password(SecretBytes(copying: argument.readableBytesView))))
        case 4: return try machine.provide(signature: Array(argument.readableBytesView))
        case 5:
            guard let failure = try? UserauthFailure(payload: message(51, argument)) else { return nil }
            return try machine.receive(failure)
        case 6: return try machine.receiveSuccess()
        case 7: return try machine.receiveMethodSpecific(message(60, argument))
        case 8: return try machine.start(.keyboardInteractive)
        case 9:
            let answers = argument.readableBytesView.prefix(3).map { Password(SecretBytes(copying: [$0])) }
            return try machine.provide(answers: answers)
        default:
            // The answer that fits, with what the input puts behind it.
            var answer = UserauthPublicKeyOK(algorithm: "ssh-ed25519", blob: key.publicKey.blob).payload
            answer.writeImmutableBuffer(argument)
            return try machine.receiveMethodSpecific(answer)
        }
    }

    private static func message(_ number: UInt8, _ body: ByteBuffer) -> ByteBuffer {
        var payload = ByteBuffer(bytes: [number])
        payload.writeImmutableBuffer(body)
        return payload
    }
}
