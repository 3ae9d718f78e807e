package import SSHWire

/// Why a key file gives no key.
package enum KeyFileError: Error, Hashable {
    /// Nothing in the file looks like a private key.
    case notAPrivateKey
    /// A private key in a format that is not read, with the format's name.
    case unsupportedFormat(String)
    /// The key needs a passphrase; `cipher` is what encrypts it.
    case encrypted(cipher: Name)
    /// The passphrase does not open the key, or the file is damaged: the two look alike.
    case wrongPassphrase
    case tooLarge(byteCount: Int)
    /// The file is cut short or damaged.
    case malformed
    /// The file holds another number of keys than one.
    case keyCount(UInt32)
    case unsupportedKeyType(Name)
    /// The public half is not the one that the secret yields: signing with it could give the secret away.
    case halvesDiffer
    case weak(bitCount: Int)
    /// The cryptographic library refused.
    case failed(operation: String)
}

extension KeyFileError {
    init(_ error: KeyError) {
        switch error {
        case .malformed: self = .malformed
        case .unsupported(let type): self = .unsupportedKeyType(type)
        case .weak(let bitCount): self = .weak(bitCount: bitCount)
        case .failed(let operation): self = .failed(operation: operation)
        }
    }
}
