import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// A host key's blob and a signature's, of any kind, over what the key exchange would have hashed; without a blob it is a
/// key of these tests, whose own signature the input may change.
///
/// A key that is read is read again from all that is written of it. A signature holds for one message at most, and for keys
/// whose signatures are always the same only one does.
enum HostKeyFuzz {
    private static let message = Array("what both sides hashed".utf8)

    private static let honest: [SignatureAlgorithm: (key: SigningKey, signature: [UInt8])] = {
        let entries = TestKeys.algorithms.compactMap { algorithm -> (SignatureAlgorithm, (SigningKey, [UInt8]))? in
            guard let key = try? TestKeys.key(for: algorithm),
                let signature = try? key.sign(message, algorithm: algorithm)
            else { return nil }
            return (algorithm, (key, signature))
        }
        return Dictionary(uniqueKeysWithValues: entries)
    }()

    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let algorithm = SignatureAlgorithm.allCases[Int(choice) % SignatureAlgorithm.allCases.count]
        var steps = FuzzSteps(input.dropFirst())
        let blob = Array(steps.nextArgument().readableBytesView)
        var signature = steps.remainder()
        guard blob.isEmpty else {
            if let key = key(of: blob, algorithm) { check(signature, key) }
            return
        }
        guard let honest = honest[algorithm], let key = try? PublicKey(honest.key.verificationKey) else { return }
        let edits = ByteBuffer(bytes: signature)
        signature = honest.signature
        FuzzEdits.apply(edits, to: &signature)
        check(signature, key)
        precondition(signature != honest.signature || isValid(signature, message, key, algorithm), "no signature holds")
    }

    private static func check(_ signature: [UInt8], _ key: PublicKey) {
        let verified = SignatureAlgorithm.allCases.filter { isValid(signature, message, key, $0) }
        precondition(Set(verified.map(\.plain)).count <= 1, "one signature counts as two kinds")
        for algorithm in verified {
            precondition(algorithm.plain.keyType == key.verificationKey.type, "a key signs what it cannot")
            precondition(!isValid(signature, message + [0], key, algorithm), "one signature holds for two messages")
            // ECDSA draws a number for each.
            guard let honest = honest[algorithm.plain], honest.key.verificationKey == key.verificationKey,
                !algorithm.rawValue.contains("ecdsa")
            else { continue }
            precondition(trimmed(signature) == trimmed(honest.signature), "another signature holds too")
        }
    }

    /// A plain key, or a certificate's.
    private static func key(of blob: [UInt8], _ algorithm: SignatureAlgorithm) -> PublicKey? {
        if algorithm.isCertificate { return (try? Certificate(blob: blob))?.key }
        guard let key = try? PublicKey(blob: blob) else { return nil }
        precondition((try? PublicKey(blob: key.blob)) == key, "what we write we cannot read")
        precondition((try? PublicKey(line: Array(key.openSSHLine.utf8))) == key, "its line does not read again")
        precondition(!key.typeDisplayName.isEmpty && key.bitCount >= 256 && !key.fingerprint.sha256.isEmpty)
        return key
    }

    private static func isValid(
        _ signature: [UInt8], _ message: [UInt8], _ key: PublicKey, _ algorithm: SignatureAlgorithm
    ) -> Bool {
        (try? key.verificationKey.verify(signature, over: message, algorithm: algorithm)) != nil
    }

    /// A signature's blob as its name and its bytes without zeros in front, which some peers leave out.
    private static func trimmed(_ signature: [UInt8]) -> [[UInt8]] {
        var body = ByteBuffer(bytes: signature)
        let name = (try? body.readStringBytes()) ?? []
        return [name, Array(((try? body.readStringBytes()) ?? []).drop { $0 == 0 }), Array(body.readableBytesView)]
    }
}
