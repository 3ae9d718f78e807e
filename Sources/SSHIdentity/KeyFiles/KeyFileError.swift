package import SSHWire

/// Why a key file gives no key.
package enum KeyFileError: Error, Hashable {
    /// Nothing in the file looks like a private key.
    case notAPrivateKey
    /// A private key in a format that is not read, with the format's name.
    case unsupportedFormat(String)
    /// The key needs a passphrase; `cipher` is what encrypts it.
    case encrypted(cipher: Name)
    /// It is encrypted in a way that is not read, with the name of what is not known.
    case unsupportedEncryption(String)
    /// The file asks for more stretching of its passphrase than any person would wait for.
    case tooMuchWork
    /// The passphrase does not open the key, or the file is damaged: the two look alike.
    case wrongPassphrase
    case tooLarge(byteCount: Int)
    /// The file is cut short or damaged.
    case malformed
    /// The file holds another number of keys than one.
    case keyCount(UInt32)
    /// No key of this type signs here.
    case unsupportedKeyType(Name)
    /// The public half is not the one that the secret yields: signing with it could give the secret away.
    case halvesDiffer
    case weak(bitCount: Int)
    /// The cryptographic library refused.
    case failed(operation: String)

    /// What is wrong, for a person, and what to do.
    package var sentence: String {
        switch self {
        case .notAPrivateKey: "there is no private key in it"
        case .unsupportedFormat(let name):
            "\(PeerText.line(Array(name.utf8))) key files are not read; puttygen or ssh-keygen -i converts them"
        case .encrypted: "it is encrypted, and needs its passphrase"
        case .unsupportedEncryption(let name):
            "it is encrypted with \(PeerText.line(Array(name.utf8))), which is not read; encrypt it anew with ssh-keygen -p or puttygen"
        case .tooMuchWork:
            "its passphrase takes too long to check; encrypt it anew with fewer rounds (ssh-keygen -p -a 24)"
        case .wrongPassphrase: "the passphrase is wrong, or the file is damaged"
        case .tooLarge(let byteCount): "\(byteCount) bytes are too many for a private key file"
        case .malformed: "it is damaged or cut short; take it from a copy"
        case .keyCount(let count): "it holds \(count) keys and not one; write each to a file of its own"
        case .unsupportedKeyType(let type): Self.sentence(of: type)
        case .halvesDiffer: "its public half belongs to another private key; take it from a copy"
        case .weak(let bitCount):
            "an RSA key of \(bitCount) bits is too short (RequiredRSASize); make another with ssh-keygen -t ed25519"
        case .failed(let operation): "the cryptographic library failed: \(operation)"
        }
    }

    private static func sentence(of type: Name) -> String {
        guard !type.bytes.starts(with: "sk-".utf8) else {
            return
                "the secret of \(type.text) is in its authenticator, which is reached through ssh-agent only: ssh-add FILE"
        }
        return "a key of type \(type.text) cannot log in here; make another with ssh-keygen -t ed25519"
    }
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

extension PublicKey {
    /// The public half that a key file states, if it is one that is taken.
    init(stated blob: [UInt8], _ minimumRSABitCount: Int) throws(KeyFileError) {
        do throws(KeyError) {
            try self.init(blob: blob, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw KeyFileError(error)
        }
    }
}
