import SSHCore
import SSHCrypto

/// Gathers a secret byte by byte in guarded memory of fixed size; what does not fit is dropped.
package struct SecretBuffer: ~Copyable {
    /// The longest password that OpenSSH's own prompt takes.
    package static let capacity = 1024

    private var bytes = SecretBytes(count: capacity)
    private var count = 0

    package init() {}

    package mutating func append(_ byte: UInt8) {
        guard count < Self.capacity else { return }
        bytes.store(byte, at: count)
        count += 1
    }

    package consuming func finish() -> Secret {
        Secret(Password(bytes.prefix(count)))
    }
}

extension Secret {
    /// Compares in constant time; only the lengths show.
    package func isEqual(to other: Secret) -> Bool { password.secret.isEqual(to: other.password.secret) }

    /// The text itself, of an answer that was no secret after all.
    package var openText: String {
        String(decoding: password.secret.publicSlice(0..<password.secret.count), as: UTF8.self)
    }
}
