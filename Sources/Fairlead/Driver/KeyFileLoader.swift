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
    /// The key; nil when the file is missing.
    static func load(_ path: String) throws(SSHError) -> LoginKey? {
        let file: (contents: Password, access: PlatformFiles.Access)
        do throws(PlatformFiles.Failure) {
            file = try PlatformFiles.readSecret(path, upTo: OpenSSHPrivateKey.maximumByteCount)
        } catch {
            if error == .missing { return nil }
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
                return .open(try OpenSSHPrivateKey.parse(file.contents.secret))
            } catch {
                guard case .encrypted = error else { throw error }
                let key = try OpenSSHPrivateKey.publicKey(of: file.contents.secret)
                return .locked(key, path: path, contents: file.contents)
            }
        } catch {
            throw SSHError(.authentication, .file, "Load key \"\(path)\": \(error)")
        }
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
