import SSHCore
import SSHCrypto
import SSHIdentity

/// A key to log in with: at hand, or in a file that a passphrase locks.
enum LoginKey: Sendable {
    case open(PrivateKey)
    case locked(PublicKey, path: String, contents: Password)

    var publicKey: PublicKey {
        switch self {
        case .open(let key): key.publicKey
        case .locked(let key, _, _): key
        }
    }
}

/// Reads private keys from files.
enum KeyFileLoader {
    enum Loaded {
        case missing
        case key(LoginKey)
        /// The file shows its public half to none but those who know the passphrase.
        case hidden(Password)
    }

    static func load(_ path: String) throws(SSHError) -> Loaded {
        let file: (contents: Password, access: PlatformFiles.Access)
        do throws(PlatformFiles.Failure) {
            file = try PlatformFiles.readSecret(path, upTo: PrivateKeyFile.maximumByteCount)
        } catch {
            if error == .missing { return .missing }
            throw SSHError(.authentication, .file, "Load key \"\(path)\": \(error.text)")
        }
        guard !file.access.isOurs || !file.access.isReadableByOthers else {
            let mode = String(file.access.mode, radix: 8)
            throw SSHError(
                .authentication, .file,
                "Load key \"\(path)\": bad permissions: mode 0\(mode) lets others read this private key; run: chmod 600 \(path)"
            )
        }
        do throws(KeyFileError) {
            do throws(KeyFileError) {
                return .key(.open(try PrivateKeyFile.parse(file.contents.secret)))
            } catch {
                guard case .encrypted = error else { throw error }
                let key = try PrivateKeyFile.publicKey(of: file.contents.secret) ?? publicKey(beside: path)
                return key.map { .key(.locked($0, path: path, contents: file.contents)) } ?? .hidden(file.contents)
            }
        } catch {
            throw refusal(path, error)
        }
    }

    static func refusal(_ path: String, _ error: KeyFileError) -> SSHError {
        SSHError(.authentication, .file, "Load key \"\(path)\": \(error.sentence)")
    }

    /// What the `.pub` file says; the secret must yield it.
    private static func publicKey(beside path: String) -> PublicKey? {
        guard let line = try? PlatformFiles.read(path + ".pub", upTo: PrivateKeyFile.maximumByteCount) else {
            return nil
        }
        return try? PublicKeyLine(line).key
    }
}

extension PlatformFiles.Failure {
    package var text: String {
        switch self {
        case .missing: "No such file or directory"
        case .system(let number): PlatformFiles.errorText(number)
        case .notRegular: "not a regular file"
        case .tooLarge: "the file is too large"
        }
    }
}

extension PlatformFiles {
    /// Makes the directory that a file is to lie in, for the user alone, unless it is there.
    static func makeParentDirectory(of path: String) throws(Failure) {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return }
        try makeDirectory(String(decoding: bytes[..<slash], as: UTF8.self))
    }
}
