import Foundation

/// Kinds of keys that ssh-keygen makes for tests.
package enum KeyKind: String, CaseIterable, Sendable {
    case ed25519
    case ecdsa
    case ecdsa384
    case ecdsa521
    case rsa

    /// What `-t` of ssh-keygen and dropbearkey takes.
    var type: String {
        switch self {
        case .ed25519, .rsa: rawValue
        case .ecdsa, .ecdsa384, .ecdsa521: "ecdsa"
        }
    }

    /// What the tools are told of the size.
    var bitCount: Int? {
        switch self {
        case .ed25519: nil
        case .ecdsa: 256
        case .ecdsa384: 384
        case .ecdsa521: 521
        case .rsa: 2048
        }
    }
}

/// A key pair that ssh-keygen made, as the text of its two files.
package struct KeyPair: Sendable {
    package let kind: KeyKind
    package let privateText: String
    /// Type, base64 and comment.
    package let publicLine: String

    /// Type and base64.
    package var publicKey: String {
        publicLine.split(separator: " ").prefix(2).joined(separator: " ")
    }

    package static func generate(_ kind: KeyKind, bits: Int? = nil, passphrase: String = "") async throws -> KeyPair {
        let folder = try TemporaryDirectory()
        let path = folder.file("key")
        let sizeArguments = (bits ?? kind.bitCount).map { ["-b", String($0)] } ?? []
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-t", kind.type, "-N", passphrase, "-C", "test", "-f", path] + sizeArguments)
        let line = try folder.text(of: "key.pub").trimmingCharacters(in: .newlines)
        return KeyPair(kind: kind, privateText: try folder.text(of: "key"), publicLine: line)
    }

    /// One pair of each kind, made once a run: RSA keys take their time.
    package static func shared(_ kind: KeyKind, of owner: Owner) async throws -> KeyPair {
        switch owner {
        case .user: try await userKeys.value.pair(kind)
        case .host: try await hostKeys.value.pair(kind)
        }
    }

    /// All of them.
    package static func shared(of owner: Owner) async throws -> [KeyPair] {
        switch owner {
        case .user: try await userKeys.value.pairs
        case .host: try await hostKeys.value.pairs
        }
    }

    package enum Owner: Sendable { case user, host }

    private struct Ring: Sendable {
        var pairs: [KeyPair]

        func pair(_ kind: KeyKind) throws -> KeyPair {
            guard let pair = pairs.first(where: { $0.kind == kind }) else {
                throw SupportError.commandFailed("no \(kind) key")
            }
            return pair
        }
    }

    private static let userKeys = Task { try await ring() }
    private static let hostKeys = Task { try await ring() }

    private static func ring() async throws -> Ring {
        var ring = Ring(pairs: [])
        for kind in [KeyKind.ed25519, .ecdsa, .ecdsa384, .ecdsa521, .rsa] {
            ring.pairs.append(try await generate(kind))
        }
        return ring
    }
}
