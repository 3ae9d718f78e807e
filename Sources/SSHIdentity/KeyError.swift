package import SSHWire

/// Why a public key cannot be used.
package enum KeyError: Error, Hashable {
    /// The blob is not a well-formed key of its type.
    case malformed
    /// A type of key that Fairlead does not verify.
    case unsupported(type: Name)
    /// An RSA key shorter than the caller's minimum.
    case weak(bitCount: Int)
    /// The cryptographic library refused; nothing is known about the key.
    case failed(operation: String)
}
